;; Answers at an address that is not in its memory.
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 0x7ffffff0))
