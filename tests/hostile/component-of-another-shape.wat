;; Exports the interface, but nothing of what it must hold.
(component
  (instance $rule)
  (export "trommel:filter/event-filter@0.1.0" (instance $rule)))
