;; Asks in its first event for more memory than there is, goes on without, and crashes in its second for another reason.
(global $events (mut i32) (i32.const 0))
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (global.set $events (i32.add (global.get $events) (i32.const 1)))
  (if (i32.eq (global.get $events) (i32.const 1)) (then (drop (memory.grow (i32.const 30000)))))
  (if (i32.eq (global.get $events) (i32.const 2)) (then (unreachable)))
  (i32.const 400))
