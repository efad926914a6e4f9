;; Has two rules of the same id.
(data (i32.const 8) "\00\04\00\00" "\02\00\00\00")
(func (export "describe") (result i32)
  (memory.copy (i32.const 1024) (i32.const 16) (i32.const 92))
  (memory.copy (i32.const 1116) (i32.const 16) (i32.const 92))
  (i32.const 8))
