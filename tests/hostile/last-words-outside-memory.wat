;; Its last words lie where it has no memory.
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (unreachable))
(func (export "trommel_last_words") (result i64) (i64.const 0xffff_ff00_ffff_ffff))
