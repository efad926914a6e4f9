;; Takes memory until it gets no more, and uses it.
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (loop $more
    (br_if $more (i32.ne (memory.grow (i32.const 100)) (i32.const -1))))
  (unreachable))
