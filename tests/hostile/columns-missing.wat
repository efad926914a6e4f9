;; Finds something, but without its column.
(data (i32.const 440) "\02\00\00\00")
(data (i32.const 480) "{}")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
