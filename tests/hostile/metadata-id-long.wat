;; Has an id of 300 characters.
(data (i32.const 16) "\00\04\00\00" "\2c\01\00\00")
(func (export "describe") (result i32) (memory.fill (i32.const 1024) (i32.const 0x61) (i32.const 300)) (i32.const 8))
