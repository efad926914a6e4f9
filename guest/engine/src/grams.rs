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

/// The pieces of a text.
#[derive(Debug, Default)]
pub(crate) struct Grams {
    /// A bit for each hash.
    bits: Vec<u64>,
    /// How far a hash is shifted, so that it is the number of a bit.
    shift: u32,
}

impl Grams {
    /// Takes the pieces of another text.
    pub(crate) fn fill(&mut self, text: &[u8]) {
        let log = (text.len() * BITS_PER_BYTE).next_power_of_two().trailing_zeros().clamp(6, BITS_LOG_MAX);
        self.shift = u32::BITS - log;
        self.bits.clear();
        self.bits.resize(1 << (log - 6), 0);
        for gram in text.windows(GRAM_BYTES) {
            let bit = hash(gram) >> self.shift;
            if let Some(word) = self.bits.get_mut(bit as usize / 64) {
                *word |= 1 << (bit % 64);
            }
        }
    }

    /// Says whether the text may hold the piece with this hash.
    #[inline]
    pub(crate) fn may_hold_piece(&self, hash: u32) -> bool {
        let bit = hash >> self.shift;
        self.bits.get(bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// Says whether the text may hold a part; if not, it does not.
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
            grams.fill(&text);
            for start in (0..length).step_by(7) {
                for end in [start, start + 3, start + 4, start + 30] {
                    assert!(grams.may_hold(&text[start..end.min(length)]));
                }
            }
        }
    }

    #[test]
    fn what_it_does_not_hold_is_mostly_told() {
        let mut grams = Grams::default();
        grams.fill(b"powershell.exe -nop -w hidden -c iex (new-object net.webclient).downloadstring");
        let parts = ["mimikatz", "rundll32", "-encodedcommand", "certutil", "bitsadmin", "sekurlsa", "regsvr32"];
        assert_eq!(parts.iter().filter(|part| grams.may_hold(part.as_bytes())).count(), 0);
        // Of another text, nothing is left.
        grams.fill(b"certutil");
        assert!(grams.may_hold(b"certutil") && !grams.may_hold(b"powershell"));
    }
}
