//! The second stage: goes through the text from token to token, and holds it to the grammar.
//!
//! Strings are most of an event, and they are jumped over: where each ends is asked of [`Strings`]. All other bytes are
//! looked at, one by one. What is kept of the text is a [`Node`] for each member of an object, and nothing for the
//! elements of an array.

use super::{DEPTH_MAX, Malformed, Node};
use crate::bytes::letters;

/// Says where strings end, one after the other.
pub(super) trait Strings {
    /// Finds the quote that ends the string whose inside begins here, and holds that inside to the grammar.
    fn end(&mut self, text: &[u8], inside: usize) -> Result<usize, Malformed>;

    /// Is asked at the end, when all else is well. Says whether there may be an escape in the text.
    fn finish(&self, text: &[u8]) -> Result<bool, Malformed>;
}

/// The least that a member takes in the text: `"":0` and a comma.
const MEMBER_BYTES_MIN: usize = 5;

/// An open container: twice the number of the member that it is, or of none, and one more if it is an object.
type Open = u32;

const NO_MEMBER: Open = u32::MAX << 1;

/// The open containers around the innermost: no recursion, so no depth can overflow the stack.
pub(super) type Around = [Open; DEPTH_MAX];

/// Reads `text`, which must be one JSON object, and leaves its nodes in `nodes`, and behind them anything. Says whether
/// there may be an escape in the text.
///
/// What compact JSON has at a place is looked for first, several bytes at once, then what else may be there.
#[inline(always)]
pub(super) fn read(
    text: &[u8],
    nodes: &mut Vec<Node>,
    around: &mut Around,
    mut strings: impl Strings,
) -> Result<bool, Malformed> {
    // Exactly as many as there can be: no growth by doubling, which would hold thrice the memory for a moment.
    let nodes_max = text.len() / MEMBER_BYTES_MIN + 2;
    if nodes.len() < nodes_max {
        nodes.reserve_exact(nodes_max - nodes.len());
        nodes.resize(nodes_max, Node::default());
    }
    let nodes = nodes.as_mut_slice();
    let mut at = token(text, 0);
    if text.get(at) != Some(&b'{') {
        return Err(error(text, at, "expected `{`"));
    }
    nodes[0] = Node { name: at as u32, letters: 0, next: 1 };
    at = token(text, at + 1);
    if text.get(at) == Some(&b'}') {
        return end(text, at + 1, &strings);
    }
    let (mut count, mut open, mut depth): (_, Open, _) = (1, 1, 1);
    'next: loop {
        // A member begins here, or an element: that or white space.
        'value: {
            let mut member = NO_MEMBER;
            if open & 1 != 0 {
                if text.get(at) != Some(&b'"') {
                    at = token(text, at);
                    if text.get(at) != Some(&b'"') {
                        return Err(error(text, at, "expected a member's name in quotes"));
                    }
                }
                loop {
                    let Some(node) = nodes.get_mut(count) else {
                        return Err(error(text, at, "more members than there is room for"));
                    };
                    member = (count as u32) << 1;
                    count += 1;
                    let name = text.get(at + 1..).unwrap_or_default();
                    *node = Node { name: at as u32 + 1, letters: letters(name), next: count as u32 };
                    at = strings.end(text, at + 1)? + 1;
                    if pair(text, at) != Some([b':', b'"']) {
                        break;
                    }
                    at = strings.end(text, at + 2)? + 1;
                    if pair(text, at) != Some([b',', b'"']) {
                        break 'value;
                    }
                    at += 1;
                }
                if text.get(at) != Some(&b':') {
                    at = token(text, at);
                    if text.get(at) != Some(&b':') {
                        return Err(error(text, at, "expected `:`"));
                    }
                }
                at += 1;
            }
            at = token(text, at);
            let opening = match text.get(at) {
                Some(b'"') => loop {
                    at = strings.end(text, at + 1)? + 1;
                    // The elements of a list are mostly alike.
                    if open & 1 != 0 || pair(text, at) != Some([b',', b'"']) {
                        break 'value;
                    }
                    at += 1;
                },
                Some(opening @ (b'{' | b'[')) => *opening,
                _ => {
                    at = number_or_word(text, at)?;
                    break 'value;
                }
            };
            let Some(outer) = around.get_mut(depth) else {
                return Err(error(text, at, "nested too deep"));
            };
            at = token(text, at + 1);
            // The end of an object comes two behind its beginning in ASCII, and so does that of an array.
            if text.get(at) == Some(&(opening + 2)) {
                at += 1;
                break 'value;
            }
            *outer = open;
            depth += 1;
            open = member | u32::from(opening == b'{');
            continue 'next;
        }
        // Behind a value: a comma, or the ends of containers and then a comma.
        loop {
            let end = if open & 1 != 0 { b'}' } else { b']' };
            let mut byte = text.get(at);
            if byte.is_none_or(|byte| *byte <= b' ') {
                at = token(text, at);
                byte = text.get(at);
            }
            if byte == Some(&b',') {
                at += 1;
                continue 'next;
            }
            if byte != Some(&end) {
                let what = if open & 1 != 0 { "expected `,` or `}`" } else { "expected `,` or `]`" };
                return Err(error(text, at, what));
            }
            at += 1;
            if let Some(member) = nodes.get_mut((open >> 1) as usize) {
                member.next = count as u32;
            }
            depth -= 1;
            if depth == 0 {
                break 'next;
            }
            open = around[depth];
        }
    }
    end(text, at, &strings)
}

/// Holds what is behind the object to be nothing but white space.
#[inline(always)]
fn end(text: &[u8], at: usize, strings: &impl Strings) -> Result<bool, Malformed> {
    let at = token(text, at);
    if at == text.len() { strings.finish(text) } else { Err(error(text, at, "expected the end of the text")) }
}

/// The two bytes that come next.
#[inline(always)]
fn pair(text: &[u8], at: usize) -> Option<[u8; 2]> {
    text.get(at..)?.first_chunk().copied()
}

#[cold]
pub(super) fn error(text: &[u8], at: usize, what: &'static str) -> Malformed {
    Malformed { what: if at == text.len() { "unexpected end" } else { what }, at }
}

/// Passes white space, if there is any.
#[inline(always)]
pub(crate) fn token(text: &[u8], at: usize) -> usize {
    match text.get(at) {
        Some(byte) if *byte > b' ' => at,
        _ => token_behind_space(text, at),
    }
}

/// Not inlined: compact JSON has no white space, and in a sandbox a loop costs something even where it does not turn.
#[inline(never)]
fn token_behind_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// Passes a number, `true`, `false` or `null`.
#[inline(always)]
fn number_or_word(text: &[u8], at: usize) -> Result<usize, Malformed> {
    if let Some(b'-' | b'0'..=b'9') = text.get(at) {
        return number(text, at);
    }
    match &letters(text.get(at..).unwrap_or_default()).to_le_bytes() {
        b"true" | b"null" => Ok(at + 4),
        b"fals" if text.get(at + 4) == Some(&b'e') => Ok(at + 5),
        _ => Err(error(text, at, "expected a value")),
    }
}

#[inline(always)]
fn number(text: &[u8], mut at: usize) -> Result<usize, Malformed> {
    at += usize::from(text.get(at) == Some(&b'-'));
    at = if text.get(at) == Some(&b'0') { at + 1 } else { digits(text, at)? };
    if let Some(b'.' | b'e' | b'E') = text.get(at) { fraction(text, at) } else { Ok(at) }
}

/// Passes what is behind the digits of an integer.
#[inline(never)]
fn fraction(text: &[u8], mut at: usize) -> Result<usize, Malformed> {
    if text.get(at) == Some(&b'.') {
        at = digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at = digits(text, at + usize::from(matches!(text.get(at), Some(b'+' | b'-'))))?;
    }
    Ok(at)
}

#[inline(always)]
fn digits(text: &[u8], from: usize) -> Result<usize, Malformed> {
    let mut at = from;
    while let Some(b'0'..=b'9') = text.get(at) {
        at += 1;
    }
    if at == from { Err(error(text, at, "expected a digit")) } else { Ok(at) }
}
