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
/// The nodes of a text stand in the order of their values: behind a container come its members, then theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// The member's name, without quotes. Empty for an element of an array.
    pub(crate) name: Span,
    /// The value: a string without its quotes, all others whole.
    pub(crate) value: Span,
    /// The node behind this value and all that is in it.
    pub(crate) next: u32,
    pub(crate) kind: Kind,
    /// Whether the name holds an escape.
    pub(crate) name_escaped: bool,
    /// Whether the string holds an escape.
    pub(crate) escaped: bool,
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
    if u32::try_from(text.len()).is_err() {
        return Err(Malformed { what: "longer than 4 GiB", at: 0 });
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
        // The containers that are open, outermost first: no recursion, so no depth can overflow the stack.
        let mut open = [0_u32; DEPTH_MAX];
        let mut depth = 1;
        let mut in_object = true;
        nodes.push(Node {
            name: Span::default(),
            value: Span { start: self.at as u32, end: 0 },
            next: 0,
            kind: Kind::Object,
            name_escaped: false,
            escaped: false,
        });
        self.at += 1;
        let mut just_opened = true;
        loop {
            let mut byte = self.next_byte();
            let close = if in_object { b'}' } else { b']' };
            if !(just_opened && byte == close) {
                let (mut name, mut name_escaped) = (Span::default(), false);
                if in_object {
                    if byte != b'"' {
                        return Err(self.error("expected a member's name in quotes"));
                    }
                    (name, name_escaped) = self.string()?;
                    if self.next_byte() != b':' {
                        return Err(self.error("expected `:`"));
                    }
                    self.at += 1;
                    byte = self.next_byte();
                }
                let start = self.at as u32;
                let (kind, value, escaped) = match byte {
                    b'"' => {
                        let (value, escaped) = self.string()?;
                        (Kind::String, value, escaped)
                    }
                    b'{' | b'[' => {
                        if depth == DEPTH_MAX {
                            return Err(self.error("nested too deep"));
                        }
                        self.at += 1;
                        in_object = byte == b'{';
                        let kind = if in_object { Kind::Object } else { Kind::Array };
                        open[depth] = nodes.len() as u32;
                        depth += 1;
                        let value = Span { start, end: 0 };
                        nodes.push(Node { name, value, next: 0, kind, name_escaped, escaped: false });
                        just_opened = true;
                        continue;
                    }
                    b'-' | b'0'..=b'9' => {
                        self.number()?;
                        (Kind::Number, Span { start, end: self.at as u32 }, false)
                    }
                    _ => {
                        let (word, kind): (&[u8], _) = match byte {
                            b't' => (b"true", Kind::Boolean),
                            b'f' => (b"false", Kind::Boolean),
                            b'n' => (b"null", Kind::Null),
                            _ => return Err(self.error("expected a value")),
                        };
                        if !self.text[self.at..].starts_with(word) {
                            return Err(self.error("expected a value"));
                        }
                        self.at += word.len();
                        (kind, Span { start, end: self.at as u32 }, false)
                    }
                };
                let next = nodes.len() as u32 + 1;
                nodes.push(Node { name, value, next, kind, name_escaped, escaped });
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
                let closed = &mut nodes[open[depth] as usize];
                closed.value.end = self.at as u32;
                closed.next = next;
                if depth == 0 {
                    return Ok(());
                }
                in_object = nodes[open[depth - 1] as usize].kind == Kind::Object;
            }
        }
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
