;; Does little by its count of instructions, and much by what each of them does: fills all its memory, again and again.
(memory (export "memory") 2000)
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (loop (memory.fill (i32.const 65536) (i32.const 0) (i32.const 100000000)) (br 0))
  (unreachable))
