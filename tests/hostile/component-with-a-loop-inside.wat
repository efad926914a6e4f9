;; A component in a component in a component, of which the innermost loops for ever at its start.
(component
  (component $outer
    (component $inner
      (core module $module (func $start (loop (br 0))) (start $start))
      (core instance (instantiate $module)))
    (instance (instantiate $inner)))
  (instance (instantiate $outer))
  (core module $none (func (export "f")))
  (core instance $none (instantiate $none))
  (func $f (canon lift (core func $none "f")))
  (instance $rule (export "describe" (func $f)) (export "configure" (func $f)) (export "evaluate" (func $f)))
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
