;; Takes table elements until it gets no more.
(table 1 funcref)
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (loop $more
    (br_if $more (i32.ne (table.grow (ref.null func) (i32.const 10000)) (i32.const -1))))
  (unreachable))
