;; Wants a function that no host has.
(component
  (import "evil:corp/backdoor@1.0.0" (instance (export "open" (func (param "path" string) (result string))))))
