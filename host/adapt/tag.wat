;; Puts what is found into an event, as its member `trommel`.

;; `"trommel":[`
(import "baked" "member" (global $member i32))
(import "baked" "member_len" (global $member_len i32))

;; Writes an event with the alerts of an answer into the buffer. 0: it is no object, or a finding is none.
(func $put_tagged (param $event i32) (param $len i32) (param $answer i32) (result i32)
  (local $close i32) (local $is_tagged i32)
  (local.set $close (call $close_of (local.get $event) (local.get $len)))
  (if (i32.or (i32.load8_u (local.get $answer)) (i32.eqz (local.get $close))) (then (return (i32.const 0))))
  (if (i32.eqz (i32.load offset=8 (local.get $answer))) (then (return (i32.const 0))))
  (call $begin)
  (call $put_open (local.get $event) (local.get $close))
  (call $put (i32.add (global.get $baked) (global.get $member)) (global.get $member_len))
  (local.set $is_tagged (call $put_alerts (local.get $answer) (i32.const 0x2c)))
  (call $put_byte (i32.const 0x5d))
  (call $put (local.get $close) (i32.sub (i32.add (local.get $event) (local.get $len)) (local.get $close)))
  (i32.and (local.get $is_tagged) (i32.eqz (global.get $out_failed))))
