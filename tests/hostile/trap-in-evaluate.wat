;; Traps in `evaluate`.
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (unreachable))
