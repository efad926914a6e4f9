//! Which pieces of four bytes a text holds: a small set that tells at once that a text holds not a part, so that a long
//! text is gone through once and not for every part that rules look for.

/// How long a piece is.
const GRAM_BYTES: usize = 4;

/// Is the hash of a part's first piece, as an image has it; 0 for a part that has none.
pub fn hash(part: &[u8]) -> u32 {
    part.first_chunk::<GRAM_BYTES>().map_or(0, |bytes| u32::from_le_bytes(*bytes).wrapping_mul(FACTOR))
}

const FACTOR: u32 = 0x9e37_79b1;

/// From how many bytes on a set is worth its making.
pub(crate) const TEXT_BYTES_MIN: usize = 16;

/// How many bits a set has for each byte of its text.
const BITS_PER_BYTE: usize = 8;

/// The most bits of a set, as a power of two.
const BITS_LOG_MAX: u32 = 18;

/// The pieces of a text, or of several.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    /// A bit for each hash.
    bits: Vec<u64>,
    /// How far a hash is shifted, so that it is the number of a bit.
    shift: u32,
}

impl Grams {
    /// Forgets all pieces, and makes room for those of so many bytes.
    pub(crate) fn clear(&mut self, bytes: usize) {
        let log = (bytes * BITS_PER_BYTE).next_power_of_two().trailing_zeros().clamp(6, BITS_LOG_MAX);
        self.shift = u32::BITS - log;
        self.bits.clear();
        self.bits.resize(1 << (log - 6), 0);
    }

    /// Takes the pieces of a text.
    pub(crate) fn add(&mut self, text: &[u8]) {
        for gram in text.windows(GRAM_BYTES) {
            let bit = hash(gram) >> self.shift;
            if let Some(word) = self.bits.get_mut(bit as usize / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    /// Takes the pieces of a text of ASCII, folded.
    pub(crate) fn add_folded(&mut self, text: &[u8]) {
        let mut gram = 0_u32;
        for (nth, byte) in text.iter().enumerate() {
            gram = gram >> 8 | u32::from(byte.to_ascii_lowercase()) << 24;
            if nth + 1 >= GRAM_BYTES {
                let bit = gram.wrapping_mul(FACTOR) >> self.shift;
                if let Some(word) = self.bits.get_mut(bit as usize / 64) {
                    *word |= 1 << (bit % 64);
                }
            }
        }
    }

    /// Says whether JSON may hold a part in some string, by what the part has of characters that are never escaped.
    pub(crate) fn may_hold_in_json(&self, part: &[u8]) -> bool {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        part.windows(GRAM_BYTES).all(|gram| !gram.iter().all(is_plain) || self.may_hold_piece(hash(gram)))
    }

    /// Says whether a text may hold the piece with this hash.
    #[inline]
    pub(crate) fn may_hold_piece(&self, hash: u32) -> bool {
        let bit = hash >> self.shift;
        self.bits.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// Says whether a text may hold a part; if not, none does.
    #[inline]
    pub(crate) fn may_hold(&self, part: &[u8]) -> bool {
        part.windows(GRAM_BYTES).all(|gram| self.may_hold_piece(hash(gram)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_text_holds_it_may_hold() {
        let mut grams = Grams::default();
        for length in [0, 3, 4, 5, 40, 700, 50_000] {
            let text: Vec<u8> = (0..length).map(|n: usize| (n * n % 251) as u8).collect();
            grams.clear(length);
            grams.add(&text);
            for start in (0..length).step_by(7) {
                for end in [start, start + 3, start + 4, start + 30] {
                    assert!(grams.may_hold(&text[start..end.min(length)]));
                }
            }
        }
    }

    #[test]
    fn what_json_holds_it_may_hold() {
        let event = br#"{"Path":"C:\\Temp\\Evil.EXE","Text":"a\"quoted\" word"}"#;
        let mut grams = Grams::default();
        grams.clear(event.len());
        grams.add_folded(event);
        for part in [&br"temp\evil.exe"[..], br"c:\temp", br#"a"quoted" w"#, b"", b"\n\n\n\n"] {
            assert!(grams.may_hold_in_json(part));
        }
        assert!(!grams.may_hold_in_json(b"mimikatz") && !grams.may_hold_in_json(br"\other.exe"));
    }

    #[test]
    fn what_it_does_not_hold_is_mostly_told() {
        let mut grams = Grams::default();
        grams.clear(100);
        grams.add(b"powershell.exe -nop -w hidden -c iex (new-object net.webclient).downloadstring");
        let parts = ["mimikatz", "rundll32", "-encodedcommand", "certutil", "bitsadmin", "sekurlsa", "regsvr32"];
        assert_eq!(parts.iter().filter(|part| grams.may_hold(part.as_bytes())).count(), 0);
        // Of another text, nothing is left.
        grams.clear(8);
        grams.add(b"certutil");
        assert!(grams.may_hold(b"certutil") && !grams.may_hold(b"powershell"));
    }
}
