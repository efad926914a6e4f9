;; Whether the columns of a finding are JSON, before they are written into the middle of other JSON. Each function
;; returns the place behind what it has read, or 0.

(func $is_object (param $at i32) (param $len i32) (result i32)
  (local $end i32)
  (local.set $end (i32.add (local.get $at) (local.get $len)))
  (if (i32.ne (call $byte (local.get $at) (local.get $end)) (i32.const 0x7b)) (then (return (i32.const 0))))
  (local.set $at (call $value (local.get $at) (local.get $end) (i32.const 32)))
  (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
  (i32.eq (call $space (local.get $at) (local.get $end)) (local.get $end)))

(func $space (param $at i32) (param $end i32) (result i32)
  (local $byte i32)
  (loop $next
    (local.set $byte (call $byte (local.get $at) (local.get $end)))
    (if
      (i32.or
        (i32.or (i32.eq (local.get $byte) (i32.const 0x20)) (i32.eq (local.get $byte) (i32.const 0x0a)))
        (i32.or (i32.eq (local.get $byte) (i32.const 0x09)) (i32.eq (local.get $byte) (i32.const 0x0d))))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
  (local.get $at))

;; From behind the opening quote.
(func $string (param $at i32) (param $end i32) (result i32)
  (local $byte i32)
  (loop $next
    (local.set $byte (call $byte (local.get $at) (local.get $end)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (i32.lt_u (local.get $byte) (i32.const 0x20)) (then (return (i32.const 0))))
    (if (i32.eq (local.get $byte) (i32.const 0x22)) (then (return (local.get $at))))
    (br_if $next (i32.ne (local.get $byte) (i32.const 0x5c)))
    (local.set $byte (call $byte (local.get $at) (local.get $end)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (if (i32.eq (local.get $byte) (i32.const 0x75))
      (then
        (if
          (i32.gt_u
            (i32.or
              (i32.or
                (call $digit (call $byte (local.get $at) (local.get $end)))
                (call $digit (call $byte (i32.add (local.get $at) (i32.const 1)) (local.get $end))))
              (i32.or
                (call $digit (call $byte (i32.add (local.get $at) (i32.const 2)) (local.get $end)))
                (call $digit (call $byte (i32.add (local.get $at) (i32.const 3)) (local.get $end)))))
            (i32.const 15))
          (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $next)))
    ;; One of b f n r t, or a character for itself.
    (br_if $next (i32.or (i32.eq (local.get $byte) (i32.const 0x22)) (i32.eq (local.get $byte) (i32.const 0x5c))))
    (br_if $next (i32.or (i32.eq (local.get $byte) (i32.const 0x2f)) (i32.eq (local.get $byte) (i32.const 0x62))))
    (br_if $next (i32.or (i32.eq (local.get $byte) (i32.const 0x66)) (i32.eq (local.get $byte) (i32.const 0x6e))))
    (br_if $next (i32.or (i32.eq (local.get $byte) (i32.const 0x72)) (i32.eq (local.get $byte) (i32.const 0x74)))))
  (i32.const 0))

(func $digits (param $at i32) (param $end i32) (result i32)
  (local $from i32)
  (local.set $from (local.get $at))
  (loop $next
    (if (i32.lt_u (i32.sub (call $byte (local.get $at) (local.get $end)) (i32.const 0x30)) (i32.const 10))
      (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next))))
  (select (i32.const 0) (local.get $at) (i32.eq (local.get $at) (local.get $from))))

(func $number (param $at i32) (param $end i32) (result i32)
  (local $byte i32)
  (if (i32.eq (call $byte (local.get $at) (local.get $end)) (i32.const 0x2d))
    (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
  (if (i32.eq (call $byte (local.get $at) (local.get $end)) (i32.const 0x30))
    (then (local.set $at (i32.add (local.get $at) (i32.const 1))))
    (else
      (local.set $at (call $digits (local.get $at) (local.get $end)))
      (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))))
  (if (i32.eq (call $byte (local.get $at) (local.get $end)) (i32.const 0x2e))
    (then
      (local.set $at (call $digits (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
      (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))))
  (if (i32.eq (i32.or (call $byte (local.get $at) (local.get $end)) (i32.const 0x20)) (i32.const 0x65))
    (then
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $byte (call $byte (local.get $at) (local.get $end)))
      (if (i32.or (i32.eq (local.get $byte) (i32.const 0x2b)) (i32.eq (local.get $byte) (i32.const 0x2d)))
        (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
      (local.set $at (call $digits (local.get $at) (local.get $end)))))
  (local.get $at))

(func $value (param $at i32) (param $end i32) (param $depth i32) (result i32)
  (local $byte i32) (local $close i32)
  (local.set $at (call $space (local.get $at) (local.get $end)))
  (local.set $byte (call $byte (local.get $at) (local.get $end)))
  (if (i32.eq (local.get $byte) (i32.const 0x22))
    (then (return (call $string (i32.add (local.get $at) (i32.const 1)) (local.get $end)))))
  ;; true, null, false
  (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4))
    (then
      (if
        (i32.or
          (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x65757274))
          (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x6c6c756e)))
        (then (return (i32.add (local.get $at) (i32.const 4)))))
      (if (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x736c6166))
        (then
          (return
            (select
              (i32.add (local.get $at) (i32.const 5))
              (i32.const 0)
              (i32.eq (call $byte (i32.add (local.get $at) (i32.const 4)) (local.get $end)) (i32.const 0x65))))))))
  ;; [ or {, each two before what closes it
  (if (i32.ne (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x7b))
    (then (return (call $number (local.get $at) (local.get $end)))))
  (if (i32.eqz (local.get $depth)) (then (return (i32.const 0))))
  (local.set $close (i32.add (local.get $byte) (i32.const 2)))
  (local.set $at (call $space (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
  (if (i32.eq (call $byte (local.get $at) (local.get $end)) (local.get $close))
    (then (return (i32.add (local.get $at) (i32.const 1)))))
  (loop $next
    (if (i32.eq (local.get $close) (i32.const 0x7d))
      (then
        (local.set $at (call $space (local.get $at) (local.get $end)))
        (if (i32.ne (call $byte (local.get $at) (local.get $end)) (i32.const 0x22)) (then (return (i32.const 0))))
        (local.set $at (call $string (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
        (local.set $at (call $space (local.get $at) (local.get $end)))
        (if (i32.ne (call $byte (local.get $at) (local.get $end)) (i32.const 0x3a)) (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))))
    (local.set $at (call $value (local.get $at) (local.get $end) (i32.sub (local.get $depth) (i32.const 1))))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (local.set $at (call $space (local.get $at) (local.get $end)))
    (local.set $byte (call $byte (local.get $at) (local.get $end)))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (br_if $next (i32.eq (local.get $byte) (i32.const 0x2c)))
    (if (i32.eq (local.get $byte) (local.get $close)) (then (return (local.get $at)))))
  (i32.const 0))
