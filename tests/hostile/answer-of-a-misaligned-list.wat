;; Answers with a list at an odd address.
(data (i32.const 420) "\b1\01\00\00")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
