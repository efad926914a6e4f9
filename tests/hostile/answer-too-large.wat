;; Answers with one finding, whose columns are two megabytes of spaces.
(memory (export "memory") 40)
(data (i32.const 436) "\00\00\02\00" "\00\00\20\00")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (memory.fill (i32.const 131072) (i32.const 0x20) (i32.const 2097152))
  (i32.const 416))
