;; Does little by its count of instructions, and much by what each of them does: grows by nothing, again and again.
(table $table 1 funcref)
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (loop
    (drop (memory.grow (i32.const 0)))
    (drop (table.grow $table (ref.null func) (i32.const 0)))
    (br 0))
  (unreachable))
