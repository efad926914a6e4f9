;; Finds in an event how many events came before it, which it should not know.
;; args: --isolate
(global $events (mut i32) (i32.const 0x30))
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (i32.store8 (i32.const 485) (global.get $events))
  (global.set $events (i32.add (global.get $events) (i32.const 1)))
  (i32.const 416))
