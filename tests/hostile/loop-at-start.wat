;; Never comes back from its start function.
(func $start (loop (br 0)))
(start $start)
