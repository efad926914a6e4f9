;; Writes alerts, in the very form of `trommel run`.

;; The rules: for each the distances and lengths of its part of every alert up to the severity and of that behind the
;; risk score, its severity, its risk score.
(import "baked" "rules" (global $rules i32))
(import "baked" "rules_len" (global $rules_len i32))
;; The distances and lengths of the names of severities.
(import "baked" "severities" (global $severities i32))
;; `,"severity":"` and `","risk_score":`
(import "baked" "severity_key" (global $severity_key i32))
(import "baked" "severity_key_len" (global $severity_key_len i32))
(import "baked" "risk_key" (global $risk_key i32))
(import "baked" "risk_key_len" (global $risk_key_len i32))

;; Empties the buffer.
(func $begin
  (global.set $out_len (i32.const 0))
  (global.set $out_failed (i32.const 0)))

;; Adds a text to the buffer.
(func $put (param $text i32) (param $len i32)
  (local $size i32)
  (if (global.get $out_failed) (then (return)))
  (if (i32.lt_u (i32.sub (global.get $out_size) (global.get $out_len)) (local.get $len))
    (then
      (local.set $size (i32.add (i32.add (global.get $out_len) (local.get $len)) (i32.const 1024)))
      (local.set $size (i32.add (local.get $size) (i32.shr_u (local.get $size) (i32.const 2))))
      (if
        (i32.or
          (i32.gt_u (local.get $len) (i32.const 0x3fffffff))
          (i32.eqz (call $reserve (local.get $size))))
        (then (global.set $out_failed (i32.const 1)) (return)))
      (global.set $state (i32.const 2))
      (global.set $out
        (call $realloc (global.get $out) (global.get $out_size) (i32.const 1) (local.get $size)))
      (global.set $state (i32.const 1))
      (global.set $out_size (local.get $size))))
  (memory.copy (i32.add (global.get $out) (global.get $out_len)) (local.get $text) (local.get $len))
  (global.set $out_len (i32.add (global.get $out_len) (local.get $len))))

;; Adds a byte to the buffer.
(func $put_byte (param $byte i32)
  ;; Any text, to be written over.
  (call $put (global.get $baked) (i32.const 1))
  (if (i32.eqz (global.get $out_failed))
    (then
      (i32.store8 (i32.add (global.get $out) (i32.sub (global.get $out_len) (i32.const 1))) (local.get $byte)))))

;; Adds a text that lies in the baked data; its distance and length lie at a place.
(func $put_baked (param $at i32)
  (call $put (i32.add (global.get $baked) (i32.load (local.get $at))) (i32.load offset=4 (local.get $at))))

;; Adds an object up to where another member can follow: without the brace that closes it, and the comma where it has
;; members.
(func $put_open (param $object i32) (param $close i32)
  (call $put (local.get $object) (i32.sub (local.get $close) (local.get $object)))
  (if (i32.ne (i32.load8_u (call $last (local.get $object) (local.get $close))) (i32.const 0x7b))
    (then (call $put_byte (i32.const 0x2c)))))

;; The last place before `end` that is no white space.
(func $last (param $at i32) (param $end i32) (result i32)
  (local $byte i32)
  (loop $next
    (local.set $end (i32.sub (local.get $end) (i32.const 1)))
    (if (i32.le_u (local.get $end) (local.get $at)) (then (return (local.get $at))))
    (local.set $byte (i32.load8_u (local.get $end)))
    (br_if $next (i32.eq (local.get $byte) (i32.const 0x20)))
    (br_if $next (i32.lt_u (i32.sub (local.get $byte) (i32.const 9)) (i32.const 5))))
  (local.get $end))

;; The last brace that closes an object, or 0.
(func $close_of (param $at i32) (param $len i32) (result i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $at) (local.get $len)))
  (loop $next
    (if (i32.le_u (local.get $end) (local.get $at)) (then (return (i32.const 0))))
    (local.set $end (i32.sub (local.get $end) (i32.const 1)))
    (br_if $next (i32.ne (i32.load8_u (local.get $end)) (i32.const 0x7d))))
  (local.get $end))

;; Adds the alert of a finding. 0: the finding is none.
(func $put_alert (param $finding i32) (result i32)
  (local $rule i32) (local $columns i32) (local $len i32) (local $number i32)
  (local.set $columns (i32.load offset=4 (local.get $finding)))
  (local.set $len (i32.load offset=8 (local.get $finding)))
  (if (i32.eqz (call $is_object (local.get $columns) (local.get $len))) (then (return (i32.const 0))))
  (local.set $rule
    (i32.add
      (i32.add (global.get $baked) (global.get $rules))
      (i32.mul (i32.load (local.get $finding)) (i32.const 24))))
  (call $put_open (local.get $columns) (call $close_of (local.get $columns) (local.get $len)))
  (call $put_baked (local.get $rule))
  (call $put (i32.add (global.get $baked) (global.get $severity_key)) (global.get $severity_key_len))
  (local.set $number (i32.load offset=16 (local.get $rule)))
  (if (i32.load8_u offset=12 (local.get $finding))
    (then (local.set $number (i32.load8_u offset=13 (local.get $finding)))))
  (if (i32.gt_u (local.get $number) (i32.const 4)) (then (return (i32.const 0))))
  (call $put_baked
    (i32.add
      (i32.add (global.get $baked) (global.get $severities))
      (i32.shl (local.get $number) (i32.const 3))))
  (call $put (i32.add (global.get $baked) (global.get $risk_key)) (global.get $risk_key_len))
  (local.set $number (i32.load offset=20 (local.get $rule)))
  (if (i32.load8_u offset=14 (local.get $finding))
    (then (local.set $number (i32.load8_u offset=15 (local.get $finding)))))
  (if (i32.gt_u (local.get $number) (i32.const 100)) (then (return (i32.const 0))))
  (if (i32.ge_u (local.get $number) (i32.const 100))
    (then (call $put_byte (i32.const 0x31))))
  (if (i32.ge_u (local.get $number) (i32.const 10))
    (then
      (call $put_byte
        (i32.add (i32.rem_u (i32.div_u (local.get $number) (i32.const 10)) (i32.const 10)) (i32.const 0x30)))))
  (call $put_byte (i32.add (i32.rem_u (local.get $number) (i32.const 10)) (i32.const 0x30)))
  (call $put_byte (i32.const 0x2c))
  (call $put_baked (i32.add (local.get $rule) (i32.const 8)))
  (call $put_byte (i32.const 0x7d))
  (i32.const 1))

;; Adds the alerts of an answer, in the order of the rules, each but the last followed by a separator. 0: one of its
;; findings is none.
(func $put_alerts (param $answer i32) (param $separator i32) (result i32)
  (local $at i32) (local $end i32) (local $rule i32) (local $next i32) (local $left i32) (local $number i32)
  (local.set $left (i32.load offset=8 (local.get $answer)))
  (block $done
    (loop $rules
      (local.set $next (i32.const -1))
      (local.set $at (i32.load offset=4 (local.get $answer)))
      (local.set $end
        (i32.add (local.get $at) (i32.mul (i32.load offset=8 (local.get $answer)) (i32.const 28))))
      (loop $findings
        (local.set $number (i32.load (local.get $at)))
        (if (i32.eq (local.get $number) (local.get $rule))
          (then
            (if (i32.ge_u (local.get $number) (global.get $rules_len)) (then (return (i32.const 0))))
            (if (i32.eqz (call $put_alert (local.get $at))) (then (return (i32.const 0))))
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $done (i32.eqz (local.get $left)))
            (call $put_byte (local.get $separator)))
          (else
            (if
              (i32.and
                (i32.gt_u (local.get $number) (local.get $rule))
                (i32.lt_u (local.get $number) (local.get $next)))
              (then (local.set $next (local.get $number))))))
        (local.set $at (i32.add (local.get $at) (i32.const 28)))
        (br_if $findings (i32.lt_u (local.get $at) (local.get $end))))
      (local.set $rule (local.get $next))
      (br_if $rules (i32.ne (local.get $next) (i32.const -1))))
    (return (i32.const 0)))
  (i32.eqz (global.get $out_failed)))
