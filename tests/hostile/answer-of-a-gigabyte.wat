;; Answers with a list of 64 million findings, a gigabyte, of which its memory holds not even a tenth.
(data (i32.const 404) "\b0\01\00\00" "\00\00\00\04")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 400))
