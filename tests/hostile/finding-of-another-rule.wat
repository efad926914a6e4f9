;; Finds something in the name of rule 4,000,000,000.
(data (i32.const 432) "\00\28\6b\ee")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
