;; Has no id.
(data (i32.const 20) "\00")
