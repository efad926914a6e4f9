;; Finds something in the name of another rule.
(data (i32.const 440) "\19\00\00\00")
(data (i32.const 480) "{\22a\22:1,\22rule\22:{\22id\22:\22x\22}}")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
