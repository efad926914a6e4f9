;; Speaks a version of the interface that is yet to come.
(component
  (instance $rule)
  (export "trommel:filter/event-filter@0.2.0" (instance $rule)))
