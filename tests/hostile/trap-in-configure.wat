;; Traps in `configure`.
;; args: --settings $SETTINGS
(func (export "configure") (param i32 i32 i32) (result i32) (unreachable))
