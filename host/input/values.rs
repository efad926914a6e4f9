//! Values that are not one line each: the records of a line that wraps them, what follows it, and values on any lines.
//!
//! Each becomes a line of a block. Where a value ends is found in [`follow`](super::follow), what wraps others in
//! [`unwrap`](super::unwrap), what is packed in [`encoded`](super::encoded).

use std::collections::VecDeque;

use memchr::{memchr, memchr_iter};

use super::block::{Block, Problem};
use super::encoded::{Payload, may_hold, payload};
use super::follow::{End, Value};
use super::lines::{Lines, State, Step, long};
use super::start::Shape;
use super::unwrap::Look;

/// So often what was packed may hold what is packed.
const PACKED_DEPTH_MAX: u8 = 2;

/// What of wrapped events was begun.
#[derive(Default)]
pub(super) struct Taken {
    /// How many came of the line, or of the value.
    pub(super) records: u64,
    /// Whether an array lies around them that may hold what wraps others.
    pub(super) is_in_array: bool,
    /// The value at hand, and how far it was followed.
    begun: Option<(Value, usize)>,
    /// Whether what is packed lies in them: the first of an array tells for all.
    packs: Option<bool>,
    /// How much there was of a line when its beginning was looked at last.
    pub(super) looked: usize,
    /// What was packed and is to be read, what of it is being read, and the line in which it lay.
    pub(super) packed: VecDeque<Vec<u8>>,
    pub(super) unpacked: Option<Box<Lines>>,
    pub(super) packed_line: u64,
    /// In how many others these are packed.
    pub(super) depth: u8,
}

/// What stands at a place where a value may.
enum Found {
    Event {
        len: usize,
        /// Whether it may be none.
        is_suspect: bool,
        /// Whether it was broken off by a line that begins with another.
        is_broken: bool,
    },
    /// An event that is longer than one may be, and how to go on with it where it is not at its end.
    Long { len: usize, open: Option<Value> },
    /// An event that holds others.
    Packed { len: usize, bytes: Vec<u8> },
    /// A value that wraps others.
    Inside { len: usize, depth: usize },
    /// The end of the array.
    Closed,
    /// Not to be told from so few bytes.
    Open,
}

impl Lines {
    /// Moves values to the front of the block, a line each: those of an array inside `depth` objects, or values one
    /// behind the other.
    ///
    /// Every value is an event, whatever separates it from the next. Where neither a value nor the end of the array can
    /// stand, the rest of the line is handed on as one more, so that it is not lost.
    pub(super) fn values(&mut self, block: &mut Block, depth: Option<usize>) -> Step {
        let line_end = self.line_end(block);
        let is_whole = line_end.is_some() || self.at_end;
        let mut limit = line_end.unwrap_or(block.end);
        let (mut at, mut to, mut events) = (self.separators(&block.buffer[..limit], 0), 0, 0);
        let mut is_ended = false;
        while at < limit {
            let found = self.found(&block.buffer[at..limit], depth, is_whole);
            let Found::Event { len, is_suspect, is_broken } = found else {
                // Anything else comes alone.
                if events == 0 {
                    return self.alone(block, found, depth, at, limit);
                }
                break;
            };
            // A block's events are checked all or none: the same whatever blocks they come in.
            if events > 0 && block.is_suspect != is_suspect {
                break;
            }
            block.is_suspect = is_suspect;
            if self.shape == Shape::Values {
                block.lines_of.push(self.line);
                self.flatten(&mut block.buffer[at..at + len]);
            }
            if at != to {
                block.buffer.copy_within(at..at + len, to);
            }
            (to, events) = (to + len, events + 1);
            // What is behind the value is read before the line end can take its place: in compact JSON that is the
            // comma's, or the array's end.
            at = self.separators(&block.buffer[..limit], at + len);
            if to == at && at < limit {
                if let (b']', Some(depth)) = (block.buffer[at], depth) {
                    at += 1;
                    self.close(depth);
                    is_ended = true;
                } else {
                    // No separator. There is room made for all the line ends to come.
                    let room = limit - at;
                    block.make_room(at, room);
                    (at, limit) = (at + room, limit + room);
                }
            }
            if to == block.buffer.len() {
                block.buffer.push(0);
            }
            block.buffer[to] = b'\n';
            to += 1;
            if is_broken {
                // What comes next is in no array.
                self.state = if self.is_inside() { State::BrokenOff } else { State::Between };
                is_ended = true;
            }
            if is_ended {
                break;
            }
        }
        if events > 0 {
            (block.end, block.lines) = (to, events);
            self.number(block, depth);
            return Step::Block { rest: at };
        }
        match line_end {
            Some(end) if self.is_inside() => self.unfinished(block, end + 1),
            Some(end) => {
                self.next_line();
                Step::Again { rest: end + 1 }
            }
            None => Step::More { rest: at },
        }
    }

    /// Tells what stands at the front of these bytes.
    fn found(&mut self, bytes: &[u8], depth: Option<usize>, is_whole: bool) -> Found {
        if bytes[0] == b']' && depth.is_some() {
            return Found::Closed;
        }
        // In an array of events, what wraps others is no event. Where it lies in an object, that one is broken off.
        let looks =
            depth.is_none() || self.options.unwrap.is_known() && (depth == Some(0) || self.shape == Shape::Values);
        let event_bytes_max = self.options.event_bytes_max;
        let (mut value, followed) = match self.taken.begun.take() {
            Some(begun) => begun,
            None => {
                if looks && matches!(bytes[0], b'{' | b'[') {
                    match self.options.unwrap.look(bytes, is_whole, event_bytes_max) {
                        Look::Inside { at, depth } => return Found::Inside { len: at, depth },
                        Look::More => return Found::Open,
                        Look::Plain | Look::Encoded => {}
                    }
                }
                let value = self.value();
                (if matches!(bytes[0], b'}' | b']' | b':') { value.endless() } else { value }, 0)
            }
        };
        let end = value.end(&bytes[followed..]);
        let (len, is_open) = match end {
            End::At(end) | End::Broken(end) => (followed + end, false),
            End::Open => (bytes.len(), !is_whole),
        };
        if len > event_bytes_max {
            return Found::Long { len, open: is_open.then_some(value) };
        }
        if is_open {
            self.taken.begun = Some((value, len));
            return Found::Open;
        }
        let is_at_end = matches!(end, End::At(_));
        if is_at_end && self.packs(&bytes[..len], depth) {
            match payload(&bytes[..len], event_bytes_max) {
                Payload::None => {}
                Payload::Json(bytes) => return Found::Packed { len, bytes },
                Payload::TooLong => return Found::Long { len, open: None },
            }
        }
        // An element that is none is told where a rule sees it, as any line is; what stands in no array is told always.
        let is_suspect = !is_at_end || depth.is_none() && bytes[0] != b'{';
        Found::Event { len, is_suspect, is_broken: matches!(end, End::Broken(_)) }
    }

    /// Whether others may be packed in a value.
    fn packs(&mut self, value: &[u8], depth: Option<usize>) -> bool {
        if !self.options.unwrap.is_known() || self.taken.depth == PACKED_DEPTH_MAX {
            return false;
        }
        match depth {
            None => self.options.unwrap.look(value, true, value.len()) == Look::Encoded,
            Some(_) => *self.taken.packs.get_or_insert_with(|| may_hold(value)),
        }
    }

    /// Takes what is no event among others.
    fn alone(&mut self, block: &mut Block, found: Found, depth: Option<usize>, at: usize, limit: usize) -> Step {
        match found {
            Found::Closed => {
                self.close(depth.unwrap_or(0));
                Step::Again { rest: at + 1 }
            }
            Found::Inside { .. } if depth.is_some_and(|depth| depth > 0) => {
                self.state = State::BrokenOff;
                Step::Again { rest: at }
            }
            Found::Inside { len, depth } => {
                self.taken.is_in_array |= depth == 0;
                self.count_lines(&block.buffer[at..at + len]);
                if self.shape == Shape::Values {
                    self.taken.records = 0;
                }
                (self.state, self.taken.packs) = (State::Elements(depth), None);
                Step::Again { rest: at + len }
            }
            Found::Long { len, open } => {
                if let Some(value) = open {
                    self.state = State::LongValue(value, depth);
                }
                block.line = self.line;
                self.flatten(&mut block.buffer[at..at + len]);
                block.buffer.copy_within(at..at + len, 0);
                let step = long(block, len, at + len, true);
                self.number(block, depth);
                step
            }
            Found::Packed { len, bytes } => {
                self.taken.packed_line = self.line;
                let rest = self.gather(block, depth, at + len, limit, bytes);
                Step::Packed { rest }
            }
            Found::Event { .. } | Found::Open => Step::More { rest: at },
        }
    }

    /// Gathers what is packed in the events that follow, up to a block of it, so that the rest is put aside once.
    fn gather(&mut self, block: &Block, depth: Option<usize>, mut at: usize, limit: usize, first: Vec<u8>) -> usize {
        let bytes = &block.buffer[..limit];
        let mut gathered = first.len();
        self.taken.packed.push_back(first);
        while gathered < self.options.block_bytes {
            at = self.separators(bytes, at);
            if at == limit {
                break;
            }
            // Nothing but what ends in these bytes.
            let found = self.found(&bytes[at..], depth, false);
            self.taken.begun = None;
            let Found::Packed { len, bytes: more } = found else { break };
            self.count_lines(&bytes[at..at + len]);
            gathered += more.len();
            self.taken.packed.push_back(more);
            at += len;
        }
        at
    }

    /// Goes on with what stands behind an array.
    pub(super) fn behind(&mut self, block: &mut Block, depth: usize) -> Step {
        let line_end = self.line_end(block);
        let limit = line_end.unwrap_or(block.end);
        let at = block.buffer[..limit].iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        self.count_lines(&block.buffer[..at]);
        if at == limit {
            let is_whole = line_end.is_some() || self.at_end;
            let rest = line_end.map_or(limit, |end| end + 1);
            return if is_whole { self.unfinished(block, rest) } else { Step::More { rest: at } };
        }
        // Only the rest of the object may follow. What else does is looked at as any value.
        let goes_on = matches!(block.buffer[at], b',' | b'}');
        self.state = if goes_on { State::Tail(self.value().within(depth)) } else { State::BrokenOff };
        Step::Again { rest: at }
    }

    /// Passes the rest of what wraps an array.
    pub(super) fn tail(&mut self, block: &mut Block, mut value: Value) -> Step {
        let line_end = self.line_end(block);
        let limit = line_end.unwrap_or(block.end);
        match value.end(&block.buffer[..limit]) {
            End::At(end) => {
                self.count_lines(&block.buffer[..end]);
                self.state = self.outer();
                Step::Again { rest: end }
            }
            End::Broken(end) => {
                self.count_lines(&block.buffer[..end]);
                self.unfinished(block, end)
            }
            End::Open if line_end.is_some() || self.at_end => {
                self.unfinished(block, line_end.map_or(limit, |end| end + 1))
            }
            End::Open => {
                self.count_lines(&block.buffer[..limit]);
                self.state = State::Tail(value);
                Step::More { rest: limit }
            }
        }
    }

    /// Tells that what wraps others is broken off, with the line, whose end is done with where the line ends it.
    pub(super) fn unfinished(&mut self, block: &mut Block, rest: usize) -> Step {
        let ends_line = self.shape == Shape::Lines && rest > 0 && block.buffer[rest - 1] == b'\n';
        block.clear();
        (block.line, block.problem, self.state) = (self.line, Some(Problem::Unfinished), State::Between);
        self.taken.is_in_array = false;
        if ends_line {
            self.next_line();
        }
        Step::Block { rest }
    }

    /// Whether something that wraps others is not at its end.
    pub(super) fn is_inside(&self) -> bool {
        self.taken.is_in_array
            || match self.state {
                State::Elements(_) | State::Behind(_) | State::Tail(_) | State::BrokenOff => true,
                State::LongValue(_, depth) => depth.is_some(),
                _ => false,
            }
    }

    /// Where it goes on behind what wraps others.
    fn outer(&self) -> State {
        if self.taken.is_in_array { State::Elements(0) } else { State::Between }
    }

    /// Goes on with a value that is too long.
    pub(super) fn long_value(&mut self, block: &mut Block, mut value: Value, depth: Option<usize>) -> Step {
        let line_end = self.line_end(block);
        let limit = line_end.unwrap_or(block.end);
        let (len, is_done) = match value.end(&block.buffer[..limit]) {
            End::At(end) | End::Broken(end) => (end, true),
            End::Open => (limit, line_end.is_some()),
        };
        self.state = match (is_done, depth) {
            (false, _) => State::LongValue(value, depth),
            (true, None) => State::Between,
            (true, Some(depth)) => State::Elements(depth),
        };
        if len == 0 {
            return if is_done { Step::Again { rest: 0 } } else { Step::More { rest: 0 } };
        }
        self.flatten(&mut block.buffer[..len]);
        long(block, len, len, false)
    }

    /// Leaves an array that lies inside `depth` objects.
    fn close(&mut self, depth: usize) {
        self.taken.is_in_array &= depth > 0;
        self.state = if depth == 0 { State::Between } else { State::Behind(depth) };
    }

    /// A value of this shape.
    fn value(&self) -> Value {
        if self.shape == Shape::Values { Value::over_lines() } else { Value::on_line() }
    }

    /// The end of the line, where a line ends what is on it.
    fn line_end(&self, block: &Block) -> Option<usize> {
        if self.shape == Shape::Lines { memchr(b'\n', block.bytes()) } else { None }
    }

    /// Numbers the events of a block: those that were wrapped, and those of a line with several.
    fn number(&mut self, block: &mut Block, depth: Option<usize>) {
        if self.shape == Shape::Lines || depth.is_some() {
            block.record = Some(self.taken.records + 1);
            self.taken.records += block.lines;
        }
    }

    /// The first byte from `at` on that does not separate values, or the end.
    fn separators(&mut self, bytes: &[u8], at: usize) -> usize {
        let separates: &[u8] = if self.shape == Shape::Values { b", \t\r\n\x1E" } else { b", \t\r" };
        let end = at + bytes[at..].iter().take_while(|byte| separates.contains(byte)).count();
        self.count_lines(&bytes[at..end]);
        end
    }

    fn count_lines(&mut self, bytes: &[u8]) {
        if self.shape == Shape::Values {
            self.line += memchr_iter(b'\n', bytes).count() as u64;
        }
    }

    /// Makes one line of a value.
    fn flatten(&mut self, value: &mut [u8]) {
        if self.shape == Shape::Lines {
            return;
        }
        let mut from = 0;
        while let Some(end) = memchr(b'\n', &value[from..]) {
            from += end + 1;
            value[from - 1] = b' ';
            self.line += 1;
        }
    }
}
