;; Has a risk score of 200.
(data (i32.const 57) "\c8")
