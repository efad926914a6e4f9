;; Wants a core module from WASI's own hands.
(component
  (import "wasi:cli/code@0.2.0" (instance (export "code" (core module)))))
