;; Finds something that is a list.
(data (i32.const 440) "\03\00\00\00")
(data (i32.const 480) "[1]")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
