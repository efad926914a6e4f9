;; Traps in every second event, and would tell in the next how many there were: the instance is gone by then.
(global $events (mut i32) (i32.const 0x30))
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (i32.store8 (i32.const 485) (global.get $events))
  (global.set $events (i32.add (global.get $events) (i32.const 1)))
  (if (i32.eq (global.get $events) (i32.const 0x32)) (then (unreachable)))
  (i32.const 416))
