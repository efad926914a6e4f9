;; Refuses its settings with a text that would clear the screen.
;; args: --settings $SETTINGS
(data (i32.const 1024) "\01\00\00\00" "\10\04\00\00" "\01\00\00\00")
(data (i32.const 1040) "\20\04\00\00" "\04\00\00\00" "\24\04\00\00" "\05\00\00\00")
(data (i32.const 1056) "\1b[2J" "a\0ab\07c")
(func (export "configure") (param i32 i32 i32) (result i32) (i32.const 1024))
