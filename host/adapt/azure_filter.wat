;; The operator `filter` of Azure IoT Operations: messages in which something is found pass.

(export "wasm-graph:processor/filter@1.1.0#init" (func $init))
(export "cabi_post_wasm-graph:processor/filter@1.1.0#process" (func $over))

(func (export "wasm-graph:processor/filter@1.1.0#process") (param $message i32) (result i32)
  (local $payload i32) (local $passes i32) (local $answer i32)
  ;; What is no event, or cannot be judged, passes.
  (local.set $passes (i32.const 1))
  (call $settle)
  (local.set $payload (call $payload_of (local.get $message)))
  (if (local.get $payload)
    (then
      (call $read_payload (local.get $payload))
      (local.set $passes (call $matters (call $event) (call $event_len)))
      (if (local.get $passes)
        (then
          (local.set $answer (call $judge (call $event) (call $event_len)))
          (if (local.get $answer)
            (then
              (local.set $passes
                (i32.ne
                  (i32.or (i32.load8_u (local.get $answer)) (i32.load offset=8 (local.get $answer)))
                  (i32.const 0)))
              (call $judged (local.get $answer))))))))
  (call $drop_all (local.get $message))
  ;; No error, and whether it passes.
  (i32.store (i32.add (global.get $baked) (global.get $returned)) (i32.const 0))
  (i32.store offset=4 (i32.add (global.get $baked) (global.get $returned)) (local.get $passes))
  (i32.add (global.get $baked) (global.get $returned)))
