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
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                at += memchr2(b'"', b'\\', &bytes[at..])?;
                self.escaped = bytes[at] == b'\\';
                self.in_string = self.escaped;
                at += 1;
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            match bytes[at] {
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth == 0 => return Some(at),
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at + 1);
                    }
                }
                b',' | b' ' | b'\t' | b'\r' | b':' if self.depth == 0 => return Some(at),
                _ => {}
            }
            at += 1;
        }
        None
    }
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
