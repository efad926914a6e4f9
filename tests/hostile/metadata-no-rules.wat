;; Has no rules.
(data (i32.const 12) "\00")
