;; Makes handles for ever: each takes memory of the host.
(component
  (type $handle (resource (rep i32)))
  (core func $new (canon resource.new $handle))
  (core module $module
    (import "" "new" (func $new (param i32) (result i32)))
    (func $start (loop (drop (call $new (i32.const 1))) (br 0)))
    (start $start))
  (core instance (instantiate $module (with "" (instance (export "new" (func $new))))))
  (core module $none (func (export "f")))
  (core instance $none (instantiate $none))
  (func $f (canon lift (core func $none "f")))
  (instance $rule (export "describe" (func $f)) (export "document" (func $f)) (export "configure" (func $f))
    (export "reads" (func $f)) (export "evaluate" (func $f)))
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
