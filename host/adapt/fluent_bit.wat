;; What Fluent Bit's filter `wasm` calls: one record a call, as the text of a JSON object with a 0 behind it. It copies
;; the answer, and gives its own buffers back. An empty text drops the record; no answer is 0.

;; An empty text, and the record that stands for one that could not be had.
(import "baked" "empty" (global $empty i32))
(import "baked" "lost" (global $lost i32))
(import "baked" "lost_len" (global $lost_len i32))

(export "memory" (memory 0))
(export "malloc" (func $malloc))
(export "free" (func $free))

;; Passes the records in which something is found, and drops the others.
(func (export "trommel_filter")
  (param $tag i32) (param $tag_len i32) (param $sec i32) (param $nsec i32) (param $record i32) (param $len i32)
  (result i32)
  (local $answer i32) (local $kept i32)
  (if (i32.eqz (local.get $record)) (then (return (call $say_lost))))
  ;; A host that goes on with its buffers after a trap.
  (if (i32.ne (global.get $state) (i32.const 1)) (then (return (local.get $record))))
  (if (i32.eqz (call $matters (local.get $record) (local.get $len)))
    (then (return (i32.add (global.get $baked) (global.get $empty)))))
  (local.set $answer (call $judge (local.get $record) (local.get $len)))
  (if (i32.eqz (local.get $answer)) (then (return (local.get $record))))
  ;; A fault, or findings.
  (local.set $kept (i32.or (i32.load8_u (local.get $answer)) (i32.load offset=8 (local.get $answer))))
  (call $judged (local.get $answer))
  (select (local.get $record) (i32.add (global.get $baked) (global.get $empty)) (local.get $kept)))

;; Passes every record, with what is found as its member `trommel`.
(func (export "trommel_tag")
  (param $tag i32) (param $tag_len i32) (param $sec i32) (param $nsec i32) (param $record i32) (param $len i32)
  (result i32)
  (local $answer i32) (local $is_tagged i32)
  (if (i32.eqz (local.get $record)) (then (return (call $say_lost))))
  (if (i32.ne (global.get $state) (i32.const 1)) (then (return (local.get $record))))
  (if (i32.eqz (call $matters (local.get $record) (local.get $len))) (then (return (local.get $record))))
  (local.set $answer (call $judge (local.get $record) (local.get $len)))
  (if (i32.eqz (local.get $answer)) (then (return (local.get $record))))
  (local.set $is_tagged (call $put_tagged (local.get $record) (local.get $len) (local.get $answer)))
  (if (local.get $is_tagged) (then (call $put_byte (i32.const 0))))
  (call $judged (local.get $answer))
  (select (global.get $out) (local.get $record) (i32.and (local.get $is_tagged) (i32.eqz (global.get $out_failed)))))

;; There was no memory for a record, so it cannot be passed; this one tells.
(func $say_lost (result i32)
  (if (i32.eq (global.get $state) (i32.const 1))
    (then (return (i32.add (global.get $baked) (global.get $lost)))))
  ;; After a trap all memory is made anew before it is used: until then it may hold this.
  (if (i32.eqz (global.get $first))
    (then
      (global.set $first (memory.size))
      (global.set $pages (global.get $first))))
  (global.set $state (i32.const 2))
  (memory.init $baked_data (i32.const 16) (global.get $lost) (global.get $lost_len))
  (i32.const 16))
