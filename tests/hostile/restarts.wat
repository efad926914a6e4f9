;; Has itself made anew after every event, by growing, and works each time as long as loading may take.
;; args: --load-fuel-max 20000000 --event-fuel-max 1000000 --byte-fuel-max 0
;; events: 300
(func $start (local $left i32)
  (local.set $left (i32.const 3500000))
  (loop $more (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
(start $start)
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (drop (memory.grow (i32.const 150)))
  (i32.const 400))
