;; Says what it is, and never comes back when it may give that memory back.
(func (export "post-describe") (param i32) (loop (br 0)))
