;; Settings that the host gives while it runs. Whoever uses this says with $say what is wrong with them.

;; The distances and lengths of the rules' ids, as JSON.
(import "baked" "ids" (global $ids i32))
(import "baked" "refused" (global $refused i32))
(import "baked" "refused_len" (global $refused_len i32))
(import "baked" "not_by_id" (global $not_by_id i32))
(import "baked" "not_by_id_len" (global $not_by_id_len i32))

;; Hands out settings: those of the one rule, or an object that has each rule's settings by its id.
(func $configure_all (param $text i32) (param $len i32) (result i32)
  (local $at i32) (local $end i32) (local $key i32) (local $rule i32)
  (if (i32.eq (global.get $rules_len) (i32.const 1))
    (then (return (call $configure_one (i32.const 0) (local.get $text) (local.get $len)))))
  (local.set $end (i32.add (local.get $text) (local.get $len)))
  (local.set $at (call $space (local.get $text) (local.get $end)))
  (if (i32.eqz (call $is_object (local.get $at) (i32.sub (local.get $end) (local.get $at))))
    (then (return (call $say_not_by_id))))
  (loop $next
    ;; Behind a brace or a comma.
    (local.set $at (call $space (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
    (if (i32.eq (call $byte (local.get $at) (local.get $end)) (i32.const 0x7d)) (then (return (i32.const 1))))
    (local.set $key (local.get $at))
    (local.set $at (call $string (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
    (local.set $rule (call $rule_of (local.get $key) (i32.sub (local.get $at) (local.get $key))))
    (if (i32.eq (local.get $rule) (i32.const -1)) (then (return (call $say_not_by_id))))
    ;; Behind the colon.
    (local.set $key (i32.add (call $space (local.get $at) (local.get $end)) (i32.const 1)))
    (local.set $at (call $value (local.get $key) (local.get $end) (i32.const 32)))
    (if
      (i32.eqz (call $configure_one (local.get $rule) (local.get $key) (i32.sub (local.get $at) (local.get $key))))
      (then (return (i32.const 0))))
    (local.set $at (call $space (local.get $at) (local.get $end)))
    (br_if $next (i32.eq (call $byte (local.get $at) (local.get $end)) (i32.const 0x2c))))
  (i32.const 1))

;; The rule of this id, or -1.
(func $rule_of (param $id i32) (param $len i32) (result i32)
  (local $rule i32) (local $at i32)
  (loop $next
    (local.set $at
      (i32.add (i32.add (global.get $baked) (global.get $ids)) (i32.shl (local.get $rule) (i32.const 3))))
    (if (i32.eq (i32.load offset=4 (local.get $at)) (local.get $len))
      (then
        (if
          (call $same
            (local.get $id)
            (i32.add (local.get $id) (local.get $len))
            (i32.add (global.get $baked) (i32.load (local.get $at)))
            (local.get $len))
          (then (return (local.get $rule))))))
    (local.set $rule (i32.add (local.get $rule) (i32.const 1)))
    (br_if $next (i32.lt_u (local.get $rule) (global.get $rules_len))))
  (i32.const -1))

(func $say_not_by_id (result i32)
  (call $say (i32.add (global.get $baked) (global.get $not_by_id)) (global.get $not_by_id_len))
  (i32.const 0))

;; Hands a rule its settings, and says which mistakes it finds.
(func $configure_one (param $rule i32) (param $text i32) (param $len i32) (result i32)
  (local $copy i32) (local $answer i32) (local $at i32) (local $end i32) (local $is_taken i32)
  (if (i32.eqz (call $reserve (local.get $len))) (then (unreachable)))
  (global.set $state (i32.const 2))
  (local.set $copy (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (local.get $len)))
  (memory.copy (local.get $copy) (local.get $text) (local.get $len))
  (local.set $answer (call $configure (local.get $rule) (local.get $copy) (local.get $len)))
  (global.set $state (i32.const 1))
  (local.set $is_taken (i32.eqz (i32.load8_u (local.get $answer))))
  (if (i32.eqz (local.get $is_taken))
    (then
      (local.set $at (i32.load offset=4 (local.get $answer)))
      (local.set $end
        (i32.add (local.get $at) (i32.shl (i32.load offset=8 (local.get $answer)) (i32.const 4))))
      (block $done
        (loop $next
          (br_if $done (i32.eq (local.get $at) (local.get $end)))
          (call $begin)
          (call $put (i32.add (global.get $baked) (global.get $refused)) (global.get $refused_len))
          (call $put (i32.load (local.get $at)) (i32.load offset=4 (local.get $at)))
          (call $put_byte (i32.const 0x3a))
          (call $put_byte (i32.const 0x20))
          (call $put (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at)))
          (call $say (global.get $out) (global.get $out_len))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br $next)))))
  (global.set $state (i32.const 2))
  (call $configure_post (local.get $answer))
  (global.set $state (i32.const 1))
  (local.get $is_taken))
