;; The operator `map` of Azure IoT Operations: every message passes, with what is found as the member `trommel` of its
;; payload.

(export "wasm-graph:processor/map@1.1.0#init" (func $init))
(export "cabi_post_wasm-graph:processor/map@1.1.0#process" (func $over))

(func (export "wasm-graph:processor/map@1.1.0#process") (param $message i32) (result i32)
  (local $payload i32) (local $answer i32) (local $result i32)
  (call $settle)
  (local.set $payload (call $payload_of (local.get $message)))
  (if (local.get $payload)
    (then
      (call $read_payload (local.get $payload))
      (if (call $matters (call $event) (call $event_len))
        (then
          (local.set $answer (call $judge (call $event) (call $event_len)))
          (if (local.get $answer)
            (then
              (if (call $put_tagged (call $event) (call $event_len) (local.get $answer))
                (then
                  (call $drop (local.get $payload))
                  (i32.store (local.get $payload) (i32.const 1))
                  (i32.store offset=4 (local.get $payload) (global.get $out))
                  (i32.store offset=8 (local.get $payload) (global.get $out_len))))
              (call $judged (local.get $answer))))))))
  ;; No error, and the message.
  (local.set $result (call $allocate (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 136)))
  (i64.store (local.get $result) (i64.const 0))
  (memory.copy (i32.add (local.get $result) (i32.const 8)) (local.get $message) (i32.const 128))
  (local.get $result))
