//! The texts of JSON: where a string's next escape is, what escapes stand for, how long a number is.

/// Counts the bytes up to a quote, a backslash or a control character, eight at a time.
#[inline]
pub(crate) fn plain(text: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    for chunk in text.chunks_exact(8) {
        let word = u64::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3], chunk[4], chunk[5], chunk[6], chunk[7]]);
        let zero = |x: u64| x.wrapping_sub(ONES) & !x;
        let found =
            (zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c)) | (word.wrapping_sub(ONES * 0x20) & !word))
                & HIGHS;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < text.len() && text[at] != b'"' && text[at] != b'\\' && text[at] >= 0x20 {
        at += 1;
    }
    at
}

/// Is the length of the number that the text starts with, if JSON has it.
pub fn number(text: &[u8]) -> Option<usize> {
    let digits = |at: usize| text[at.min(text.len())..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole == 0 || (whole > 1 && text[at] == b'0') {
        return None;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let part = digits(at + 1);
        if part == 0 {
            return None;
        }
        at += 1 + part;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let part = digits(at + 1 + sign);
        if part == 0 {
            return None;
        }
        at += 1 + sign + part;
    }
    Some(at)
}

/// Says whether an event's text has every character of ASCII as it is: no escape stands for one that needs none, and all
/// characters are ASCII.
pub(crate) fn is_verbatim(event: &[u8]) -> bool {
    let mut at = 0;
    while let Some(length) = crate::text::byte(event.get(at..).unwrap_or_default(), b'\\') {
        at += length + 2;
        if matches!(event.get(at - 1), Some(b'u' | b'/')) {
            return false;
        }
    }
    event.is_ascii()
}

/// Writes what a string's text stands for. A lone surrogate becomes U+FFFD.
pub fn unescape(text: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(length) = crate::text::byte(&text[at..], b'\\') {
        out.extend_from_slice(&text[at..at + length]);
        at += length;
        let Some(&c) = text.get(at + 1) else { break };
        at += 2;
        let plain = match c {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = hex(text, at);
                at = (at + 4).min(text.len());
                if (0xd800..0xdc00).contains(&unit) && text[at..].starts_with(b"\\u") {
                    let low = hex(text, at + 2);
                    if (0xdc00..0xe000).contains(&low) {
                        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                        at = (at + 6).min(text.len());
                    }
                }
                let c = char::from_u32(unit).unwrap_or('\u{fffd}');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            c => c,
        };
        out.push(plain);
    }
    out.extend_from_slice(&text[at.min(text.len())..]);
}

fn hex(text: &[u8], at: usize) -> u32 {
    text.get(at..at + 4)
        .and_then(|hex| std::str::from_utf8(hex).ok())
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .unwrap_or(0xfffd)
}
