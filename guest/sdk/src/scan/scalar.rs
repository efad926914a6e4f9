//! Finds the end of each string where it is asked for, eight bytes at a time.
//!
//! It stands in for the first stage where there are no vectors, and tells what is wrong, and where, with a text that the
//! first stage refuses.

use super::Malformed;
use super::escape::{self, hex};
use super::grammar::{Strings, error};

/// What was seen of the strings of a text.
#[derive(Default)]
pub(super) struct Scalar {
    beyond_ascii: bool,
    escapes: bool,
}

impl Strings for Scalar {
    #[inline(always)]
    fn end(&mut self, text: &[u8], inside: usize) -> Result<usize, Malformed> {
        let mut at = inside;
        // Like `plain`, but that it stops at what is not ASCII: so it need not keep what it saw.
        while let Some(word) = word(text, at) {
            let found = special(word) | word & HIGH_BITS;
            if found != 0 {
                at += found.trailing_zeros() as usize / 8;
                break;
            }
            at += 8;
        }
        if text.get(at) == Some(&b'"') { Ok(at) } else { self.other_end(text, at) }
    }

    fn finish(&self, text: &[u8]) -> Result<bool, Malformed> {
        if self.beyond_ascii {
            std::str::from_utf8(text).map_err(|e| Malformed { what: "invalid UTF-8", at: e.valid_up_to() })?;
        }
        Ok(self.escapes)
    }
}

impl Scalar {
    /// Goes on with a string at its first byte that is not plain ASCII, or among the last bytes of the text.
    #[inline(never)]
    fn other_end(&mut self, text: &[u8], mut at: usize) -> Result<usize, Malformed> {
        let mut seen = 0;
        loop {
            at = plain(text, at, &mut seen);
            at = match text.get(at..).unwrap_or_default() {
                [b'"', ..] => {
                    self.beyond_ascii |= seen & HIGH_BITS != 0;
                    return Ok(at);
                }
                [b'\\', escape, digits @ ..]
                    if escape::is_known(*escape) && (*escape != b'u' || hex(digits).is_some()) =>
                {
                    self.escapes = true;
                    at + if *escape == b'u' { 6 } else { 2 }
                }
                [b'\\', ..] => return Err(error(text, at, "invalid escape")),
                _ => return Err(error(text, at, "control character in a string")),
            };
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

#[inline(always)]
fn word(text: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*text.get(at..)?.first_chunk()?))
}

/// Sets the high bit of each byte that is a quote, a backslash or a control character. Of those that are not ASCII, and
/// of those behind the first such byte, the bit may be set wrongly.
#[inline(always)]
fn special(word: u64) -> u64 {
    // With its second bit turned, a quote comes just above the control characters and all else further up. A byte's
    // high bit is set here where the byte is below what is taken from it, and may be by a borrow.
    let quote = (word ^ (0x02 * ONES)).wrapping_sub(0x21 * ONES);
    let slash = (word ^ (b'\\' as u64 * ONES)).wrapping_sub(ONES);
    (quote | slash) & HIGH_BITS
}

/// Passes what of a string is neither a quote, nor a backslash, nor a control character, and adds the bits that it saw.
#[inline(always)]
pub(super) fn plain(text: &[u8], mut at: usize, seen: &mut u64) -> usize {
    while let Some(word) = word(text, at) {
        *seen |= word;
        let found = special(word) & !word;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while let Some(byte) = text.get(at)
        && !matches!(byte, b'"' | b'\\' | 0..b' ')
    {
        *seen |= u64::from(*byte);
        at += 1;
    }
    at
}
