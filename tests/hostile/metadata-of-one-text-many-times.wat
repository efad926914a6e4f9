;; Has 60,000 tags that all are one and the same text of 16 kilobytes.
(memory (export "memory") 40)
(data (i32.const 60) "\00\00\02\00" "\60\ea\00\00")
(func (export "describe") (result i32)
  (local $at i32)
  (local.set $at (i32.const 131072))
  (loop $next
    (i32.store (local.get $at) (i32.const 4096))
    (i32.store offset=4 (local.get $at) (i32.const 16384))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 611072))))
  (i32.const 8))
