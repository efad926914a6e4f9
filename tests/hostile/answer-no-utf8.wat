;; Answers with columns that are no UTF-8.
(data (i32.const 485) "\ff")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
