;; Finds something of a severity that there is not.
(data (i32.const 444) "\01\09")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
