;; Finds something, and begins a second alert behind it.
(data (i32.const 440) "\0f\00\00\00")
(data (i32.const 480) "{\22a\22:1}\0a{\22b\22:2}")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
