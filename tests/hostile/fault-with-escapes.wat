;; Fails with a text that would clear the screen, and write a line that looks as if it came from the host.
(data (i32.const 1024) "\01\00\00\00" "\01\00\00\00" "\00\00\00\00" "\00\00\00\00" "\20\04\00\00" "\1d\00\00\00")
(data (i32.const 1056) "\1b[2J\0atrommel: all is well\07\0d\c2\9b")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 1024))
