;; A core module, in no component at all.
(module)
