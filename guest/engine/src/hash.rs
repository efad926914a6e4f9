//! The hashes of paths and of texts, the same in the compiler and in the engine.
//!
//! They are no defence against those who look for collisions: who can write an event can write any field of it anyhow.

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Where a path starts: at no key yet.
pub const ROOT: u64 = 0x7472_6f6d_6d65_6c21;

/// Is the hash of some bytes.
#[inline]
pub fn bytes(bytes: &[u8]) -> u64 {
    let mut hash = (bytes.len() as u64).wrapping_mul(FACTOR);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let chunk =
            u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        hash = (hash.rotate_left(23) ^ chunk).wrapping_mul(FACTOR);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(last)).wrapping_mul(FACTOR);
    }
    hash ^ (hash >> 29)
}

/// Is the path one segment, the text between two dots, further.
#[inline]
pub fn below(path: u64, segment: &[u8]) -> u64 {
    join(path, bytes(segment))
}

#[inline]
fn join(a: u64, b: u64) -> u64 {
    let hash = (a.rotate_left(17) ^ b).wrapping_mul(FACTOR);
    // Nothing lies at 0.
    (hash ^ (hash >> 32)) | 1
}

/// Is the path one key further, which may hold dots: a dotted key is as many segments.
#[inline]
pub fn key(mut path: u64, key: &[u8]) -> u64 {
    let mut rest = key;
    while let Some(dot) = rest.iter().position(|&b| b == b'.') {
        path = below(path, &rest[..dot]);
        rest = &rest[dot + 1..];
    }
    below(path, rest)
}

/// Is a dotted path.
pub fn path(path: &str) -> u64 {
    key(ROOT, path.as_bytes())
}

/// Is what the index knows a text of a slot by: `how` is one of the flags of [`slot`](crate::image::slot).
#[inline]
pub fn witness(slot: u32, how: u32, text: &[u8]) -> u64 {
    join(u64::from(slot) << 8 | u64::from(how), bytes(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dotted_and_nested_are_one_path() {
        assert_eq!(path("a.b.c"), key(key(ROOT, b"a.b"), b"c"));
        assert_eq!(path("a.b.c"), key(key(ROOT, b"a"), b"b.c"));
        assert_ne!(path("a.b"), path("ab"));
        assert_ne!(path("a"), path("a."));
    }
}
