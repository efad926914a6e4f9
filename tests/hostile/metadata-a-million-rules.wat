;; Has a million rules, which all are one and the same.
(memory (export "memory") 1700)
(data (i32.const 8) "\00\00\02\00" "\40\42\0f\00")
