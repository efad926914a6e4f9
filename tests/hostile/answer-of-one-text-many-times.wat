;; Answers with 60,000 findings that all are one and the same text of 16 kilobytes: little here, a gigabyte for the host.
(memory (export "memory") 40)
(data (i32.const 420) "\00\00\02\00" "\60\ea\00\00") ;; 60,000 findings at 131072
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (local $at i32)
  (local.set $at (i32.const 131072))
  (loop $next
    (i32.store offset=4 (local.get $at) (i32.const 4096))
    (i32.store offset=8 (local.get $at) (i32.const 16384))
    (local.set $at (i32.add (local.get $at) (i32.const 28)))
    (br_if $next (i32.lt_u (local.get $at) (i32.const 1811072))))
  (i32.const 416))
