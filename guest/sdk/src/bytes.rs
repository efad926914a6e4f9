//! Comparing short texts: in a sandbox, a call into the library for it costs more than the texts are long.

/// Whether both are the same bytes.
#[inline]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    // Words that may overlap: the first and the last of what is too short for one more.
    let (left_words, right_words) = (left.as_chunks::<8>().0, right.as_chunks::<8>().0);
    if let (Some(left), Some(right)) = (left.last_chunk::<8>(), right.last_chunk::<8>()) {
        return number(left) == number(right)
            && left_words.iter().zip(right_words).all(|(left, right)| number(left) == number(right));
    }
    if let (Some(left_end), Some(right_end)) = (left.last_chunk(), right.last_chunk()) {
        return letters(left) == letters(right) && u32::from_le_bytes(*left_end) == u32::from_le_bytes(*right_end);
    }
    left.iter().zip(right).all(|(left, right)| left == right)
}

fn number(bytes: &[u8; 8]) -> u64 {
    u64::from_le_bytes(*bytes)
}

/// The first four bytes as a number, the first one lowest. Zero where there are fewer.
#[inline(always)]
pub(crate) fn letters(text: &[u8]) -> u32 {
    text.first_chunk().map_or(0, |letters| u32::from_le_bytes(*letters))
}

/// The highest bit of each of four bytes that is this one. Of those behind the first it may be set wrongly.
#[inline(always)]
pub(crate) fn places_of(byte: u8, letters: u32) -> u32 {
    let others = letters ^ u32::from_le_bytes([byte; 4]);
    others.wrapping_sub(0x0101_0101) & !others & 0x8080_8080
}

/// The highest bit of each of eight bytes that is this one.
#[inline(always)]
pub(crate) fn places_in_word(byte: u8, word: u64) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7F; 8]);
    let others = word ^ u64::from_le_bytes([byte; 8]);
    !(((others & LOW) + LOW) | others | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_the_same_of_every_length() {
        let text: Vec<u8> = (0..40).collect();
        for len in 0..=text.len() {
            assert!(same(&text[..len], &text.clone()[..len]));
            for other in 0..len {
                let mut changed = text[..len].to_vec();
                changed[other] ^= 0x80;
                assert!(!same(&text[..len], &changed), "{len} {other}");
                assert!(!same(&text[..len], &text[..other]));
            }
        }
    }

    #[test]
    fn the_first_place_of_a_byte_is_known() {
        for text in [*b"abcd", *b"a.cd", *b"..cd", *b"abc.", *b".///", *b"\xAE.-/"] {
            let place = text.iter().position(|byte| *byte == b'.').unwrap_or(4) as u32;
            assert_eq!(places_of(b'.', letters(&text)).trailing_zeros() / 8, place, "{text:?}");
        }
    }

    #[test]
    fn every_place_of_a_byte_in_a_word_is_known() {
        for text in [*b"abcdefgh", *b"........", *b"a..b/./.", *b".\0\xFF\x80\xAE-/."] {
            let expected = text.map(|byte| if byte == b'.' { 0x80 } else { 0 });
            assert_eq!(places_in_word(b'.', u64::from_le_bytes(text)).to_le_bytes(), expected, "{text:?}");
        }
    }
}
