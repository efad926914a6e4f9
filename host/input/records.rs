//! Finding the records in a line that wraps them: `{"Records":[{…},{…}]}`.
//!
//! Nothing here needs the whole line: it may be hundreds of megabytes long. The JSON is not checked, only followed:
//! strings, and how deep brackets nest. Whoever judges a record checks it.

use memchr::memchr2;

/// Which array of a line holds the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrap {
    /// The names on the way to the array. `None`: no line is unwrapped.
    path: Option<Vec<String>>,
    /// Whether only the first member of each object is looked at, so that a line is told by its first bytes.
    first_only: bool,
}

/// A text that is no JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPointer;

impl Default for Unwrap {
    /// The array `Records`, where it is the first member: a CloudTrail delivery file.
    fn default() -> Self {
        Self { path: Some(vec!["Records".into()]), first_only: true }
    }
}

/// What the beginning of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A line as any other.
    Plain,
    /// A wrapper: its first record is searched from here on.
    Inside(usize),
    /// Not to be told from so few bytes.
    More,
}

impl Unwrap {
    /// No line is unwrapped.
    pub fn none() -> Self {
        Self { path: None, first_only: false }
    }

    /// The array at a JSON pointer (RFC 6901): `/Records`, `/a/b`, or empty for a line that is an array itself.
    pub fn at(pointer: &str) -> Result<Self, NoPointer> {
        let mut names = pointer.split('/');
        if names.next() != Some("") {
            return Err(NoPointer);
        }
        let path = names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        Ok(Self { path: Some(path), first_only: false })
    }

    /// Looks at the beginning of a line.
    #[inline]
    pub(crate) fn look(&self, line: &[u8]) -> Look {
        let Some(path) = &self.path else { return Look::Plain };
        // Nearly every line is told by its first bytes.
        if self.first_only && !matches!(line, [] | [b'{'] | [b'{', b' ' | b'"' | b'\t', ..] | [b' ' | b'\t', ..]) {
            return Look::Plain;
        }
        if self.first_only && line.len() > 2 && line[1] == b'"' && line[2] != b'R' {
            return Look::Plain;
        }
        let mut reader = Reader { line, at: 0 };
        match reader.find(path, self.first_only) {
            Ok(true) => Look::Inside(reader.at),
            Ok(false) => Look::Plain,
            Err(End) => Look::More,
        }
    }
}

/// The line's bytes are at their end.
struct End;

struct Reader<'l> {
    line: &'l [u8],
    at: usize,
}

impl Reader<'_> {
    /// Goes to the first byte inside the array, if there is one at the end of the path.
    fn find(&mut self, path: &[String], first_only: bool) -> Result<bool, End> {
        let Some((name, rest)) = path.split_first() else { return self.take(b'[') };
        if !self.take(b'{')? {
            return Ok(false);
        }
        loop {
            let start = self.token()?;
            if self.line[start] != b'"' {
                return Ok(false);
            }
            self.value()?;
            let text = &self.line[start..self.at];
            let found = text[1..text.len() - 1] == *name.as_bytes()
                || text.contains(&b'\\') && serde_json::from_slice::<String>(text).is_ok_and(|own| own == *name);
            if !self.take(b':')? {
                return Ok(false);
            }
            if found {
                return self.find(rest, first_only);
            }
            if first_only {
                return Ok(false);
            }
            self.token()?;
            self.value()?;
            if !self.take(b',')? {
                return Ok(false);
            }
        }
    }

    /// Passes white space.
    fn token(&mut self) -> Result<usize, End> {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
        self.at += self.line[self.at..].iter().position(|byte| !space(byte)).ok_or(End)?;
        Ok(self.at)
    }

    fn take(&mut self, byte: u8) -> Result<bool, End> {
        let found = self.line[self.token()?] == byte;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Passes a value.
    fn value(&mut self) -> Result<(), End> {
        self.at += Record::default().end(&self.line[self.at..]).ok_or(End)?;
        Ok(())
    }
}

/// A record, or any other value, that is being followed to its end, also over several buffers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Record {
    depth: usize,
    in_string: bool,
    escaped: bool,
    endless: bool,
}

impl Record {
    /// What is no value: only the line ends it.
    pub(crate) fn endless() -> Self {
        Self { endless: true, ..Self::default() }
    }

    /// The place behind the value's last byte. A number or a word ends where something else begins.
    pub(crate) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.endless {
            return None;
        }
        let Self { mut depth, mut in_string, mut escaped, .. } = *self;
        let mut at = 0;
        let end = loop {
            if in_string {
                if escaped {
                    if at == bytes.len() {
                        break None;
                    }
                    at += 1;
                    escaped = false;
                }
                let Some(found) = bytes.get(at..).and_then(quote_or_backslash) else { break None };
                at += found + 1;
                escaped = bytes[at - 1] == b'\\';
                in_string = escaped;
                if !in_string && depth == 0 {
                    break Some(at);
                }
                continue;
            }
            let Some(&byte) = bytes.get(at) else { break None };
            at += 1;
            // A brace and a bracket differ by this bit alone.
            match byte | 0x20 {
                b'"' if byte == b'"' => in_string = true,
                b'{' => depth += 1,
                b'}' if depth == 0 => break Some(at - 1),
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        break Some(at);
                    }
                }
                _ if depth == 0 && matches!(byte, b',' | b' ' | b'\t' | b'\r' | b':') => break Some(at - 1),
                _ => {}
            }
        };
        *self = Self { depth, in_string, escaped, endless: false };
        end
    }
}

/// So many words of a string are looked through one by one.
const WORDS_MAX: usize = 8;

/// The place of the next quote or backslash.
///
/// Most strings are short. A search by vector instructions is faster over a long one, but takes longer to begin than a
/// short one takes by words.
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, _) = bytes.as_chunks::<8>();
    let words = &words[..words.len().min(WORDS_MAX)];
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // Sets the high bit of each byte that is this one; behind the first it may be set wrongly.
        let is = |byte: u8| {
            let rest = word ^ (ONES * u64::from(byte));
            rest.wrapping_sub(ONES) & !rest & (0x80 * ONES)
        };
        let found = is(b'"') | is(b'\\');
        if found != 0 {
            return Some(number * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = words.len() * 8;
    memchr2(b'"', b'\\', &bytes[at..]).map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        let auto = Unwrap::default();
        for (line, expected) in [
            (r#"{"Records":[{"#, Look::Inside(12)),
            (r#" { "Records" : [ {"#, Look::Inside(16)),
            (r#"{"Record"#, Look::More),
            (r#"{"Records":"#, Look::More),
            ("", Look::More),
            (r#"{"Records":{}}"#, Look::Plain),
            (r#"{"a":1,"Records":[]}"#, Look::Plain),
            (r#"{"RecordsX":[]}"#, Look::Plain),
            (r#"[{"Records":[]}]"#, Look::Plain),
            ("no JSON", Look::Plain),
        ] {
            assert_eq!(auto.look(line.as_bytes()), expected, "{line}");
        }
        let deep = Unwrap::at("/a~1b/~0").unwrap();
        for (line, expected) in [
            (r#"{"x":[{"a/b":"]}"}],"a\/b":{"y":1,"~":[1"#, Look::Inside(39)),
            (r#"{"x":1}"#, Look::Plain),
            (r#"{"a/b":{"y":1"#, Look::More),
            (r#"{"a/b":{"y":1}}"#, Look::Plain),
            (r#"{"a/b":[]}"#, Look::Plain),
        ] {
            assert_eq!(deep.look(line.as_bytes()), expected, "{line}");
        }
        assert_eq!(Unwrap::at("").unwrap().look(b"[{}]"), Look::Inside(1));
        assert_eq!(Unwrap::at("Records"), Err(NoPointer));
        assert_eq!(Unwrap::none().look(br#"{"Records":["#), Look::Plain);
    }

    #[test]
    fn finds_a_quote_or_a_backslash_wherever_it_stands() {
        for len in 0..200 {
            for at in 0..=len {
                for byte in *b"\"\\" {
                    // Bytes that differ from the two by a bit, or by a borrow.
                    let mut text: Vec<u8> = b"!#[]\xa2\xdc".iter().copied().cycle().take(len).collect();
                    assert_eq!(quote_or_backslash(&text), None);
                    text.splice(at..at, [byte, b'"', b'\\']);
                    assert_eq!(quote_or_backslash(&text), Some(at));
                }
            }
        }
    }

    #[test]
    fn follows_a_record_over_any_border() {
        for (text, end) in
            [(r#"{"a":"}\"]","b":[{}]} , {"#, 21), (r#""x\\","#, 5), ("12 ,", 2), ("null]", 4), ("[[],[]]]", 7)]
        {
            for border in 0..=end {
                let mut record = Record::default();
                let (head, tail) = text.as_bytes().split_at(border);
                let found = record.end(head).or_else(|| record.end(tail).map(|at| at + border));
                assert_eq!(found, Some(end), "{text} at {border}");
            }
        }
    }
}
