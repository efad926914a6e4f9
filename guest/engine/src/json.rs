//! Walks through the text of an event, and hands over every scalar with its path.
//!
//! This is all of the engine that reads JSON. It is strict about the structure of what it walks through, skips what
//! nobody asked for by its brackets alone, and hands over spans: unescaping is the reader's work, and rarely done.

use crate::hash;
use crate::json_text::plain;
pub use crate::json_text::{number, unescape};

/// How many objects and arrays may lie in each other.
pub const DEPTH_MAX: usize = 127;

/// What a span of the event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string without escapes; the span is between the quotes.
    Plain,
    /// A string with escapes; likewise.
    Escaped,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// An object with something else than null in it; the span is all of it.
    Object,
}

/// Takes what the walk comes by.
pub trait Visitor {
    /// An object's key comes, without its quotes. Answers with the hash of the path, or with nothing if no value below
    /// it is asked for.
    fn enter(&mut self, path: u64, key: &[u8]) -> Option<u64>;

    /// What `enter` let in ends.
    fn leave(&mut self) {}

    /// A value that is not null comes.
    fn value(&mut self, path: u64, shape: Shape, start: u32, end: u32);

    /// Says whether objects themselves are asked for, at this path.
    fn wants_object(&self, path: u64) -> bool;
}

/// Says what is wrong with an event, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What was expected.
    pub what: &'static str,
    /// The byte.
    pub at: usize,
}

/// Walks through an event: the text of one object.
///
/// # Errors
///
/// It is none.
pub fn walk(event: &[u8], visitor: &mut impl Visitor) -> Result<(), Malformed> {
    let mut walker = Walker { event, at: 0, visitor };
    walker.blank();
    if walker.peek() != b'{' {
        return walker.fail("the event is not a JSON object");
    }
    walker.object(hash::ROOT, 1)?;
    walker.blank();
    if walker.at < event.len() {
        return walker.fail("something follows the object");
    }
    Ok(())
}

/// Is where the value ends that starts at a place, if it is one.
pub fn pass(text: &[u8], at: usize) -> Option<usize> {
    let mut walker = Walker { event: text, at, visitor: &mut Nobody };
    walker.skip(0).ok()?;
    Some(walker.at)
}

struct Nobody;

impl Visitor for Nobody {
    fn enter(&mut self, _: u64, _: &[u8]) -> Option<u64> {
        None
    }

    fn value(&mut self, _: u64, _: Shape, _: u32, _: u32) {}

    fn wants_object(&self, _: u64) -> bool {
        false
    }
}

struct Walker<'e, 'v, V> {
    event: &'e [u8],
    at: usize,
    visitor: &'v mut V,
}

impl<V: Visitor> Walker<'_, '_, V> {
    fn fail<T>(&self, what: &'static str) -> Result<T, Malformed> {
        Err(Malformed { what, at: self.at })
    }

    /// Is the byte here; 0 at the end, which JSON has nowhere.
    #[inline]
    fn peek(&self) -> u8 {
        self.event.get(self.at).copied().unwrap_or(0)
    }

    #[inline]
    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    /// Walks through an object at its brace; answers whether anything but null lies in it.
    fn object(&mut self, path: u64, depth: usize) -> Result<bool, Malformed> {
        if depth > DEPTH_MAX {
            return self.fail("more than 127 objects and arrays in each other");
        }
        self.at += 1;
        self.blank();
        let mut filled = false;
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(false);
        }
        loop {
            if self.peek() != b'"' {
                return self.fail("expected a key");
            }
            let (start, end, escaped) = self.string()?;
            let key = &self.event[start..end];
            let below = if escaped {
                let mut plain = Vec::new();
                unescape(key, &mut plain);
                self.visitor.enter(path, &plain)
            } else {
                self.visitor.enter(path, key)
            };
            self.blank();
            if self.peek() != b':' {
                return self.fail("expected `:`");
            }
            self.at += 1;
            self.blank();
            match below {
                Some(below) => {
                    filled |= self.value(below, depth)?;
                    self.visitor.leave();
                }
                None => filled |= self.skip(depth)?,
            }
            self.blank();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(filled);
                }
                _ => return self.fail("expected `,` or `}`"),
            }
            self.blank();
        }
    }

    fn array(&mut self, path: u64, depth: usize) -> Result<bool, Malformed> {
        if depth > DEPTH_MAX {
            return self.fail("more than 127 objects and arrays in each other");
        }
        self.at += 1;
        self.blank();
        let mut filled = false;
        if self.peek() == b']' {
            self.at += 1;
            return Ok(false);
        }
        loop {
            filled |= self.value(path, depth)?;
            self.blank();
            match self.peek() {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(filled);
                }
                _ => return self.fail("expected `,` or `]`"),
            }
            self.blank();
        }
    }

    fn value(&mut self, path: u64, depth: usize) -> Result<bool, Malformed> {
        let from = self.at;
        let (shape, start, end) = match self.peek() {
            b'"' => {
                let (start, end, escaped) = self.string()?;
                (if escaped { Shape::Escaped } else { Shape::Plain }, start, end)
            }
            b'{' => {
                let filled = self.object(path, depth + 1)?;
                if filled && self.visitor.wants_object(path) {
                    self.visitor.value(path, Shape::Object, from as u32, self.at as u32);
                }
                return Ok(filled);
            }
            b'[' => return self.array(path, depth + 1),
            _ => match self.literal()? {
                Some(shape) => (shape, from, self.at),
                None => return Ok(false),
            },
        };
        self.visitor.value(path, shape, start as u32, end as u32);
        Ok(true)
    }

    /// Passes a number or a name; answers with nothing for null.
    fn literal(&mut self) -> Result<Option<Shape>, Malformed> {
        let rest = &self.event[self.at..];
        for (name, shape) in [(&b"true"[..], Some(Shape::True)), (b"false", Some(Shape::False)), (b"null", None)] {
            if rest.starts_with(name) {
                self.at += name.len();
                return Ok(shape);
            }
        }
        let Some(length) = number(rest) else {
            return self.fail("expected a value");
        };
        self.at += length;
        Ok(Some(Shape::Number))
    }

    /// Passes a string at its quote; answers with what is between the quotes, and whether it has escapes.
    #[inline]
    fn string(&mut self) -> Result<(usize, usize, bool), Malformed> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += plain(&self.event[at.min(self.event.len())..]);
            match self.event.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok((start, at, escaped));
                }
                Some(b'\\') => {
                    escaped = true;
                    at += self.escape(at)?;
                }
                Some(_) => {
                    self.at = at;
                    return self.fail("a control character in a string");
                }
                None => {
                    self.at = self.event.len();
                    return self.fail("a string without its end");
                }
            }
        }
    }

    fn escape(&mut self, at: usize) -> Result<usize, Malformed> {
        let length = match self.event.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') if self.event.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => 6,
            _ => {
                self.at = at;
                return self.fail("no escape of JSON");
            }
        };
        Ok(length)
    }

    /// Passes a value that nobody asked for; answers whether it is anything but null.
    fn skip(&mut self, depth: usize) -> Result<bool, Malformed> {
        let mut depth = depth;
        let outer = depth;
        let mut filled = false;
        loop {
            match self.peek() {
                b'"' => {
                    self.string()?;
                    filled = true;
                }
                b'{' | b'[' => {
                    depth += 1;
                    if depth > DEPTH_MAX {
                        return self.fail("more than 127 objects and arrays in each other");
                    }
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > outer => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth > outer => {
                    self.at += 1;
                    continue;
                }
                _ => filled |= self.literal()?.is_some(),
            }
            if depth == outer {
                return Ok(filled);
            }
        }
    }
}
