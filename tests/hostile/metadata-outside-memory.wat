;; Has a name that lies outside its memory.
(data (i32.const 24) "\00\00\00\f0")
