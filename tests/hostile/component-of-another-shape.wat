;; Exports the interface, but nothing of what it must hold.
(component
  (instance $rule)
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
