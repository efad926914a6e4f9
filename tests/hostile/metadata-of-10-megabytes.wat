;; Describes itself in ten megabytes.
(memory (export "memory") 200)
(data (i32.const 24) "\00\00\02\00" "\00\00\a0\00")
