;; Promises a needle that no event has, and finds something in every event.
;; args: --no-needles
(data (i32.const 100) "\00\04\00\00" "\01\00\00\00") ;; one needle, at 1024
(data (i32.const 1024) "\10\04\00\00" "\08\00\00\00")
(data (i32.const 1040) "nowhere!")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
