//! UTF-16, as Windows writes it, read as UTF-8.

use std::io::{self, Read};

/// How much is read at once.
const BUFFER_BYTES: usize = 32 << 10;

/// Reads UTF-16 as UTF-8. What is no UTF-16, half a surrogate pair or half a unit, becomes U+FFFD.
pub(crate) struct Utf16<R> {
    inner: R,
    big: bool,
    /// Read, and not decoded: the beginning of a character.
    raw: Vec<u8>,
    decoded: Vec<u8>,
    /// So much of it was handed out.
    given: usize,
}

impl<R: Read> Utf16<R> {
    pub(crate) fn new(inner: R, big: bool) -> Self {
        Self { inner, big, raw: Vec::new(), decoded: Vec::new(), given: 0 }
    }

    /// Decodes what was read, but for half a character at its end, unless it is the end of all.
    fn decode(&mut self, at_end: bool) {
        (self.given, self.decoded) = (0, Vec::with_capacity(self.raw.len() * 3 / 2));
        let (pairs, rest) = self.raw.as_chunks::<2>();
        let unit = |pair: &[u8; 2]| if self.big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) };
        let is_high = |pair: &[u8; 2]| (0xD800..0xDC00).contains(&unit(pair));
        let whole = pairs.len() - usize::from(!at_end && pairs.last().is_some_and(is_high));
        let mut utf8 = [0; 4];
        for character in char::decode_utf16(pairs[..whole].iter().map(unit)) {
            let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
            self.decoded.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
        if at_end && !rest.is_empty() {
            self.decoded.extend_from_slice(char::REPLACEMENT_CHARACTER.encode_utf8(&mut utf8).as_bytes());
            self.raw.clear();
            return;
        }
        self.raw.drain(..2 * whole);
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.decoded.len() {
            let before = self.raw.len();
            self.raw.resize(before + BUFFER_BYTES, 0);
            let read = self.inner.read(&mut self.raw[before..]);
            self.raw.truncate(before + read.as_ref().map_or(0, |read| *read));
            let at_end = read? == 0;
            self.decode(at_end);
            if at_end && self.decoded.is_empty() {
                return Ok(0);
            }
        }
        let rest = &self.decoded[self.given..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.given += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives a byte a call.
    struct Dribble<'b>(&'b [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

            #[test]
            fn reads_what_the_standard_library_reads(units in prop::collection::vec(any::<u16>(), 0..50), big in any::<bool>(), odd in any::<bool>()) {
                let mut bytes: Vec<u8> =
                    units.iter().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
                let mut expected = String::from_utf16_lossy(&units);
                if odd {
                    bytes.push(7);
                    expected.push('\u{FFFD}');
                }
                let mut whole = Vec::new();
                Utf16::new(&bytes[..], big).read_to_end(&mut whole).unwrap();
                prop_assert_eq!(&String::from_utf8(whole).unwrap(), &expected);
                let mut dribbled = Vec::new();
                Utf16::new(Dribble(&bytes), big).read_to_end(&mut dribbled).unwrap();
                prop_assert_eq!(String::from_utf8(dribbled).unwrap(), expected);
            }
        }
}
