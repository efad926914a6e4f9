//! What the beginning of an input tells: whether a line is a value, or values lie on several lines or behind each other.

use memchr::memchr;

use super::block::{Block, Kind, Problem};
use super::decode::{is_tar, tar};
use super::follow::{End, Value};
use super::lines::{Lines, State, Step};
use super::unwrap::{Look, Unwrap};

/// So much of an input is looked at. Whatever is told of it is told by these bytes, however they arrive.
pub(crate) const HEAD_BYTES_MAX: usize = 256 << 10;

/// What may stand before the text of an input, and is dropped.
pub(crate) const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// How an input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A value a line.
    Lines,
    /// Values one behind the other, whatever lines they are on: pretty-printed, without line ends, or an array.
    Values,
}

impl Shape {
    /// Tells the shape by the first bytes. `None`: more are needed.
    ///
    /// A first line that is broken off must not make one value of all that follows: the next line must go on with it.
    pub(crate) fn tell(bytes: &[u8], at_end: bool, unwrap: &Unwrap) -> Option<Self> {
        let cut = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
        let at_end = at_end || bytes.len() >= HEAD_BYTES_MAX;
        let lines_at_end = at_end.then_some(Self::Lines);
        let Some(start) = solid(cut, 0) else { return lines_at_end };
        match cut[start] {
            // Of a sequence of JSON texts (RFC 7464).
            b'\x1E' => return Some(Self::Values),
            b'{' | b'[' => {}
            _ => return Some(Self::Lines),
        }
        let line_end = memchr(b'\n', &cut[start..]).map(|end| start + end);
        if line_end.is_none() && !at_end {
            return None;
        }
        let line = &cut[start..line_end.unwrap_or(cut.len())];
        if let End::At(end) = Value::on_line().end(line) {
            let behind = line[end..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
            // What follows a wrapped value on its line is read anyway.
            let is_wrapped = || unwrap.look(line, true, HEAD_BYTES_MAX) != Look::Plain;
            let values = matches!(behind, Some(b'{' | b'[' | b',')) && !is_wrapped();
            return Some(if values { Self::Values } else { Self::Lines });
        }
        let Some(line_end) = line_end else { return Some(Self::Lines) };
        let Some(next) = solid(cut, line_end) else { return lines_at_end };
        let array_depth = match unwrap.look(line, true, HEAD_BYTES_MAX) {
            Look::Inside { depth, .. } => depth,
            _ => 0,
        };
        let goes_on = goes_on(line, cut[next], cut[next - 1] == b'\n', array_depth);
        Some(if goes_on { Self::Values } else { Self::Lines })
    }
}

fn solid(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].iter().position(|byte| !byte.is_ascii_whitespace()).map(|at| from + at)
}

/// Whether a line on which a value does not end can go on with this byte. An object at the margin only goes on with
/// an array of events, which lies inside `array_depth` objects.
fn goes_on(line: &[u8], next: u8, at_margin: bool, array_depth: usize) -> bool {
    let (mut open, mut in_string, mut escaped) = (Vec::new(), false, false);
    for byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => open.push(*byte),
            b'}' | b']' if !in_string => _ = open.pop(),
            _ => {}
        }
    }
    let last = line.iter().rfind(|byte| !byte.is_ascii_whitespace());
    let in_object = open.last() == Some(&b'{');
    let is_next_line = next == b'{' && at_margin && (in_object || open.len() != array_depth + 1);
    match last {
        _ if in_string || is_next_line => false,
        Some(b'{') => matches!(next, b'"' | b'}'),
        Some(b'[') => true,
        Some(b',') => !in_object || next == b'"',
        Some(b':') => true,
        _ => matches!(next, b',' | b'}' | b']' | b':'),
    }
}

impl Lines {
    /// Looks at the beginning of an input.
    pub(super) fn start(&mut self, block: &mut Block) -> Step {
        let Some(shape) = Shape::tell(block.bytes(), self.at_end || self.broken.is_some(), &self.options.unwrap) else {
            return Step::More { rest: 0 };
        };
        let first = block.bytes().iter().find(|byte| !byte.is_ascii_whitespace());
        self.shape = shape;
        self.state = match (shape, first) {
            (Shape::Values, _) => State::Between,
            (Shape::Lines, None | Some(b'{' | b'[')) => State::Lines,
            (Shape::Lines, Some(_)) => State::NoEvents,
        };
        Step::Again { rest: 0 }
    }

    /// Hands on the first line that is not blank as one that is no event.
    pub(super) fn no_events(&mut self, block: &mut Block) -> Step {
        let blank = block.bytes().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let end = match memchr(b'\n', &block.bytes()[blank..]) {
            Some(end) => blank + end + 1,
            None if self.at_end || block.end > self.options.event_bytes_max => block.end,
            None => return Step::More { rest: 0 },
        };
        // There may be line ends among what was looked at: those of blank lines.
        (self.state, self.searched) = (State::Lines, 0);
        if is_tar(block.bytes()) {
            // What lies between its files' heads would be read as events.
            self.at_end = true;
            block.clear();
            block.problem = Some(Problem::Open(tar()));
            return Step::Block { rest: block.filled };
        }
        let was = std::mem::replace(&mut block.end, end);
        let step = self.lines(block);
        if block.kind == Kind::Lines && matches!(step, Step::Block { .. }) {
            block.is_suspect = true;
            block.problem = Some(Problem::NoEvents);
        } else {
            block.end = was;
        }
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_lines_from_values() {
        for (bytes, expected) in [
            ("{\"a\":1}\n{\"b\n", Shape::Lines),
            ("nope\n{", Shape::Lines),
            ("\n\n  {\n  \"a\": 1\n}\n", Shape::Values),
            ("[\n{\"a\":1}\n]", Shape::Values),
            ("[{\"a\":1},\n{\"a\":2}]", Shape::Values),
            ("[{\"a\":1}\n,{\"a\":2}]", Shape::Values),
            ("[{\"a\":1},{\"a\":2}]\n", Shape::Lines),
            ("{\"Records\":[{\"a\":1},{\"a\":2}]}\n", Shape::Lines),
            ("{\"Records\":[\n{\"a\":1},\n", Shape::Values),
            ("{\"Records\":[{\"a\":1},\n{\"a\":1},\n", Shape::Values),
            ("{\"a\":[\n1]}\n", Shape::Values),
            ("{\"a\":1}{\"a\":2}\n", Shape::Values),
            ("{\"Records\":[]}{\"Records\":[]}\n", Shape::Lines),
            ("{\"a\":1},\n{\"a\":2},\n", Shape::Values),
            ("{\"a\":1} x\n", Shape::Lines),
            ("\x1E{\"a\":1}\n", Shape::Values),
            // A first line that is broken off.
            ("{\"a\":1,\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":1\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":\"1\n{\"b\":2}\n", Shape::Lines),
            ("{\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":[1,\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":[\n{\"b\":2}\n", Shape::Lines),
            ("{\"a\":1,", Shape::Lines),
            ("{\"a\":1,\n \n", Shape::Lines),
        ] {
            assert_eq!(Shape::tell(bytes.as_bytes(), true, &Unwrap::default()), Some(expected), "{bytes:?}");
            // Fewer bytes tell the same or nothing.
            for len in 0..bytes.len() {
                let told = Shape::tell(&bytes.as_bytes()[..len], false, &Unwrap::default());
                assert!(told.is_none_or(|told| told == expected), "{len} of {bytes:?}");
            }
        }
        assert_eq!(Shape::tell(b"{\"a\":1}\n", false, &Unwrap::default()), Some(Shape::Lines), "nothing is waited for");
    }
}
