//! Texts as bytes: their code points, the search in them, and patterns with wildcards.

use crate::image::{Corrupt, Image, piece};

/// Reads the code point at a place of a text, and its length. What is no UTF-8 is U+FFFD, a byte at a time.
#[inline]
pub fn decode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let &first = text.get(at)?;
    if first < 0x80 {
        return Some((first as char, 1));
    }
    let length = match first {
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        _ => return Some(('\u{fffd}', 1)),
    };
    let c = text.get(at..at + length).and_then(|bytes| std::str::from_utf8(bytes).ok()).and_then(|c| c.chars().next());
    Some(c.map_or(('\u{fffd}', 1), |c| (c, length)))
}

/// Finds a text in another.
#[inline]
pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    let Some((&first, rest)) = part.split_first() else { return Some(0) };
    let last = text.len().checked_sub(part.len())?;
    let mut at = 0;
    while at <= last {
        at += byte(&text[at..=last], first)?;
        if text[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Finds a byte, eight at a time.
#[inline]
pub(crate) fn byte(text: &[u8], wanted: u8) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let pattern = ONES * u64::from(wanted);
    let mut at = 0;
    for chunk in text.chunks_exact(8) {
        let word = u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]])
            ^ pattern;
        let found = word.wrapping_sub(ONES) & !word & (ONES * 0x80);
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    text[at..].iter().position(|&b| b == wanted).map(|nth| at + nth)
}

/// Says whether a whole text fits the pattern at a place in the pool of words.
pub(crate) fn fits(image: &Image<'_>, (at, count): (u32, u32), text: &[u8]) -> Result<bool, Corrupt> {
    let pieces = image.list::<3>(at, count)?;
    // Between two stars the first place that fits is as good as any, so one place to go back to is enough.
    let (mut nth, mut here) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    loop {
        let fits = match pieces.get(nth) {
            None if here == text.len() => return Ok(true),
            None => false,
            Some([piece::MANY, ..]) => {
                nth += 1;
                // After the last star, only the rest of the pattern's own length is left to try.
                if let Some([piece::TEXT, at, length]) = pieces.get(nth) {
                    let part = image.text(at, length)?;
                    if nth + 1 == pieces.len() {
                        return Ok(text[here..].ends_with(part));
                    }
                    match find(&text[here..], part) {
                        Some(found) => here += found,
                        None => return Ok(false),
                    }
                } else if nth == pieces.len() {
                    return Ok(true);
                }
                back = Some((nth, here));
                true
            }
            Some([piece::ONE, ..]) => match decode(text, here) {
                Some((_, length)) => {
                    here += length;
                    nth += 1;
                    true
                }
                None => false,
            },
            Some([piece::TEXT, at, length]) => {
                let part = image.text(at, length)?;
                let there = text[here..].starts_with(part);
                if there {
                    here += part.len();
                    nth += 1;
                }
                there
            }
            Some(_) => return Err(Corrupt("a pattern")),
        };
        if fits {
            continue;
        }
        let Some((star, from)) = back else { return Ok(false) };
        let Some((_, length)) = decode(text, from) else { return Ok(false) };
        let mut from = from + length;
        if let Some([piece::TEXT, at, length]) = pieces.get(star) {
            match find(&text[from..], image.text(at, length)?) {
                Some(found) => from += found,
                None => return Ok(false),
            }
        }
        (nth, here) = (star, from);
        back = Some((star, from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_texts_of_all_lengths() {
        let text = b"abcabcabdxyzxyz";
        assert_eq!(find(text, b"abd"), Some(6));
        assert_eq!(find(text, b""), Some(0));
        assert_eq!(find(text, b"z"), Some(11));
        assert_eq!(find(text, b"xyzxyz"), Some(9));
        assert_eq!(find(text, b"xyzxyza"), None);
        assert_eq!(find(b"", b"a"), None);
    }

    #[test]
    fn decodes_what_is_no_text() {
        assert_eq!(decode(b"\xffa", 0), Some(('\u{fffd}', 1)));
        assert_eq!(decode("é".as_bytes(), 0), Some(('é', 2)));
        assert_eq!(decode(b"\xc3", 0), Some(('\u{fffd}', 1)));
    }
}
