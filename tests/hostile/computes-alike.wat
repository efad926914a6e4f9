;; Finds something where numbers that are none, and instructions that are left to the processor, come out as they do on
;; every processor, and crashes elsewhere.
(data (i32.const 1024) "\00\00\00\00" "\10\11\12\13" "\00\00\c0\7f")
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (if (i32.ne (i32.const 0x7fc00000)
        (i32.reinterpret_f32 (f32.div (f32.load (i32.const 1024)) (f32.load (i32.const 1024)))))
    (then (unreachable)))
  (if (i32x4.extract_lane 0 (i8x16.relaxed_swizzle
        (i8x16.splat (i32.const 1)) (i32x4.splat (i32.load (i32.const 1028)))))
    (then (unreachable)))
  (if (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (f32x4.splat (f32.load (i32.const 1032)))))
    (then (unreachable)))
  (i32.const 416))
