;; Finds something with a risk score of 200.
(data (i32.const 446) "\01\c8")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
