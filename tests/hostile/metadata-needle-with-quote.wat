;; Has a needle that JSON must escape.
(data (i32.const 100) "\00\04\00\00" "\01\00\00\00")
(data (i32.const 1024) "\10\04\00\00" "\01\00\00\00")
(data (i32.const 1040) "\22")
