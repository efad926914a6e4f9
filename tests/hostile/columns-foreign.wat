;; Finds something, with a column that it never promised.
(data (i32.const 440) "\0d\00\00\00")
(data (i32.const 480) "{\22a\22:1,\22b\22:2}")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
