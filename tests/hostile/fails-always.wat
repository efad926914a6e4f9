;; Fails in every event, and is taken out.
;; events: 150
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (unreachable))
