;; Has a severity that there is not.
(data (i32.const 56) "\09")
