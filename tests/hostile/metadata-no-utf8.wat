;; Has a name that is no UTF-8.
(data (i32.const 264) "\ff\fe")
