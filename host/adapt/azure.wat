;; What an operator of Azure IoT Operations exports, as the component's core: `process` for each message, and `init` with
;; the operator's properties, of which `settings` is one. Where the members of a message lie follows from `azure.wit` by
;; the canonical ABI.
;;
;; All that the host hands over for a call lies in one arena, which is used again for the next. What it holds as a buffer
;; of its own is a handle, which is given back or handed on.

(import "wasm-graph:processor/types@1.1.0" "[method]buffer.read" (func $read (param i32 i32)))
(import "wasm-graph:processor/types@1.1.0" "[resource-drop]buffer" (func $drop_buffer (param i32)))

;; Room for what the host returns, and for the answer of a filter.
(import "baked" "returned" (global $returned i32))
(import "baked" "settings_key" (global $settings_key i32))
(import "baked" "settings_key_len" (global $settings_key_len i32))

;; Whether the host has given settings, and whether the rule as it is has taken its settings.
(global $was_given (mut i32) (i32.const 0))
(global $is_configured (mut i32) (i32.const 0))
(global $arena (mut i32) (i32.const 0))
(global $arena_size (mut i32) (i32.const 0))
(global $arena_len (mut i32) (i32.const 0))

(export "memory" (memory 0))
(export "cabi_realloc" (func $allocate))

;; The host says no more than yes or no of settings.
(func $say (param $text i32) (param $len i32))

(func $allocate (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
  (local $at i32) (local $size i32)
  (if (i32.ne (global.get $state) (i32.const 1))
    (then
      ;; A host that goes on after a trap gives settings no second time. An event must not be judged by others.
      (if (global.get $was_given) (then (unreachable)))
      (call $make_anew)))
  (local.set $at (i32.and (i32.add (global.get $arena_len) (i32.const 7)) (i32.const -8)))
  (if (i32.gt_u (i32.add (local.get $at) (local.get $len)) (global.get $arena_size))
    (then
      ;; What lies in the smaller one is used until the call is over. Since each is twice as large as the one before, all
      ;; of them are smaller than the last.
      (if (i32.gt_u (local.get $len) (i32.const 0x3fffffff)) (then (unreachable)))
      (local.set $size (i32.add (i32.shl (global.get $arena_size) (i32.const 1)) (i32.const 4096)))
      (if (i32.lt_u (local.get $size) (local.get $len)) (then (local.set $size (local.get $len))))
      (global.set $state (i32.const 2))
      (global.set $arena (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $size)))
      (global.set $state (i32.const 1))
      (global.set $arena_size (local.get $size))
      (local.set $at (i32.const 0))))
  (global.set $arena_len (i32.add (local.get $at) (local.get $len)))
  (local.set $at (i32.add (global.get $arena) (local.get $at)))
  (memory.copy
    (local.get $at)
    (local.get $old)
    (select (local.get $old_len) (local.get $len) (i32.lt_u (local.get $old_len) (local.get $len))))
  (local.get $at))

(func $make_anew
  (global.set $leaves_settings (i32.const 1))
  (call $renew)
  (global.set $is_configured (i32.const 0))
  (global.set $arena_size (i32.const 0))
  (global.set $arena_len (i32.const 0)))

;; The call is over, and the host has read the answer.
(func $over (param $answer i32) (global.set $arena_len (i32.const 0)))

;; Has the rule judge by what was baked in, where the host has given nothing else.
(func $settle
  (if (i32.eqz (global.get $is_configured))
    (then
      (call $configure_baked)
      (global.set $is_configured (i32.const 1)))))

;; Takes the property `settings` in place of all settings that were baked in.
(func $init (param $property i32) (param $len i32) (param $schemas i32) (param $schemas_len i32) (result i32)
  (local $end i32)
  ;; A host that has no properties has not handed over anything yet.
  (if (i32.ne (global.get $state) (i32.const 1)) (then (drop (call $allocate (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)))))
  (local.set $end (i32.add (local.get $property) (i32.shl (local.get $len) (i32.const 4))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $property) (local.get $end)))
      (if (i32.eq (i32.load offset=4 (local.get $property)) (global.get $settings_key_len))
        (then
          (if
            (call $same
              (i32.load (local.get $property))
              (i32.add (i32.load (local.get $property)) (global.get $settings_key_len))
              (i32.add (global.get $baked) (global.get $settings_key))
              (global.get $settings_key_len))
            (then
              ;; A rule takes settings once.
              (if (global.get $is_configured) (then (return (i32.const 0))))
              (global.set $was_given (i32.const 1))
              (global.set $is_configured
                (call $configure_all
                  (i32.load offset=8 (local.get $property))
                  (i32.load offset=12 (local.get $property))))
              ;; It may have taken half of them: it judges nothing.
              (if (i32.eqz (global.get $is_configured)) (then (global.set $state (i32.const 2))))
              (call $over (i32.const 0))
              (return (global.get $is_configured))))))
      (local.set $property (i32.add (local.get $property) (i32.const 16)))
      (br $next)))
  (call $over (i32.const 0))
  (call $settle)
  (i32.const 1))

;; Where a message's payload lies: a tag, then a handle, or an address and a length. 0: it is no text.
(func $payload_of (param $message i32) (result i32)
  (local $kind i32)
  (local.set $kind (i32.load8_u (local.get $message)))
  (if (i32.eqz (local.get $kind)) (then (return (i32.add (local.get $message) (i32.const 8)))))
  (if (i32.eq (local.get $kind) (i32.const 1)) (then (return (i32.add (local.get $message) (i32.const 76)))))
  (i32.const 0))

;; Reads a payload. Its address and length are `returned` afterwards.
(func $read_payload (param $at i32)
  (if (i32.eqz (i32.load8_u (local.get $at)))
    (then (call $read (i32.load offset=4 (local.get $at)) (i32.add (global.get $baked) (global.get $returned))))
    (else
      (i64.store align=4
        (i32.add (global.get $baked) (global.get $returned))
        (i64.load offset=4 align=4 (local.get $at))))))

(func $event (result i32) (i32.load (i32.add (global.get $baked) (global.get $returned))))

(func $event_len (result i32) (i32.load offset=4 (i32.add (global.get $baked) (global.get $returned))))

;; Gives the host's buffer back, if it is one.
(func $drop (param $at i32)
  (if (i32.eqz (i32.load8_u (local.get $at))) (then (call $drop_buffer (i32.load offset=4 (local.get $at))))))

;; Gives back all that a message holds of the host.
(func $drop_all (param $message i32)
  (local $kind i32) (local $at i32) (local $end i32)
  (local.set $kind (i32.load8_u (local.get $message)))
  (if (i32.eqz (local.get $kind))
    (then (call $drop (i32.add (local.get $message) (i32.const 8))) (return)))
  ;; The node's id; then the topic, or the format.
  (call $drop (i32.add (local.get $message) (i32.const 32)))
  (call $drop (i32.add (local.get $message) (i32.const 48)))
  (if (i32.ne (local.get $kind) (i32.const 1))
    ;; The frame.
    (then (call $drop (i32.add (local.get $message) (i32.const 68))) (return)))
  (if (i32.load8_u offset=60 (local.get $message))
    (then (call $drop (i32.add (local.get $message) (i32.const 64)))))
  (call $drop (i32.add (local.get $message) (i32.const 76)))
  (local.set $at (i32.load offset=88 (local.get $message)))
  (local.set $end
    (i32.add (local.get $at) (i32.mul (i32.load offset=92 (local.get $message)) (i32.const 24))))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (call $drop (local.get $at))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (br $next)))
  (if (i32.load8_u offset=96 (local.get $message))
    (then
      (call $drop (i32.add (local.get $message) (i32.const 104)))
      (if (i32.load8_u offset=100 (local.get $message))
        (then (call $drop (i32.add (local.get $message) (i32.const 116))))))))
