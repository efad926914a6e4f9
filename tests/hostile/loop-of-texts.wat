;; Hands a text of 30 megabytes from one component inside to another, again and again: little by its count of instructions.
(component
  (component $taker
    (core module $module
      (memory (export "memory") 1000)
      (func (export "take") (param i32 i32))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $module (instantiate $module))
    (func (export "take") (param "text" string)
      (canon lift (core func $module "take") string-encoding=utf16
        (memory (core memory $module "memory")) (realloc (core func $module "realloc")))))
  (instance $taker (instantiate $taker))
  (component $giver
    (import "take" (func $take (param "text" string)))
    (core module $memory (memory (export "memory") 500))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $module
      (import "" "take" (func $take (param i32 i32)))
      (func $start (loop (call $take (i32.const 0) (i32.const 30000000)) (br 0)))
      (start $start))
    (core instance (instantiate $module (with "" (instance (export "take" (func $take)))))))
  (instance (instantiate $giver (with "take" (func $taker "take"))))
  (core module $none (func (export "f")))
  (core instance $none (instantiate $none))
  (func $f (canon lift (core func $none "f")))
  (instance $rule (export "describe" (func $f)) (export "configure" (func $f)) (export "evaluate" (func $f)))
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
