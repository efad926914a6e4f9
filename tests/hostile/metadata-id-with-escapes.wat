;; Has an id that would clear the screen.
(data (i32.const 256) "\1b[2J\07\0a")
