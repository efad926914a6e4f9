;; Says of every event that it is malformed.
(data (i32.const 1024) "\01\00\00\00" "\00\00\00\00" "\20\04\00\00" "\04\00\00\00")
(data (i32.const 1056) "lies")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 1024))
