;; Answers with neither findings nor a fault, but a third thing.
(data (i32.const 400) "\02")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 400))
