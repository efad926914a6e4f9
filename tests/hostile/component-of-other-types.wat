;; Exports functions of the right names and of wrong types.
(component
  (core module $none (func (export "f")))
  (core instance $none (instantiate $none))
  (func $f (canon lift (core func $none "f")))
  (instance $rule (export "describe" (func $f)) (export "document" (func $f)) (export "configure" (func $f))
    (export "reads" (func $f)) (export "evaluate" (func $f)))
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
