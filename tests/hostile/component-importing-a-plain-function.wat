;; Wants a function by a name that looks like WASI and is none.
(component
  (import "wasi-open" (func (param "path" string) (result string))))
