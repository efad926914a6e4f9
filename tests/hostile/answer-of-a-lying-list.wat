;; Answers with a list that begins in its memory and ends outside.
(data (i32.const 420) "\f0\ff\01\00" "\02\00\00\00")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
