;; Behaves until its 1,000th event.
;; events: 1200
(global $events (mut i32) (i32.const 0))
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (global.set $events (i32.add (global.get $events) (i32.const 1)))
  (if (i32.eq (global.get $events) (i32.const 1000)) (then (unreachable)))
  (i32.const 400))
