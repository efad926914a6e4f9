;; What every adapter is made of: a rule that starts afresh after a trap, and the memory for what a host hands over.
;;
;; Nothing here is imported by the module that comes out. "rule" stands for functions of the rule, "baked" for numbers
;; that are known while adapting; both are put in place by `merge.rs`.

(import "rule" "memory" (memory 0))
;; Sets the rule's globals and data as they were at first, and starts it.
(import "rule" "start" (func $start))
(import "rule" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
(import "rule" "configure" (func $configure (param i32 i32 i32) (result i32)))
(import "rule" "configure_post" (func $configure_post (param i32)))
(import "rule" "evaluate" (func $evaluate (param i32 i32 i32 i32 i32) (result i32)))
(import "rule" "evaluate_post" (func $evaluate_post (param i32)))

;; How many pages of memory the rule declares.
(import "baked" "pages" (global $declared i32))
;; The size of the baked data. What lies in it is given by its distance from its beginning.
(import "baked" "bytes" (global $baked_bytes i32))
;; Settings: a number of them, then for each the rule's number, the distance of the text, its length.
(import "baked" "settings" (global $settings i32))
;; Whether the search for needles can leave out an event.
(import "baked" "searches" (global $searches i32))
;; How many bytes the shortest needle has.
(import "baked" "shortest" (global $shortest i32))
;; The table of the search: 2 to the power of (32 - $table_shift) numbers. Below 256 it is how far to go on; else the
;; distance of the needles to compare, each a byte with its length and its text, up to a length of 0.
(import "baked" "table" (global $table i32))
(import "baked" "table_shift" (global $table_shift i32))
;; A byte for each ASCII character: whether its escape may hide a needle.
(import "baked" "hidden" (global $hidden i32))
;; Whether an escaped slash may hide a needle.
(import "baked" "slash" (global $slash i32))
;; Room for the list of the buffers.
(import "baked" "buffers" (global $buffers i32))

(data $baked_data "")

;; 0 before the first use, 1 ready, 2 while the rule runs. A call that finds 2 comes after a trap.
(global $state (mut i32) (i32.const 0))
;; Whether a fresh rule is left without the baked settings, because the host may give others.
(global $leaves_settings (mut i32) (i32.const 0))
;; How many pages the rule had at first, and has now.
(global $first (mut i32) (i32.const 0))
(global $pages (mut i32) (i32.const 0))
;; Where the baked data lies.
(global $baked (mut i32) (i32.const 0))
(global $buffers_len (mut i32) (i32.const 0))
;; The one buffer in which answers are written: where it lies, its size, how much is written, whether something was lost
;; for want of memory.
(global $out (mut i32) (i32.const 0))
(global $out_size (mut i32) (i32.const 0))
(global $out_len (mut i32) (i32.const 0))
(global $out_failed (mut i32) (i32.const 0))

;; Stands for the rule's own `memory.grow`: a host's memory never shrinks, but after a trap the rule starts again with
;; what it had at first, and takes the rest anew.
(func $grow (export "rule:grow") (param $more i32) (result i32)
  (local $missing i32)
  (if (i32.gt_u (local.get $more) (i32.const 65536)) (then (return (i32.const -1))))
  (local.set $missing (i32.sub (i32.add (global.get $pages) (local.get $more)) (memory.size)))
  (if (i32.gt_s (local.get $missing) (i32.const 0))
    (then (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1)) (then (return (i32.const -1))))))
  (global.get $pages)
  (global.set $pages (i32.add (global.get $pages) (local.get $more))))

(func $size (export "rule:size") (result i32) (global.get $pages))

;; Makes sure that the rule can have so many bytes more: a rule that gets no memory traps, and a trap loses the event.
(func $reserve (param $bytes i32) (result i32)
  (local $missing i32)
  (local.set $missing
    (i32.sub
      (i32.add (i32.add (i32.shr_u (local.get $bytes) (i32.const 16)) (i32.const 2)) (global.get $pages))
      (memory.size)))
  (if (i32.le_s (local.get $missing) (i32.const 0)) (then (return (i32.const 1))))
  (i32.ne (memory.grow (local.get $missing)) (i32.const -1)))

;; Makes a fresh rule of whatever is there: memory, globals, settings.
(func $renew
  (if (global.get $first)
    (then
      (memory.fill (i32.const 0) (i32.const 0) (i32.shl (global.get $declared) (i32.const 16)))
      (memory.fill
        (i32.shl (global.get $first) (i32.const 16))
        (i32.const 0)
        (i32.shl (i32.sub (global.get $pages) (global.get $first)) (i32.const 16))))
    ;; A host may have added pages of its own behind those that are declared.
    (else (global.set $first (memory.size))))
  (global.set $pages (global.get $first))
  (global.set $state (i32.const 2))
  (global.set $buffers_len (i32.const 0))
  (global.set $out (i32.const 0))
  (global.set $out_size (i32.const 0))
  (call $start)
  (global.set $baked (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (global.get $baked_bytes)))
  (memory.init $baked_data (global.get $baked) (i32.const 0) (global.get $baked_bytes))
  (if (i32.eqz (global.get $leaves_settings)) (then (call $configure_baked)))
  (global.set $state (i32.const 1)))

;; Hands the rules the settings that were baked in.
(func $configure_baked
  (local $at i32) (local $left i32) (local $text i32) (local $len i32) (local $answer i32)
  (global.set $state (i32.const 2))
  (local.set $at (i32.add (global.get $baked) (global.get $settings)))
  (local.set $left (i32.load (local.get $at)))
  (local.set $at (i32.add (local.get $at) (i32.const 4)))
  (block $done
    (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $len (i32.load offset=8 (local.get $at)))
      (local.set $text (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
      (memory.copy
        (local.get $text)
        (i32.add (global.get $baked) (i32.load offset=4 (local.get $at)))
        (local.get $len))
      (local.set $answer (call $configure (i32.load (local.get $at)) (local.get $text) (local.get $len)))
      ;; They were taken while adapting. An event must not be judged by other settings.
      (if (i32.load8_u (local.get $answer)) (then (unreachable)))
      (call $configure_post (local.get $answer))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
  (global.set $state (i32.const 1)))

;; A buffer of the host: 12 bytes with its address, its size, and whether it is used. They are few, and used again.
(func $malloc (param $bytes i32) (result i32)
  (local $at i32) (local $end i32) (local $best i32) (local $largest i32) (local $size i32)
  (if (i32.ne (global.get $state) (i32.const 1)) (then (call $renew)))
  (if (i32.gt_u (local.get $bytes) (i32.const 0x3fffffff)) (then (return (i32.const 0))))
  (local.set $at (i32.add (global.get $baked) (global.get $buffers)))
  (local.set $end (i32.add (local.get $at) (i32.mul (global.get $buffers_len) (i32.const 12))))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $at) (local.get $end)))
      (if (i32.eqz (i32.load offset=8 (local.get $at)))
        (then
          (local.set $size (i32.load offset=4 (local.get $at)))
          (if (i32.ge_u (local.get $size) (local.get $bytes))
            (then
              (if (i32.eqz (local.get $best))
                (then (local.set $best (local.get $at)))
                (else
                  (if (i32.lt_u (local.get $size) (i32.load offset=4 (local.get $best)))
                    (then (local.set $best (local.get $at))))))))
          (if (i32.eqz (local.get $largest))
            (then (local.set $largest (local.get $at)))
            (else
              (if (i32.gt_u (local.get $size) (i32.load offset=4 (local.get $largest)))
                (then (local.set $largest (local.get $at))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (br $next)))
  (if (i32.eqz (local.get $best))
    (then
      (local.set $size
        (i32.and
          (i32.add (i32.add (local.get $bytes) (i32.shr_u (local.get $bytes) (i32.const 2))) (i32.const 79))
          (i32.const -16)))
      (if (i32.eqz (call $reserve (local.get $size))) (then (return (i32.const 0))))
      (if (local.get $largest)
        (then (local.set $best (local.get $largest)))
        (else
          (if (i32.eq (global.get $buffers_len) (i32.const 64)) (then (return (i32.const 0))))
          (global.set $buffers_len (i32.add (global.get $buffers_len) (i32.const 1)))
          (local.set $best (local.get $end))
          (i64.store align=4 (local.get $best) (i64.const 0))))
      (global.set $state (i32.const 2))
      (i32.store
        (local.get $best)
        (call $realloc
          (i32.load (local.get $best)) (i32.load offset=4 (local.get $best)) (i32.const 8) (local.get $size)))
      (i32.store offset=4 (local.get $best) (local.get $size))
      (global.set $state (i32.const 1))))
  (i32.store offset=8 (local.get $best) (i32.const 1))
  (i32.load (local.get $best)))

(func $free (param $buffer i32)
  (local $at i32) (local $end i32)
  (local.set $at (i32.add (global.get $baked) (global.get $buffers)))
  (local.set $end (i32.add (local.get $at) (i32.mul (global.get $buffers_len) (i32.const 12))))
  (block $done
    (loop $next
      (br_if $done (i32.eq (local.get $at) (local.get $end)))
      (if (i32.eq (i32.load (local.get $at)) (local.get $buffer))
        (then (i32.store offset=8 (local.get $at) (i32.const 0)) (return)))
      (local.set $at (i32.add (local.get $at) (i32.const 12)))
      (br $next))))

;; Has an event judged by all rules, and returns the answer: its owner calls $judged when it was read. 0: there is no
;; memory to judge it.
(func $judge (param $event i32) (param $len i32) (result i32)
  (local $copy i32) (local $answer i32)
  (if (i32.eqz (call $reserve (local.get $len))) (then (return (i32.const 0))))
  (global.set $state (i32.const 2))
  ;; The rule frees what it was given.
  (local.set $copy (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
  (memory.copy (local.get $copy) (local.get $event) (local.get $len))
  (local.set $answer
    (call $evaluate (local.get $copy) (local.get $len) (i32.const 0) (i32.const 0) (i32.const 0)))
  (global.set $state (i32.const 1))
  (local.get $answer))

(func $judged (param $answer i32)
  (global.set $state (i32.const 2))
  (call $evaluate_post (local.get $answer))
  (global.set $state (i32.const 1)))

;; Whether an event can matter to a rule: it holds a needle, or an escape that may hide one.
(func $matters (param $event i32) (param $len i32) (result i32)
  (local $at i32) (local $end i32) (local $next i32) (local $needle i32) (local $table_at i32)
  (if (i32.eqz (global.get $searches)) (then (return (i32.const 1))))
  (local.set $end (i32.add (local.get $event) (local.get $len)))

  ;; Backslashes, 32 bytes a turn. Characters beyond ASCII may look like one, and are looked at closely.
  (local.set $at (local.get $event))
  (block $done
    (loop $turn
      (br_if $done (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 32)))
      (if
        (i64.ne
          (i64.and
            (i64.or
              (i64.or
                (i64.sub
                  (i64.xor (i64.load align=1 (local.get $at)) (i64.const 0x5c5c5c5c5c5c5c5c))
                  (i64.const 0x0101010101010101))
                (i64.sub
                  (i64.xor (i64.load offset=8 align=1 (local.get $at)) (i64.const 0x5c5c5c5c5c5c5c5c))
                  (i64.const 0x0101010101010101)))
              (i64.or
                (i64.sub
                  (i64.xor (i64.load offset=16 align=1 (local.get $at)) (i64.const 0x5c5c5c5c5c5c5c5c))
                  (i64.const 0x0101010101010101))
                (i64.sub
                  (i64.xor (i64.load offset=24 align=1 (local.get $at)) (i64.const 0x5c5c5c5c5c5c5c5c))
                  (i64.const 0x0101010101010101))))
            (i64.const 0x8080808080808080))
          (i64.const 0))
        (then
          (if (call $hides (local.get $at) (i32.add (local.get $at) (i32.const 32)) (local.get $end))
            (then (return (i32.const 1))))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br $turn)))
  (if (call $hides (local.get $at) (local.get $end) (local.get $end)) (then (return (i32.const 1))))

  ;; Needles: the last two bytes of a window as long as the shortest needle say how far it can move. (Wu and Manber)
  (if (i32.lt_u (local.get $len) (global.get $shortest)) (then (return (i32.const 0))))
  (local.set $table_at (i32.add (global.get $baked) (global.get $table)))
  (local.set $at (i32.add (local.get $event) (i32.sub (global.get $shortest) (i32.const 2))))
  (local.set $end (i32.sub (local.get $end) (i32.const 1)))
  (block $none
    (loop $window
      (br_if $none (i32.ge_u (local.get $at) (local.get $end)))
      (local.set $next
        (i32.load
          (i32.add
            (local.get $table_at)
            (i32.shl
              (i32.shr_u
                (i32.mul (i32.load16_u align=1 (local.get $at)) (i32.const 0x9e3779b1))
                (global.get $table_shift))
              (i32.const 2)))))
      (if (i32.lt_u (local.get $next) (i32.const 256))
        (then
          (local.set $at (i32.add (local.get $at) (local.get $next)))
          (br $window)))
      (local.set $needle (i32.add (global.get $baked) (local.get $next)))
      (loop $candidate
        (local.set $len (i32.load8_u (local.get $needle)))
        (if (local.get $len)
          (then
            (if
              (call $same
                (i32.sub (local.get $at) (i32.sub (global.get $shortest) (i32.const 2)))
                (i32.add (local.get $end) (i32.const 1))
                (i32.add (local.get $needle) (i32.const 1))
                (local.get $len))
              (then (return (i32.const 1))))
            (local.set $needle (i32.add (i32.add (local.get $needle) (i32.const 1)) (local.get $len)))
            (br $candidate))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $window)))
  (i32.const 0))

;; Whether a text begins with another one.
(func $same (param $at i32) (param $end i32) (param $other i32) (param $len i32) (result i32)
  (if (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (local.get $len)) (then (return (i32.const 0))))
  (loop $next
    (if (i32.ne (i32.load8_u (local.get $at)) (i32.load8_u (local.get $other))) (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $other (i32.add (local.get $other) (i32.const 1)))
    (local.set $len (i32.sub (local.get $len) (i32.const 1)))
    (br_if $next (local.get $len)))
  (i32.const 1))

;; Whether an escape that may hide a needle begins between two places of a text.
(func $hides (param $at i32) (param $to i32) (param $end i32) (result i32)
  (local $character i32)
  (block $none
    (loop $next
      (br_if $none (i32.ge_u (local.get $at) (local.get $to)))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5c))
        (then
          (if (i32.and (global.get $slash) (i32.eq (call $byte (i32.add (local.get $at) (i32.const 1)) (local.get $end)) (i32.const 0x2f)))
            (then (return (i32.const 1))))
          (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 6))
            (then
              ;; \u00
              (if (i32.eq (i32.load align=1 (local.get $at)) (i32.const 0x3030755c))
                (then
                  (local.set $character
                    (i32.or
                      (i32.shl (call $digit (i32.load8_u offset=4 (local.get $at))) (i32.const 4))
                      (call $digit (i32.load8_u offset=5 (local.get $at)))))
                  (if (i32.lt_u (local.get $character) (i32.const 128))
                    (then
                      (if (i32.load8_u (i32.add (i32.add (global.get $baked) (global.get $hidden)) (local.get $character)))
                        (then (return (i32.const 1))))))))))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $next)))
  (i32.const 0))

;; The value of a hex digit, or a number too large for a byte.
(func $digit (param $byte i32) (result i32)
  (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 0x30)) (i32.const 10))
    (then (return (i32.sub (local.get $byte) (i32.const 0x30)))))
  (local.set $byte (i32.sub (i32.or (local.get $byte) (i32.const 0x20)) (i32.const 0x61)))
  (if (i32.lt_u (local.get $byte) (i32.const 6)) (then (return (i32.add (local.get $byte) (i32.const 10)))))
  (i32.const 256))

;; The byte at a place, or 0 beyond the end.
(func $byte (param $at i32) (param $end i32) (result i32)
  (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
  (i32.load8_u (local.get $at)))
