;; Has a settings schema that is no JSON.
(data (i32.const 300) "[[")
