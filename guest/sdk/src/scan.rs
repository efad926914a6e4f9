//! One pass over the text of a JSON object, which finds where every value lies and builds none.
//!
//! A sandbox pays for each turn of a loop, so strings, which are most of an event, are passed eight bytes at a time. What
//! the values say is left to [`event`](crate::event).
//!
//! The grammar is RFC 8259's, whole: what this reader takes, any other takes. Decided where the RFC leaves it open:
//! containers nest at most [`DEPTH_MAX`] deep; invalid UTF-8 is malformed; numbers may be of any size; a `\u` escape may
//! be half a surrogate pair; a name may stand twice in an object, and both members are kept.

/// How deep objects and arrays may nest, the event itself counted.
pub const DEPTH_MAX: usize = 127;

/// The longest event, in bytes: what a node can tell apart.
pub const TEXT_BYTES_MAX: usize = 1 << (32 - NAME_LEN_SHIFT);

/// Why a text is not one JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed {
    /// What was expected, or what is wrong.
    pub what: &'static str,
    /// The byte at which the reader stopped, from 0.
    pub at: usize,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for Malformed {}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    Array,
    /// A map.
    Object,
}

/// Where a value lies, and its name where it is the member of an object.
///
/// The nodes of a text stand in the order of their values: behind a container come its members, then theirs. A node is
/// kept to five words: writing them is a good part of the work of a scan.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    name_start: u32,
    /// From the lowest bit on: the kind, whether the name and whether the string holds an escape, the name's length.
    bits: u32,
    /// The value: a string without its quotes, all others whole.
    pub(crate) value: Span,
    /// The node behind this value and all that is in it. While a container is open, the container around it.
    pub(crate) next: u32,
}

const NAME_ESCAPED: u32 = 1 << 3;
const ESCAPED: u32 = 1 << 4;
const NAME_LEN_SHIFT: u32 = 5;

impl Node {
    pub(crate) fn kind(&self) -> Kind {
        match self.bits & 7 {
            0 => Kind::Null,
            1 => Kind::Boolean,
            2 => Kind::Number,
            3 => Kind::String,
            4 => Kind::Array,
            _ => Kind::Object,
        }
    }

    /// The member's name, without quotes. Empty for an element of an array.
    #[inline]
    pub(crate) fn name<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.name_start as usize..][..(self.bits >> NAME_LEN_SHIFT) as usize]
    }

    /// The first byte of the name as it stands there; a quote where it is empty.
    #[inline]
    pub(crate) fn name_first<'t>(&self, text: &'t [u8]) -> Option<&'t u8> {
        text.get(self.name_start as usize)
    }

    /// Whether the name holds an escape.
    pub(crate) fn name_escaped(&self) -> bool {
        self.bits & NAME_ESCAPED != 0
    }

    /// Whether the string holds an escape.
    pub(crate) fn escaped(&self) -> bool {
        self.bits & ESCAPED != 0
    }

    /// Whether its value is text as it stands there: a string without escapes, a number or a boolean.
    pub(crate) fn is_plain_text(&self) -> bool {
        !self.escaped() && matches!(self.kind(), Kind::String | Kind::Number | Kind::Boolean)
    }

    fn is_object(&self) -> bool {
        self.bits & 7 == Kind::Object as u32
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end as usize]
    }
}

/// Finds every value of `text`, which must be one JSON object, and leaves their places in `nodes`.
///
/// How far the scan has come is the text that is left, in a local variable all the way, so that it stays in registers:
/// the helpers take it and give what is left behind them. Of a name and its value, what compact JSON has at a place is
/// looked for before white space is.
pub(crate) fn scan(text: &[u8], nodes: &mut Vec<Node>) -> Result<(), Malformed> {
    nodes.clear();
    if text.len() > TEXT_BYTES_MAX {
        return Err(Malformed { what: "longer than 128 MiB", at: TEXT_BYTES_MAX });
    }
    let place = |rest: &[u8]| (text.len() - rest.len()) as u32;
    let mut all_ascii = true;
    let mut rest = token(text);
    let [b'{', members @ ..] = rest else {
        return Err(error(text, rest, "expected `{`"));
    };
    // The innermost open container, and how many are open. Each open one knows the one around it: no recursion, so no
    // depth can overflow the stack.
    let (mut container, mut depth) = (0, 1);
    let mut in_object = true;
    nodes.push(Node { name_start: 0, bits: Kind::Object as u32, value: Span { start: place(rest), end: 0 }, next: 0 });
    rest = members;
    let mut just_opened = true;
    'values: loop {
        rest = token(rest);
        if !(just_opened && rest.first() == Some(if in_object { &b'}' } else { &b']' })) {
            let (mut name_start, mut bits) = (0, 0);
            if in_object {
                let [b'"', name @ ..] = rest else {
                    return Err(error(text, rest, "expected a member's name in quotes"));
                };
                name_start = place(name);
                let (behind, escaped) = string(text, name, &mut all_ascii)?;
                bits =
                    ((name.len() - behind.len()) as u32 - 1) << NAME_LEN_SHIFT | if escaped { NAME_ESCAPED } else { 0 };
                let Some(value) = after(b':', behind) else {
                    return Err(error(text, token(behind), "expected `:`"));
                };
                rest = value;
                if rest.first() != Some(&b'"') {
                    rest = token(rest);
                }
            }
            let next = nodes.len() as u32 + 1;
            let start = place(rest);
            match *rest {
                [b'"', ref inside @ ..] => {
                    let (behind, escaped) = string(text, inside, &mut all_ascii)?;
                    bits |= Kind::String as u32 | if escaped { ESCAPED } else { 0 };
                    let value = Span { start: start + 1, end: place(behind) - 1 };
                    nodes.push(Node { name_start, bits, value, next });
                    rest = behind;
                }
                [opening @ (b'{' | b'['), ref inside @ ..] => {
                    if depth == DEPTH_MAX {
                        return Err(error(text, rest, "nested too deep"));
                    }
                    depth += 1;
                    in_object = opening == b'{';
                    bits |= if in_object { Kind::Object as u32 } else { Kind::Array as u32 };
                    let around = std::mem::replace(&mut container, next - 1);
                    nodes.push(Node { name_start, bits, value: Span { start, end: 0 }, next: around });
                    rest = inside;
                    just_opened = true;
                    continue;
                }
                _ => {
                    let kind;
                    (kind, rest) = number_or_word(text, rest)?;
                    bits |= kind as u32;
                    nodes.push(Node { name_start, bits, value: Span { start, end: place(rest) }, next });
                }
            }
        }
        just_opened = false;
        // Behind a value: a comma, or the ends of containers and then a comma.
        loop {
            rest = token(rest);
            match *rest {
                [b',', ref behind @ ..] => {
                    rest = behind;
                    continue 'values;
                }
                [end, ref behind @ ..] if end == if in_object { b'}' } else { b']' } => rest = behind,
                _ => {
                    let what = if in_object { "expected `,` or `}`" } else { "expected `,` or `]`" };
                    return Err(error(text, rest, what));
                }
            }
            depth -= 1;
            let next = nodes.len() as u32;
            let closed = &mut nodes[container as usize];
            closed.value.end = place(rest);
            container = std::mem::replace(&mut closed.next, next);
            if depth == 0 {
                break 'values;
            }
            in_object = nodes[container as usize].is_object();
        }
    }
    rest = token(rest);
    if !rest.is_empty() {
        return Err(error(text, rest, "expected the end of the text"));
    }
    if !all_ascii {
        std::str::from_utf8(text).map_err(|e| Malformed { what: "invalid UTF-8", at: e.valid_up_to() })?;
    }
    Ok(())
}

#[cold]
fn error(text: &[u8], rest: &[u8], what: &'static str) -> Malformed {
    Malformed { what: if rest.is_empty() { "unexpected end" } else { what }, at: text.len() - rest.len() }
}

/// What is left behind this byte, if it comes next, with or without white space before it.
#[inline(always)]
fn after(byte: u8, rest: &[u8]) -> Option<&[u8]> {
    match *rest {
        [first, ref behind @ ..] if first == byte => Some(behind),
        [first, ..] if first > b' ' => None,
        _ => token_behind_space(rest).strip_prefix(&[byte]),
    }
}

/// Passes white space, if there is any.
#[inline(always)]
fn token(rest: &[u8]) -> &[u8] {
    match *rest {
        [byte, ..] if byte > b' ' => rest,
        _ => token_behind_space(rest),
    }
}

/// Not inlined: compact JSON has no white space, and in a sandbox a loop costs something even where it does not turn.
#[inline(never)]
fn token_behind_space(mut rest: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', ref behind @ ..] = *rest {
        rest = behind;
    }
    rest
}

/// Passes the inside of a string and the quote that ends it, and says whether it holds an escape.
#[inline(always)]
fn string<'t>(text: &[u8], mut rest: &'t [u8], all_ascii: &mut bool) -> Result<(&'t [u8], bool), Malformed> {
    // Like `plain`, but that it stops at what is not ASCII: so it need not keep what it saw.
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        let found = special(word) | word & HIGH_BITS;
        if found != 0 {
            rest = &rest[found.trailing_zeros() as usize / 8..];
            break;
        }
        rest = behind;
    }
    if let [b'"', ref behind @ ..] = *rest {
        return Ok((behind, false));
    }
    let (behind, escaped, ascii) = other_string(text, rest)?;
    *all_ascii &= ascii;
    Ok((behind, escaped))
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

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

/// Goes on with a string at its first byte that is not plain ASCII, or among the last bytes of the text. Says whether the
/// string holds an escape, and whether all that was seen is ASCII.
#[inline(never)]
fn other_string<'t>(text: &[u8], mut rest: &'t [u8]) -> Result<(&'t [u8], bool, bool), Malformed> {
    let (mut escaped, mut seen) = (false, 0);
    loop {
        rest = plain(rest, &mut seen);
        rest = match *rest {
            [b'"', ref behind @ ..] => return Ok((behind, escaped, seen & HIGH_BITS == 0)),
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ref behind @ ..] => behind,
            [b'\\', b'u', ref digits @ ..] if hex(digits).is_some() => &digits[4..],
            [b'\\', ..] => return Err(error(text, rest, "invalid escape")),
            _ => return Err(error(text, rest, "control character in a string")),
        };
        escaped = true;
    }
}

/// Passes what of a string is neither a quote, nor a backslash, nor a control character, and adds the bits that it saw.
#[inline(always)]
fn plain<'t>(mut rest: &'t [u8], seen: &mut u64) -> &'t [u8] {
    while let Some((word, behind)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        *seen |= word;
        let found = special(word) & !word;
        if found != 0 {
            return &rest[found.trailing_zeros() as usize / 8..];
        }
        rest = behind;
    }
    while let [byte, ref behind @ ..] = *rest
        && !matches!(byte, b'"' | b'\\' | 0..b' ')
    {
        *seen |= u64::from(byte);
        rest = behind;
    }
    rest
}

/// Passes a number, `true`, `false` or `null`.
fn number_or_word<'t>(text: &[u8], rest: &'t [u8]) -> Result<(Kind, &'t [u8]), Malformed> {
    match *rest {
        [b'-' | b'0'..=b'9', ..] => Ok((Kind::Number, number(text, rest)?)),
        [b't', b'r', b'u', b'e', ref behind @ ..] => Ok((Kind::Boolean, behind)),
        [b'f', b'a', b'l', b's', b'e', ref behind @ ..] => Ok((Kind::Boolean, behind)),
        [b'n', b'u', b'l', b'l', ref behind @ ..] => Ok((Kind::Null, behind)),
        _ => Err(error(text, rest, "expected a value")),
    }
}

fn number<'t>(text: &[u8], rest: &'t [u8]) -> Result<&'t [u8], Malformed> {
    let mut rest = rest.strip_prefix(b"-").unwrap_or(rest);
    rest = match *rest {
        [b'0', ref behind @ ..] => behind,
        _ => digits(text, rest)?,
    };
    if let [b'.', ref behind @ ..] = *rest {
        rest = digits(text, behind)?;
    }
    if let [b'e' | b'E', ref behind @ ..] = *rest {
        rest = match *behind {
            [b'+' | b'-', ref behind @ ..] => behind,
            _ => behind,
        };
        rest = digits(text, rest)?;
    }
    Ok(rest)
}

fn digits<'t>(text: &[u8], rest: &'t [u8]) -> Result<&'t [u8], Malformed> {
    match rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len()) {
        0 => Err(error(text, rest, "expected a digit")),
        count => Ok(&rest[count..]),
    }
}

/// The number that the first four hex digits stand for.
fn hex(digits: &[u8]) -> Option<u32> {
    digits.get(..4)?.iter().try_fold(0, |number, &digit| Some(number * 16 + char::from(digit).to_digit(16)?))
}

/// Reads the inside of a string that [`scan`] has passed. Half a surrogate pair becomes U+FFFD.
pub(crate) fn unescape(inside: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut at = 0;
    while let Some(&byte) = inside.get(at) {
        if byte != b'\\' {
            bytes.push(byte);
            at += 1;
            continue;
        }
        let escape = inside.get(at + 1).copied().unwrap_or_default();
        at += 2;
        let plain = match escape {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut unit = hex(&inside[at..]).unwrap_or(0xFFFD);
                at += 4;
                if (0xD800..0xDC00).contains(&unit)
                    && inside.get(at..at + 2) == Some(b"\\u")
                    && let Some(low @ 0xDC00..0xE000) = hex(&inside[at + 2..])
                {
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    at += 6;
                }
                let character = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            other => other,
        };
        bytes.push(plain);
    }
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value as Json;

    use super::*;
    use crate::event::{Event, Value};

    /// The same tree, as another reader builds it.
    fn tree(value: Value<'_>) -> Json {
        match value.kind() {
            Kind::Null => Json::Null,
            Kind::Boolean | Kind::Number => serde_json::from_str(value.json()).unwrap(),
            Kind::String => value.text().unwrap().into_owned().into(),
            Kind::Array => value.children().map(tree).collect(),
            Kind::Object => value.children().map(|member| (member.name().into_owned(), tree(member))).collect(),
        }
    }

    /// Whether the text is one JSON object, as another reader sees it: one that has no limit of depth, takes numbers of
    /// any size, and does not pair surrogates.
    fn is_object(text: &[u8]) -> bool {
        let is_json = std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
        is_json && text.trim_ascii_start().starts_with(b"{")
    }

    fn agrees(text: &[u8]) {
        let shown = String::from_utf8_lossy(text);
        let read = Event::parse(text);
        assert_eq!(read.is_ok(), is_object(text), "{shown}: {read:?}");
        if let (Ok(event), Ok(expected)) = (read, serde_json::from_slice::<Json>(text)) {
            assert_eq!(tree(event.root()), expected, "{shown}");
        }
    }

    fn what(text: &[u8]) -> (&'static str, usize) {
        let error = Event::parse(text).expect_err("malformed");
        (error.what, error.at)
    }

    #[test]
    fn takes_what_the_grammar_takes() {
        for text in [
            "{}",
            " \t\r\n{ \t\r\n} \t\r\n",
            r#"{"":{"":[]}}"#,
            r#"{"a":1,"b":[],"c":{},"d":[1,[2,[3]],{"e":null}],"f":true,"g":false}"#,
            r#"{ "a" : [ 1 , 2 ] , "b" : { } }"#,
            r#"{"n":[0,-0,0.0,-0.5,1e5,1E+5,1e-5,10,1234567890,0e0,1.25e10]}"#,
            r#"{"s":"\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\ude00"}"#,
            "{\"s\":\"\u{7f}é€😀\u{2028}\"}",
        ] {
            assert!(is_object(text.as_bytes()), "{text}");
            agrees(text.as_bytes());
        }
    }

    #[test]
    fn refuses_what_the_grammar_refuses() {
        for (text, error) in [
            ("", ("unexpected end", 0)),
            (" ", ("unexpected end", 1)),
            ("[]", ("expected `{`", 0)),
            ("null", ("expected `{`", 0)),
            ("\u{feff}{}", ("expected `{`", 0)),
            ("{", ("unexpected end", 1)),
            ("{]", ("expected a member's name in quotes", 1)),
            ("{a:1}", ("expected a member's name in quotes", 1)),
            ("{,}", ("expected a member's name in quotes", 1)),
            (r#"{"a":1,}"#, ("expected a member's name in quotes", 7)),
            (r#"{"a""b"}"#, ("expected `:`", 4)),
            (r#"{"a"}"#, ("expected `:`", 4)),
            (r#"{"a":}"#, ("expected a value", 5)),
            (r#"{"a":[1,]}"#, ("expected a value", 8)),
            (r#"{"a":[,1]}"#, ("expected a value", 6)),
            (r#"{"a":tru}"#, ("expected a value", 5)),
            (r#"{"a":NaN}"#, ("expected a value", 5)),
            (r#"{"a":+1}"#, ("expected a value", 5)),
            (r#"{"a":.5}"#, ("expected a value", 5)),
            (r#"{"a":truex}"#, ("expected `,` or `}`", 9)),
            (r#"{"a":1 "b":2}"#, ("expected `,` or `}`", 7)),
            (r#"{"a":01}"#, ("expected `,` or `}`", 6)),
            (r#"{"a":[1 2]}"#, ("expected `,` or `]`", 8)),
            (r#"{"a":[1}"#, ("expected `,` or `]`", 7)),
            (r#"{"a":-}"#, ("expected a digit", 6)),
            (r#"{"a":1.}"#, ("expected a digit", 7)),
            (r#"{"a":1e}"#, ("expected a digit", 7)),
            (r#"{"a":1e+}"#, ("expected a digit", 8)),
            (r#"{"a":1"#, ("unexpected end", 6)),
            (r#"{"a":-"#, ("unexpected end", 6)),
            (r#"{"a":"b"#, ("unexpected end", 7)),
            (r#"{"a":"\x"}"#, ("invalid escape", 6)),
            (r#"{"a":"\u12G4"}"#, ("invalid escape", 6)),
            (r#"{"a":"\u123"}"#, ("invalid escape", 6)),
            (r#"{"\U0041":1}"#, ("invalid escape", 2)),
            ("{\"a\":\"\t\"}", ("control character in a string", 6)),
            ("{\"a\0\":1}", ("control character in a string", 3)),
            ("{}{}", ("expected the end of the text", 2)),
            ("{} x", ("expected the end of the text", 3)),
            ("{\"a\":1}\0", ("expected the end of the text", 7)),
            ("{\u{b}}", ("expected a member's name in quotes", 1)),
            ("{\u{a0}}", ("expected a member's name in quotes", 1)),
        ] {
            assert!(!is_object(text.as_bytes()), "{text}");
            assert_eq!(what(text.as_bytes()), error, "{text}");
        }
    }

    #[test]
    fn text_that_is_no_utf8_is_malformed_wherever_it_stands() {
        for bad in [&b"\x80"[..], b"\xC3", b"\xC0\x80", b"\xED\xA0\x80", b"\xF5\x80\x80\x80", b"\xFF"] {
            for (before, after) in [("{\"a\":\"", "\"}"), ("{\"", "\":1}"), ("{\"a\":\"12345678", "12345678\"}")] {
                let text = [before.as_bytes(), bad, after.as_bytes()].concat();
                assert_eq!(what(&text), ("invalid UTF-8", before.len()), "{bad:?}");
            }
            for (before, after) in [("", "{}"), ("{", "}"), ("{}", ""), ("{\"a\":1", "}")] {
                let text = [before.as_bytes(), bad, after.as_bytes()].concat();
                assert_eq!(what(&text).1, before.len(), "{bad:?}");
            }
        }
    }

    #[test]
    fn strings_are_read_alike_wherever_their_words_begin() {
        let marks: Vec<Vec<u8>> = (0..=0xFF_u8)
            .map(|byte| vec![byte])
            .chain(
                [
                    r"\n",
                    r#"\""#,
                    r"\\",
                    r"\\\\",
                    r"\u0041",
                    r"\uD83D\uDE00",
                    r"\uD800",
                    r"\u",
                    "é",
                    "€",
                    "😀",
                    "\"\"",
                    "\"}",
                ]
                .map(|mark| mark.as_bytes().to_vec()),
            )
            .collect();
        for mark in &marks {
            for before in 0..17 {
                for (shift, after) in [(0, 0), (3, 1), (5, 8), (1, 17)] {
                    let (before, after) = ("a".repeat(before), "z".repeat(after));
                    let spaces = " ".repeat(shift);
                    let head = format!("{spaces}{{\"{before}");
                    for (head, tail) in [
                        (&head, format!("{after}\":1}}")),
                        (&format!("{spaces}{{\"k\":\"{before}"), format!("{after}\",\"l\":2}}")),
                    ] {
                        agrees(&[head.as_bytes(), mark, tail.as_bytes()].concat());
                    }
                }
            }
        }
    }

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character() {
        for (inside, expected) in [
            (r"\ud800", "\u{fffd}"),
            (r"\udc00", "\u{fffd}"),
            (r"\ud83d\ude00", "😀"),
            (r"\uDBFF\uDFFF", "\u{10ffff}"),
            (r"\ud800\ud83d\ude00", "\u{fffd}😀"),
            (r"\ud800\u0041", "\u{fffd}A"),
            (r"\ud800A", "\u{fffd}A"),
            (r"\ud800\n", "\u{fffd}\n"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        ] {
            let text = format!(r#"{{"{inside}":"{inside}"}}"#);
            let event = Event::parse(text.as_bytes()).unwrap();
            let member = event.root().children().next().unwrap();
            assert_eq!((&*member.name(), &*member.text().unwrap()), (expected, expected), "{inside}");
        }
    }

    #[test]
    fn numbers_of_any_size_are_kept_as_they_are_written() {
        let digits = "9".repeat(10_000);
        for number in ["1e999", "-1e-999", "123456789012345678901234567890", "0.1000", &digits] {
            let text = format!(r#"{{"n":{number}}}"#);
            assert_eq!(Event::parse(text.as_bytes()).unwrap().field("n").single(), Some(number));
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_kept_twice() {
        let event = Event::parse(br#"{"a":1,"b":2,"\u0061":[3,4],"a":null}"#.as_slice()).unwrap();
        assert_eq!(event.field("a").iter().collect::<Vec<_>>(), ["1", "3", "4"]);
        assert_eq!(event.root().children().count(), 4);
    }

    #[test]
    fn nests_as_deep_as_serde_json_goes() {
        for levels in 1..200 {
            let arrays = format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
            let objects = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
            for text in [arrays, objects] {
                let text = if levels == 1 { "{}".to_owned() } else { text };
                assert_eq!(Event::parse(text.as_bytes()).is_ok(), levels <= DEPTH_MAX, "{levels}");
                assert_eq!(serde_json::from_str::<Json>(&text).is_ok(), levels <= DEPTH_MAX, "{levels}");
            }
        }
    }

    #[test]
    fn endless_nesting_is_an_error() {
        for text in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18), "{\"a\":".to_owned() + &"[".repeat(1 << 20)] {
            assert!(matches!(what(text.as_bytes()).0, "nested too deep" | "expected `{`"));
        }
        // Behind what is nested there is room again.
        let wide = format!("{{\"a\":[{}1]}}", format!("{}{},", "[".repeat(125), "]".repeat(125)).repeat(100));
        assert!(Event::parse(wide.as_bytes()).is_ok());
    }

    /// The text of a value, with white space where it may stand and any escapes.
    fn json() -> impl Strategy<Value = String> {
        let space = || "[ \t\r\n]{0,2}";
        let character = prop_oneof![
            6 => "[ !#-\\[\\]-~äß€😀\u{2028}]",
            1 => Just(r"\\".to_owned()),
            1 => Just(r#"\""#.to_owned()),
            1 => "\\\\[/bfnrt]",
            1 => any::<u16>().prop_filter("half a pair", |unit| !(0xD800..0xE000).contains(unit)).prop_map(|unit| format!("\\u{unit:04x}")),
            1 => any::<char>().prop_map(|c| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()),
        ];
        let string = vec(character, 0..20).prop_map(|characters| format!("\"{}\"", characters.concat())).boxed();
        let leaf = prop_oneof![
            string.clone(),
            "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            Just("true".to_owned()),
            Just("false".to_owned()),
            Just("null".to_owned()),
        ];
        let value = leaf.prop_recursive(5, 40, 5, move |inner| {
            let member = (space(), string.clone(), space(), inner.clone(), space())
                .prop_map(|(a, name, b, value, c)| format!("{a}{name}{b}:{c}{value}{a}"));
            let element = (space(), inner, space()).prop_map(|(a, value, b)| a + &value + &b);
            prop_oneof![
                vec(element, 0..5).prop_map(|all| format!("[{}]", all.join(","))),
                vec(member, 0..5).prop_map(|all| format!("{{{}}}", all.join(","))),
            ]
        });
        (space(), vec(value, 0..4), space()).prop_map(|(a, values, b)| {
            let members: Vec<String> =
                values.iter().enumerate().map(|(at, value)| format!("\"{at}\":{value}")).collect();
            format!("{a}{{{}}}{b}", members.join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reads_what_another_reader_reads(text in json()) {
            prop_assert!(is_object(text.as_bytes()), "{}", text);
            agrees(text.as_bytes());
        }

        #[test]
        fn refuses_what_another_reader_refuses(
            text in json(),
            changes in vec((any::<prop::sample::Index>(), 0..3, prop_oneof![any::<u8>(), prop::sample::select(b"{}[]:,\"\\u0 -.e".to_vec())]), 1..4),
        ) {
            let mut text = text.into_bytes();
            for (at, change, byte) in changes {
                let at = at.index(text.len());
                match change {
                    0 => text[at] = byte,
                    1 => text.insert(at, byte),
                    _ => drop(text.drain(at..(at + 1 + usize::from(byte) % 3).min(text.len()))),
                }
                if text.is_empty() {
                    break;
                }
            }
            agrees(&text);
        }

        #[test]
        fn reads_any_bytes(text in vec(any::<u8>(), 0..40)) {
            agrees(&text);
            agrees(&[b"{\"a\":\"", &text[..], b"\"}"].concat());
        }
    }
}
