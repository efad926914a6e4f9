//! Walks over the text of values that a scan took: what a rule asks for and the scan did not write down.

use super::Kind;
pub(crate) use super::grammar::token;
use super::scalar::plain;

/// What the value is that begins here.
pub(crate) fn kind(text: &[u8], start: usize) -> Kind {
    match text.get(start) {
        Some(b'"') => Kind::String,
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::Array,
        Some(b't' | b'f') => Kind::Boolean,
        Some(b'n') => Kind::Null,
        _ => Kind::Number,
    }
}

/// Where the string ends whose inside begins here, its quote not counted, and whether it holds an escape.
pub(crate) fn string(text: &[u8], inside: usize) -> (usize, bool) {
    let (mut at, mut escaped) = (inside, false);
    loop {
        at = plain(text, at, &mut 0);
        if text.get(at) != Some(&b'\\') {
            return (at, escaped);
        }
        escaped = true;
        at += 2;
    }
}

/// Where the value of the member begins whose name ends here.
pub(crate) fn value(text: &[u8], name_end: usize) -> usize {
    let colon = token(text, name_end + 1);
    token(text, colon + 1)
}

/// Where the number ends that begins here, or the word.
pub(crate) fn number_or_word(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
    start + rest.iter().position(is_end).unwrap_or(rest.len())
}

/// Where the value ends that begins here, and how many members lie in it.
pub(crate) fn end(text: &[u8], start: usize) -> (usize, u32) {
    let (mut at, mut depth, mut members) = (start, 0, 0);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = string(text, at + 1).0,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b':' => members += 1,
            _ if depth == 0 => return (number_or_word(text, at), members),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    (at, members)
}
