;; What a proxy calls that speaks proxy-wasm 0.2.1: the body of a request is lines of events. Its answer is their alerts,
;; a line each; or, where the filter's root id is `trommel_log`, the request goes on as it is, and the alerts are the
;; stream's property `trommel`, for the access log.
;;
;; What the proxy hands over lies in buffers that it takes by `proxy_on_memory_allocate`, and that are freed here.

(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
(import "env" "proxy_get_buffer_bytes" (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
(import "env" "proxy_get_property" (func $get_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_set_property" (func $set_property (param i32 i32 i32 i32) (result i32)))
(import "env" "proxy_send_local_response" (func $send (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))

;; Room for what the proxy returns: an address and a length.
(import "baked" "returned" (global $returned i32))
;; The filter's configuration: whether a filter came, where its configuration lies, its length.
(import "baked" "held" (global $held i32))
(import "baked" "root_id" (global $root_id i32))
(import "baked" "root_id_len" (global $root_id_len i32))
(import "baked" "log_id" (global $log_id i32))
(import "baked" "log_id_len" (global $log_id_len i32))
(import "baked" "property" (global $property i32))
(import "baked" "property_len" (global $property_len i32))
(import "baked" "unjudged" (global $unjudged i32))
(import "baked" "unjudged_len" (global $unjudged_len i32))
(import "baked" "no_memory" (global $no_memory i32))
(import "baked" "no_memory_len" (global $no_memory_len i32))
(import "baked" "other" (global $other i32))
(import "baked" "other_len" (global $other_len i32))
;; The answer's headers: with its type alone, and up to the number of events that could not be judged.
(import "baked" "one_header" (global $one_header i32))
(import "baked" "one_header_len" (global $one_header_len i32))
(import "baked" "two_headers" (global $two_headers i32))
(import "baked" "two_headers_len" (global $two_headers_len i32))

;; Whether the proxy gives settings.
(global $was_given (mut i32) (i32.const 0))
;; Whether filters of different configurations share the instance.
(global $is_torn (mut i32) (i32.const 0))

(export "memory" (memory 0))
(export "proxy_on_memory_allocate" (func $malloc))
(func (export "proxy_abi_version_0_2_1"))

(func (export "proxy_on_vm_start") (param $context i32) (param $len i32) (result i32)
  (if (i32.eqz (local.get $len)) (then (return (i32.const 1))))
  (call $take_configuration (i32.const 6) (local.get $len)))

(func (export "proxy_on_configure") (param $context i32) (param $len i32) (result i32)
  (call $configure_filter (local.get $len)))

(func (export "proxy_on_request_headers") (param $context i32) (param $headers i32) (param $is_end i32) (result i32)
  (if (call $is_log) (then (return (i32.const 0))))
  (if (local.get $is_end) (then (call $judge_body (i32.const 0))))
  (i32.const 1))

(func (export "proxy_on_request_body") (param $context i32) (param $len i32) (param $is_end i32) (result i32)
  ;; Not before all of it is there: the proxy holds it.
  (if (i32.eqz (local.get $is_end)) (then (return (i32.const 1))))
  (call $judge_body (local.get $len))
  (i32.eqz (call $is_log)))

;; Trailers come behind a body that has not said that it is at its end.
(func (export "proxy_on_request_trailers") (param $context i32) (param $trailers i32) (result i32)
  (call $judge_body (i32.const 0x7fffffff))
  (i32.eqz (call $is_log)))

;; Asks for a buffer. Where it lies, and its length, are `returned` afterwards; both are 0 where it is empty.
(func $get (param $buffer i32) (param $len i32) (result i32)
  (i64.store align=4 (i32.add (global.get $baked) (global.get $returned)) (i64.const 0))
  (call $get_buffer
    (local.get $buffer)
    (i32.const 0)
    (local.get $len)
    (i32.add (global.get $baked) (global.get $returned))
    (i32.add (i32.add (global.get $baked) (global.get $returned)) (i32.const 4))))

(func $returned_text (result i32) (i32.load (i32.add (global.get $baked) (global.get $returned))))

(func $returned_len (result i32) (i32.load offset=4 (i32.add (global.get $baked) (global.get $returned))))

;; Whether the alerts of the stream at hand go to the access log. All that a stream does begins here.
(func $is_log (result i32)
  (local $text i32) (local $is_log i32)
  (if (global.get $is_torn) (then (unreachable)))
  (if (i32.ne (global.get $state) (i32.const 1))
    (then
      ;; A proxy that goes on after a trap, or with settings that were refused. It gives them only once, and an event must
      ;; not be judged by others.
      (if (global.get $was_given) (then (unreachable)))
      (call $renew)))
  (i64.store align=4 (i32.add (global.get $baked) (global.get $returned)) (i64.const 0))
  (if
    (call $get_property
      (i32.add (global.get $baked) (global.get $root_id))
      (global.get $root_id_len)
      (i32.add (global.get $baked) (global.get $returned))
      (i32.add (i32.add (global.get $baked) (global.get $returned)) (i32.const 4)))
    (then (return (i32.const 0))))
  (local.set $text (call $returned_text))
  (if (i32.eq (call $returned_len) (global.get $log_id_len))
    (then
      (local.set $is_log
        (call $same
          (local.get $text)
          (i32.add (local.get $text) (global.get $log_id_len))
          (i32.add (global.get $baked) (global.get $log_id))
          (global.get $log_id_len)))))
  (call $free (local.get $text))
  (local.get $is_log))

;; Has the rule judge by the filter's configuration. Several filters may share an instance, whose rule takes settings only
;; once: an event must not be judged by those of another filter. Where they differ, every stream traps, until the proxy
;; makes an instance for each; a proxy that is told so here leaves the filter out without a word. 0: it is refused.
(func $configure_filter (param $len i32) (result i32)
  (local $held_at i32) (local $is_same i32)
  (if (i32.ne (global.get $state) (i32.const 1)) (then (call $renew)))
  (local.set $held_at (i32.add (global.get $baked) (global.get $held)))
  (if (i32.eqz (i32.load (local.get $held_at)))
    (then
      (if (local.get $len)
        (then
          (if (i32.eqz (call $take_configuration (i32.const 7) (local.get $len))) (then (return (i32.const 0))))
          (local.set $held_at (i32.add (global.get $baked) (global.get $held)))
          (i32.store offset=4 (local.get $held_at) (call $returned_text))
          (i32.store offset=8 (local.get $held_at) (local.get $len))))
      (i32.store (local.get $held_at) (i32.const 1))
      (return (i32.const 1))))
  (if (i32.eq (i32.load offset=8 (local.get $held_at)) (local.get $len))
    (then
      (if (i32.eqz (local.get $len)) (then (return (i32.const 1))))
      (if (i32.eqz (call $get (i32.const 7) (local.get $len)))
        (then
          (local.set $is_same
            (call $same
              (call $returned_text)
              (i32.add (call $returned_text) (call $returned_len))
              (i32.load offset=4 (local.get $held_at))
              (local.get $len)))
          (call $free (call $returned_text))))))
  (if (i32.eqz (local.get $is_same))
    (then
      (global.set $is_torn (i32.const 1))
      (drop
        (call $log (i32.const 4) (i32.add (global.get $baked) (global.get $other)) (global.get $other_len)))))
  (i32.const 1))

;; Makes the rule anew with the settings in a buffer, which stand for all that were baked in.
(func $take_configuration (param $buffer i32) (param $len i32) (result i32)
  (global.set $was_given (i32.const 1))
  (global.set $leaves_settings (i32.const 1))
  (call $renew)
  (if (i32.or (call $get (local.get $buffer) (local.get $len)) (i32.ne (call $returned_len) (local.get $len)))
    (then (return (i32.const 0))))
  (if (call $configure_all (call $returned_text) (local.get $len)) (then (return (i32.const 1))))
  ;; It may have taken half of them.
  (global.set $state (i32.const 2))
  (i32.const 0))

;; Says what is wrong with settings.
(func $say (param $text i32) (param $len i32)
  (drop (call $log (i32.const 4) (local.get $text) (local.get $len))))

;; Judges the events of the body, and hands the alerts to where they are wanted.
(func $judge_body (param $len i32)
  (local $body i32) (local $at i32) (local $end i32) (local $line_end i32) (local $unjudged i32) (local $is_log i32)
  (local.set $is_log (call $is_log))
  (call $begin)
  (if (local.get $len)
    (then
      (if (call $get (i32.const 0) (local.get $len))
        (then (call $give_up (local.get $is_log)) (return)))))
  (if (i32.eqz (local.get $len))
    (then (i64.store align=4 (i32.add (global.get $baked) (global.get $returned)) (i64.const 0))))
  (local.set $body (call $returned_text))
  (local.set $at (local.get $body))
  (local.set $end (i32.add (local.get $body) (call $returned_len)))
  (block $done
    (loop $next
      (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $line_end (call $line_end (local.get $at) (local.get $end)))
      (local.set $at (call $space (local.get $at) (local.get $line_end)))
      (if (i32.lt_u (local.get $at) (local.get $line_end))
        (then
          (local.set $unjudged
            (i32.add
              (local.get $unjudged)
              (call $judge_line
                (local.get $at)
                (i32.sub (local.get $line_end) (local.get $at))
                (local.get $unjudged))))))
      (local.set $at (i32.add (local.get $line_end) (i32.const 1)))
      (br $next)))
  (call $free (local.get $body))
  (if (global.get $out_failed) (then (call $give_up (local.get $is_log)) (return)))
  (if (local.get $is_log)
    (then
      (if (global.get $out_len)
        (then
          (drop
            (call $set_property
              (i32.add (global.get $baked) (global.get $property))
              (global.get $property_len)
              (global.get $out)
              (global.get $out_len))))))
    (else (call $answer (local.get $unjudged)))))

;; The next line end, or the end.
(func $line_end (param $at i32) (param $end i32) (result i32)
  (loop $next
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (local.get $end))))
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x0a))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
  (local.get $at))

;; Adds a line's alerts to the buffer. 1: it could not be judged. Why is said of the first of a body.
(func $judge_line (param $event i32) (param $len i32) (param $before i32) (result i32)
  (local $answer i32) (local $from i32) (local $fault i32) (local $failed i32)
  (if (i32.eqz (call $matters (local.get $event) (local.get $len))) (then (return (i32.const 0))))
  (local.set $answer (call $judge (local.get $event) (local.get $len)))
  (if (i32.eqz (local.get $answer))
    (then
      (global.set $out_failed (i32.const 1))
      (return (i32.const 1))))
  (local.set $from (global.get $out_len))
  (if (i32.load8_u (local.get $answer))
    (then
      (local.set $failed (i32.const 1))
      (if (i32.eqz (local.get $before))
        (then
          ;; The text of what is malformed, or of a rule's fault.
          (local.set $fault
            (i32.add
              (local.get $answer)
              (select (i32.const 16) (i32.const 8) (i32.load8_u offset=4 (local.get $answer)))))
          (call $put (i32.add (global.get $baked) (global.get $unjudged)) (global.get $unjudged_len))
          (call $put (i32.load (local.get $fault)) (i32.load offset=4 (local.get $fault)))
          (if (i32.eqz (global.get $out_failed))
            (then
              (drop
                (call $log
                  (i32.const 3)
                  (i32.add (global.get $out) (local.get $from))
                  (i32.sub (global.get $out_len) (local.get $from)))))))))
    (else
      (if (i32.load offset=8 (local.get $answer))
        (then
          (local.set $failed (i32.eqz (call $put_alerts (local.get $answer) (i32.const 0x0a))))
          (call $put_byte (i32.const 0x0a))))))
  (if (local.get $failed) (then (global.set $out_len (local.get $from))))
  (call $judged (local.get $answer))
  (local.get $failed))

;; Answers the request with what is in the buffer.
(func $answer (param $unjudged i32)
  (local $body_len i32)
  (local.set $body_len (global.get $out_len))
  (if (local.get $unjudged)
    (then
      (call $put (i32.add (global.get $baked) (global.get $two_headers)) (global.get $two_headers_len))
      (call $put_number (local.get $unjudged))
      (call $put_byte (i32.const 0)))
    (else (call $put (i32.add (global.get $baked) (global.get $one_header)) (global.get $one_header_len))))
  (if (global.get $out_failed) (then (call $give_up (i32.const 0)) (return)))
  (if (local.get $unjudged)
    (then
      ;; The length of the second value, which has a 0 behind it.
      (i32.store offset=16 align=1
        (i32.add (global.get $out) (local.get $body_len))
        (i32.sub
          (i32.sub (global.get $out_len) (local.get $body_len))
          (i32.add (global.get $two_headers_len) (i32.const 1))))))
  (drop
    (call $send
      (i32.const 200)
      (i32.const 0)
      (i32.const 0)
      (global.get $out)
      (local.get $body_len)
      (i32.add (global.get $out) (local.get $body_len))
      (i32.sub (global.get $out_len) (local.get $body_len))
      (i32.const -1))))

;; Adds a number to the buffer.
(func $put_number (param $number i32)
  (if (i32.ge_u (local.get $number) (i32.const 10))
    (then (call $put_number (i32.div_u (local.get $number) (i32.const 10)))))
  (call $put_byte (i32.add (i32.rem_u (local.get $number) (i32.const 10)) (i32.const 0x30))))

;; There is no memory for the body or for its alerts: whoever sent it is told, or the log.
(func $give_up (param $is_log i32)
  (drop
    (call $log (i32.const 4) (i32.add (global.get $baked) (global.get $no_memory)) (global.get $no_memory_len)))
  (if (i32.eqz (local.get $is_log))
    (then
      (drop
        (call $send
          (i32.const 503)
          (i32.const 0)
          (i32.const 0)
          (i32.add (global.get $baked) (global.get $no_memory))
          (global.get $no_memory_len)
          (i32.const 0)
          (i32.const 0)
          (i32.const -1))))))
