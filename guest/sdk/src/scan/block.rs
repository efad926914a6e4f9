//! The first stage asks five questions of 64 bytes at once; this file has the answers, from a processor's vectors or not.
//!
//! A mask has one bit a byte, the first byte's lowest. What the masks mean is left to [`strings`](super::strings).

/// How many bytes are looked at in one turn: as many as a mask has bits.
pub(super) const BLOCK_BYTES: usize = u64::BITS as usize;

/// 64 bytes of the text.
pub(super) trait Block: Copy {
    fn load(bytes: &[u8; BLOCK_BYTES]) -> Self;

    /// Where `"` stands.
    fn quotes(self) -> u64;

    /// Where `\` stands.
    fn backslashes(self) -> u64;

    /// Where a byte below the space stands.
    fn controls(self) -> u64;

    /// Whether every byte is ASCII.
    fn is_ascii(self) -> bool;

    /// Whether there is neither a backslash, nor a control character, nor anything but ASCII: so it mostly is.
    fn is_plain(self) -> bool;
}

#[cfg(target_feature = "simd128")]
pub(super) use vector::Vectors;

#[cfg(target_feature = "simd128")]
mod vector {
    use core::arch::wasm32::{
        i8x16_bitmask, i8x16_eq, i8x16_lt, i8x16_min, i8x16_splat, u8x16_lt, u8x16_splat, v128, v128_any_true,
        v128_load, v128_or,
    };

    use super::{BLOCK_BYTES, Block};

    /// The four vectors of WebAssembly that hold a block.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Vectors([v128; 4]);

    impl Vectors {
        #[inline(always)]
        fn mask(self, test: impl Fn(v128) -> v128) -> u64 {
            let [a, b, c, d] = self.0.map(|vector| u64::from(i8x16_bitmask(test(vector))));
            (a | b << 16) | (c << 32 | d << 48)
        }

        #[inline(always)]
        fn fold(self, join: impl Fn(v128, v128) -> v128) -> v128 {
            let [a, b, c, d] = self.0;
            join(join(a, b), join(c, d))
        }
    }

    impl Block for Vectors {
        #[inline(always)]
        #[expect(unsafe_code, reason = "a vector is read from memory through a pointer")]
        fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
            let (vectors, _) = bytes.as_chunks::<16>();
            // SAFETY: each of the four is borrowed here, 16 bytes long, and may lie anywhere.
            Self([0, 1, 2, 3].map(|at| unsafe { v128_load(vectors[at].as_ptr().cast()) }))
        }

        #[inline(always)]
        fn quotes(self) -> u64 {
            self.mask(|vector| i8x16_eq(vector, i8x16_splat(b'"' as i8)))
        }

        #[inline(always)]
        fn backslashes(self) -> u64 {
            self.mask(|vector| i8x16_eq(vector, i8x16_splat(b'\\' as i8)))
        }

        #[inline(always)]
        fn controls(self) -> u64 {
            self.mask(|vector| u8x16_lt(vector, u8x16_splat(b' ')))
        }

        #[inline(always)]
        fn is_ascii(self) -> bool {
            i8x16_bitmask(self.fold(|a, b| v128_or(a, b))) == 0
        }

        #[inline(always)]
        fn is_plain(self) -> bool {
            let backslashes =
                Self(self.0.map(|vector| i8x16_eq(vector, i8x16_splat(b'\\' as i8)))).fold(|a, b| v128_or(a, b));
            // As signed numbers the least is either a control character or not ASCII, if there is one of these.
            let least = self.fold(|a, b| i8x16_min(a, b));
            !v128_any_true(v128_or(backslashes, i8x16_lt(least, i8x16_splat(b' ' as i8))))
        }
    }
}

/// The same without vectors: what natively stands in for them, so that the first stage itself is tested there.
#[cfg(all(test, not(target_feature = "simd128")))]
#[derive(Clone, Copy)]
pub(super) struct Bytes([u8; BLOCK_BYTES]);

#[cfg(all(test, not(target_feature = "simd128")))]
impl Bytes {
    fn mask(self, test: impl Fn(u8) -> bool) -> u64 {
        self.0.iter().rev().fold(0, |mask, &byte| mask << 1 | u64::from(test(byte)))
    }
}

#[cfg(all(test, not(target_feature = "simd128")))]
impl Block for Bytes {
    fn load(bytes: &[u8; BLOCK_BYTES]) -> Self {
        Self(*bytes)
    }

    fn quotes(self) -> u64 {
        self.mask(|byte| byte == b'"')
    }

    fn backslashes(self) -> u64 {
        self.mask(|byte| byte == b'\\')
    }

    fn controls(self) -> u64 {
        self.mask(|byte| byte < b' ')
    }

    fn is_ascii(self) -> bool {
        self.0.is_ascii()
    }

    fn is_plain(self) -> bool {
        self.0.iter().all(|byte| (b' '..0x80).contains(byte) && *byte != b'\\')
    }
}
