;; Its last words are all of its memory.
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 1024) (i32.const 120) (i32.const 60000))
  (unreachable))
(func (export "trommel_last_words") (result i64) (i64.const 0x0000_0400_0000_ea60))
