;; Has a column with the name under which the host says what the rule is.
(data (i32.const 288) "\00\04\00\00" "\04\00\00\00")
(data (i32.const 1024) "rule")
