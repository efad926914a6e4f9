;; A core module with the exports of `wit/README.md`, whose settings are baked in: so `configure` is not among them. After
;; a trap the first call makes the rule anew.

(import "rule" "describe" (func $describe (result i32)))
(import "rule" "describe_post" (func $describe_post (param i32)))
(import "rule" "document" (func $document (param i32) (result i32)))
(import "rule" "document_post" (func $document_post (param i32)))
(import "rule" "reads" (func $reads (param i32 i32) (result i32)))

(export "memory" (memory 0))

(func $enter
  (if (i32.ne (global.get $state) (i32.const 1)) (then (call $renew)))
  (global.set $state (i32.const 2)))

(func $leave (global.set $state (i32.const 1)))

(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (call $enter)
  (call $realloc (local.get 0) (local.get 1) (local.get 2) (local.get 3))
  (call $leave))

(func (export "trommel:filter/event-filter@0.2.0#describe") (result i32)
  (call $enter)
  (call $describe)
  (call $leave))

(func (export "cabi_post_trommel:filter/event-filter@0.2.0#describe") (param i32)
  (call $enter)
  (call $describe_post (local.get 0))
  (call $leave))

(func (export "trommel:filter/event-filter@0.2.0#document") (param i32) (result i32)
  (call $enter)
  (call $document (local.get 0))
  (call $leave))

(func (export "cabi_post_trommel:filter/event-filter@0.2.0#document") (param i32)
  (call $enter)
  (call $document_post (local.get 0))
  (call $leave))

(func (export "trommel:filter/event-filter@0.2.0#reads") (param i32 i32) (result i32)
  (call $enter)
  (call $reads (local.get 0) (local.get 1))
  (call $leave))

(func (export "trommel:filter/event-filter@0.2.0#evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (call $enter)
  (call $evaluate (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))
  (call $leave))

(func (export "cabi_post_trommel:filter/event-filter@0.2.0#evaluate") (param i32)
  (call $enter)
  (call $evaluate_post (local.get 0))
  (call $leave))
