;; Has a needle of no characters, which is in every event.
(data (i32.const 100) "\00\04\00\00" "\01\00\00\00")
