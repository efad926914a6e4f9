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

    /// Whether the name holds an escape.
    pub(crate) fn name_escaped(&self) -> bool {
        self.bits & NAME_ESCAPED != 0
    }

    /// Whether the string holds an escape.
    pub(crate) fn escaped(&self) -> bool {
        self.bits & ESCAPED != 0
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
pub(crate) fn scan(text: &[u8], nodes: &mut Vec<Node>) -> Result<(), Malformed> {
    nodes.clear();
    if text.len() > TEXT_BYTES_MAX {
        return Err(Malformed { what: "longer than 128 MiB", at: TEXT_BYTES_MAX });
    }
    let mut reader = Reader { text, at: 0, seen: 0 };
    if reader.next_byte() != b'{' {
        return Err(reader.error("expected `{`"));
    }
    reader.members(nodes)?;
    if reader.at < text.len() {
        reader.next_byte();
        if reader.at < text.len() {
            return Err(reader.error("expected the end of the text"));
        }
    }
    if reader.seen & HIGH_BITS != 0 {
        std::str::from_utf8(text).map_err(|e| Malformed { what: "invalid UTF-8", at: e.valid_up_to() })?;
    }
    Ok(())
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x80 * ONES;

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// The bits of all the words that strings were read in: a high one says that not all is ASCII.
    seen: u64,
}

impl Reader<'_> {
    /// The byte at `at`, 0 at the end: no token begins with it.
    #[inline(always)]
    fn byte(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    /// Passes white space.
    #[inline(always)]
    fn next_byte(&mut self) -> u8 {
        let mut byte = self.byte();
        while byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
            byte = self.byte();
        }
        byte
    }

    #[cold]
    fn error(&self, what: &'static str) -> Malformed {
        Malformed { what: if self.at < self.text.len() { what } else { "unexpected end" }, at: self.at }
    }

    /// Reads the object whose `{` is at `at`.
    fn members(&mut self, nodes: &mut Vec<Node>) -> Result<(), Malformed> {
        // The innermost open container, and how many are open. Each open one knows the one around it: no recursion, so
        // no depth can overflow the stack.
        let (mut container, mut depth) = (0, 1);
        let mut in_object = true;
        let start = self.at as u32;
        nodes.push(Node { name_start: 0, bits: Kind::Object as u32, value: Span { start, end: 0 }, next: 0 });
        self.at += 1;
        let mut just_opened = true;
        loop {
            let mut byte = self.next_byte();
            let close = if in_object { b'}' } else { b']' };
            if !(just_opened && byte == close) {
                let (mut name_start, mut bits) = (0, 0);
                if in_object {
                    if byte != b'"' {
                        return Err(self.error("expected a member's name in quotes"));
                    }
                    let (name, escaped) = self.string()?;
                    name_start = name.start;
                    bits = (name.end - name.start) << NAME_LEN_SHIFT | if escaped { NAME_ESCAPED } else { 0 };
                    if self.byte() != b':' && self.next_byte() != b':' {
                        return Err(self.error("expected `:`"));
                    }
                    self.at += 1;
                    byte = self.byte();
                    if byte <= b' ' {
                        byte = self.next_byte();
                    }
                }
                let start = self.at as u32;
                let next = nodes.len() as u32 + 1;
                if byte == b'"' {
                    let (value, escaped) = self.string()?;
                    bits |= Kind::String as u32 | if escaped { ESCAPED } else { 0 };
                    nodes.push(Node { name_start, bits, value, next });
                } else if byte == b'{' || byte == b'[' {
                    if depth == DEPTH_MAX {
                        return Err(self.error("nested too deep"));
                    }
                    depth += 1;
                    self.at += 1;
                    in_object = byte == b'{';
                    bits |= if in_object { Kind::Object as u32 } else { Kind::Array as u32 };
                    let around = std::mem::replace(&mut container, next - 1);
                    nodes.push(Node { name_start, bits, value: Span { start, end: 0 }, next: around });
                    just_opened = true;
                    continue;
                } else {
                    bits |= self.number_or_word(byte)? as u32;
                    nodes.push(Node { name_start, bits, value: Span { start, end: self.at as u32 }, next });
                }
            }
            just_opened = false;
            // Behind a value: a comma, or the ends of containers and then a comma.
            loop {
                let byte = self.next_byte();
                if byte == b',' {
                    self.at += 1;
                    break;
                }
                if byte != if in_object { b'}' } else { b']' } {
                    return Err(self.error(if in_object { "expected `,` or `}`" } else { "expected `,` or `]`" }));
                }
                self.at += 1;
                depth -= 1;
                let next = nodes.len() as u32;
                let closed = &mut nodes[container as usize];
                closed.value.end = self.at as u32;
                container = std::mem::replace(&mut closed.next, next);
                if depth == 0 {
                    return Ok(());
                }
                in_object = nodes[container as usize].is_object();
            }
        }
    }

    /// Reads a number, `true`, `false` or `null`, which begins with this byte.
    fn number_or_word(&mut self, byte: u8) -> Result<Kind, Malformed> {
        let (word, kind): (&[u8], _) = match byte {
            b'-' | b'0'..=b'9' => return self.number().map(|()| Kind::Number),
            b't' => (b"true", Kind::Boolean),
            b'f' => (b"false", Kind::Boolean),
            b'n' => (b"null", Kind::Null),
            _ => return Err(self.error("expected a value")),
        };
        if !self.text[self.at..].starts_with(word) {
            return Err(self.error("expected a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    /// Reads the string whose quote is at `at`, and says whether it holds an escape.
    #[inline(always)]
    fn string(&mut self) -> Result<(Span, bool), Malformed> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            // Eight bytes at a time, up to the first quote, backslash or control character.
            while let Some(word) = self.text.get(at..at + 8) {
                let word = u64::from_le_bytes(word.try_into().unwrap_or_default());
                self.seen |= word;
                let quote = word ^ (b'"' as u64 * ONES);
                let slash = word ^ (b'\\' as u64 * ONES);
                // A byte's high bit is set where the byte is zero, or in the third term below a space; a borrow can
                // set it wrongly, but only behind a byte where it is set rightly.
                let found = ((quote.wrapping_sub(ONES) & !quote)
                    | (slash.wrapping_sub(ONES) & !slash)
                    | (word.wrapping_sub(b' ' as u64 * ONES) & !word))
                    & HIGH_BITS;
                if found != 0 {
                    at += found.trailing_zeros() as usize / 8;
                    break;
                }
                at += 8;
            }
            let Some(&byte) = self.text.get(at) else {
                self.at = at;
                return Err(self.error("unexpected end"));
            };
            match byte {
                b'"' => {
                    self.at = at + 1;
                    return Ok((Span { start: start as u32, end: at as u32 }, escaped));
                }
                b'\\' => {
                    escaped = true;
                    self.at = at;
                    at = match self.text.get(at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 2,
                        Some(b'u') if hex(self.text, at + 2).is_some() => at + 6,
                        _ => return Err(self.error("invalid escape")),
                    };
                }
                0..b' ' => {
                    self.at = at;
                    return Err(self.error("control character in a string"));
                }
                _ => {
                    self.seen |= u64::from(byte);
                    at += 1;
                }
            }
        }
    }

    fn number(&mut self) -> Result<(), Malformed> {
        if self.byte() == b'-' {
            self.at += 1;
        }
        if self.byte() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == start { Err(self.error("expected a digit")) } else { Ok(()) }
    }
}

/// The number that four hex digits at `at` stand for.
fn hex(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |number, &digit| Some(number * 16 + char::from(digit).to_digit(16)?))
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
                let mut unit = hex(inside, at).unwrap_or(0xFFFD);
                at += 4;
                if (0xD800..0xDC00).contains(&unit)
                    && inside.get(at..at + 2) == Some(b"\\u")
                    && let Some(low @ 0xDC00..0xE000) = hex(inside, at + 2)
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
