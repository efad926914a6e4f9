;; Speaks a version of the interface that is yet to come.
(component
  (instance $rule)
  (export "trommel:filter/event-filter@0.3.0" (instance $rule)))
