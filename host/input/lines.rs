//! Lines: the bytes of a source become blocks of whole lines, an event each, and pieces of those that are too long.
//!
//! What a line wraps, and values that are not one line each, are taken apart in [`values`](super::values); which sources
//! there are, and in which order, is left to [`input`](super).

use std::io::Read as _;
use std::sync::Arc;

use memchr::memchr;

use super::Options;
use super::block::{Block, Kind, Problem, Starts, is_blank};
use super::follow::Value;
use super::source::Source;
use super::start::{BOM, Shape};
use super::unwrap::Look;
use super::values::Taken;

/// A buffer that a long line has grown beyond this many blocks is freed.
const BUFFER_KEPT_BLOCKS_MAX: usize = 4;

/// The lines of a file, or of a part of one, as blocks.
pub(crate) struct Lines {
    source: Source,
    name: Arc<str>,
    pub(super) options: Arc<Options>,
    /// Read but not handed on: the beginning of a line, or of a value.
    rest: Vec<u8>,
    pub(super) state: State,
    /// How values lie on lines. Not known at the beginning of a file.
    pub(super) shape: Shape,
    /// The number of the line at which `rest` begins.
    pub(super) line: u64,
    /// The number of the line behind the last block.
    told_line: u64,
    starts: Starts,
    bom_passed: bool,
    /// Nothing more can be read.
    pub(super) at_end: bool,
    /// Why nothing more can be read, to be told behind what was read before.
    pub(super) broken: Option<Problem>,
    /// How much of the line at hand was looked through already, and whether its beginning told nothing.
    pub(super) searched: usize,
    is_plain: bool,
    /// What of wrapped events was begun.
    pub(super) taken: Taken,
}

#[derive(Clone, Copy)]
pub(super) enum State {
    /// At the beginning of an input: nothing is known of it.
    Start,
    /// At the beginning of an input that begins with what no event begins with.
    NoEvents,
    /// At the beginning of a line.
    Lines,
    /// In a line that is too long.
    LongLine,
    /// Between two values that are not one line each: on a line with several, or on any lines.
    Between,
    /// In an array of events, which lies inside this many objects.
    Elements(usize),
    /// Behind the array, still inside this many objects.
    Behind(usize),
    /// In what follows the array, to the end of the outermost object.
    Tail(Value),
    /// Behind what is broken off.
    BrokenOff,
    /// In a value that is too long: between values, or in an array inside this many objects.
    LongValue(Value, Option<usize>),
}

/// What was made of the bytes at hand.
pub(super) enum Step {
    /// A block, and from where on the bytes that were read belong to the next.
    Block { rest: usize },
    /// Nothing yet: bytes up to here are done with, and more are needed.
    More { rest: usize },
    /// Nothing, but the state has changed.
    Again { rest: usize },
    /// What was packed is read before anything from here on.
    Packed { rest: usize },
}

impl Lines {
    /// `shape` is how values lie on lines, where that is known.
    pub(super) fn new(
        source: Source,
        name: Arc<str>,
        options: Arc<Options>,
        starts: Starts,
        shape: Option<Shape>,
    ) -> Self {
        let looks = options.unwrap.looks();
        let is_first = starts == Starts::File;
        Self {
            source,
            name,
            options,
            rest: Vec::new(),
            state: if looks && is_first { State::Start } else { State::Lines },
            shape: shape.unwrap_or(Shape::Lines),
            line: 1,
            told_line: 1,
            starts,
            bom_passed: !is_first,
            at_end: false,
            broken: None,
            searched: 0,
            is_plain: false,
            taken: Taken::default(),
        }
    }

    /// Reads what was packed in an event of these lines.
    pub(super) fn packed(&self, bytes: Vec<u8>) -> Self {
        let source = Source::bytes(bytes);
        let mut packed = Self::new(source, self.name.clone(), self.options.clone(), Starts::File, None);
        packed.taken.depth = self.taken.depth + 1;
        packed
    }

    /// Fills `block`, if there is anything more.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        let found = self.next_packed(block) || self.next_own(block);
        block.next_line = self.line;
        self.told_line = self.line;
        if found {
            block.starts = std::mem::replace(&mut self.starts, Starts::Nothing);
        }
        found
    }

    fn next_own(&mut self, block: &mut Block) -> bool {
        let block_bytes = self.options.block_bytes;
        if block.buffer.len() > BUFFER_KEPT_BLOCKS_MAX * block_bytes && self.rest.len() < block_bytes {
            block.buffer = Vec::new();
        }
        self.load(block);
        // A line of which nothing is handed on counts all the same.
        self.fill_and_step(block) || self.line != self.told_line
    }

    /// Whether nothing more can come. `false` where that is not known.
    pub(crate) fn are_done(&self) -> bool {
        let is_idle = matches!(self.state, State::Lines | State::Between) && !self.is_inside();
        self.at_end && self.broken.is_none() && is_idle && self.rest.is_empty() && self.taken.unpacked.is_none()
    }

    fn fill_and_step(&mut self, block: &mut Block) -> bool {
        loop {
            block.clear();
            block.line = self.line;
            if self.skip_bom(block) {
                block.end = block.filled;
                match self.step(block) {
                    Step::Block { rest } => {
                        self.keep(block, rest);
                        return true;
                    }
                    Step::Packed { rest } => {
                        self.keep(block, rest);
                        if self.next_packed(block) {
                            return true;
                        }
                        self.load(block);
                        if block.filled > 0 {
                            continue;
                        }
                    }
                    Step::Again { rest } => {
                        self.pass(block, rest);
                        if block.filled > 0 {
                            continue;
                        }
                    }
                    Step::More { rest } => {
                        let searched = block.end - rest;
                        self.pass(block, rest);
                        self.searched = searched;
                    }
                }
            }
            block.clear();
            if let Some(problem) = self.broken.take() {
                let is_told = match problem {
                    // A stop between two lines is no loss where nobody knows that there is more.
                    Problem::Stopped => {
                        block.filled > 0 || !matches!(self.state, State::Lines | State::Between | State::Start)
                    }
                    _ => true,
                };
                (self.at_end, self.state) = (true, State::Lines);
                block.problem = is_told.then_some(problem);
                return is_told;
            }
            if self.at_end {
                let unfinished = self.is_inside();
                self.state = State::Lines;
                block.problem = unfinished.then_some(Problem::Unfinished);
                return unfinished;
            }
            self.fill(block);
        }
    }

    /// Begins a block with what was kept.
    fn load(&mut self, block: &mut Block) {
        block.filled = self.rest.len();
        if block.buffer.len() < block.filled {
            block.buffer.resize(block.filled, 0);
        }
        block.buffer[..block.filled].copy_from_slice(&self.rest);
        self.rest.clear();
        block.file.clone_from(&self.name);
    }

    /// Keeps what was read for later blocks.
    fn keep(&mut self, block: &Block, from: usize) {
        self.rest.extend_from_slice(&block.buffer[from..block.filled]);
        (self.searched, self.is_plain) = (0, false);
    }

    /// Drops what is done with.
    fn pass(&mut self, block: &mut Block, bytes: usize) {
        block.drop_front(bytes);
        self.searched = 0;
        self.is_plain &= bytes == 0;
    }

    /// Drops the byte order mark, and says whether there are bytes to work on.
    fn skip_bom(&mut self, block: &mut Block) -> bool {
        if !self.bom_passed && block.filled > 0 {
            let bytes = &block.buffer[..block.filled];
            if BOM.starts_with(bytes) && bytes.len() < BOM.len() && !self.at_end {
                return false;
            }
            self.bom_passed = true;
            if bytes.starts_with(&BOM) {
                block.drop_front(BOM.len());
            }
        }
        block.filled > 0
    }

    /// Reads what there is: waits for the first byte, never for another.
    fn fill(&mut self, block: &mut Block) {
        // Doubled where a line is longer, so that it is not copied again and again.
        let goal = self.options.block_bytes.max(block.filled * 2);
        if block.buffer.len() < goal {
            block.buffer.resize(goal, 0);
        }
        loop {
            match self.source.read(&mut block.buffer[block.filled..goal]) {
                Err(_) if self.source.is_stopped() => {
                    let left = self.source.has_rest();
                    self.broken = Some(if left { Problem::Left } else { Problem::Stopped });
                }
                Err(error) => self.broken = Some(Problem::Read(error)),
                Ok(0) => self.at_end = true,
                Ok(read) => {
                    block.filled += read;
                    if block.filled < goal && self.source.is_ready() {
                        continue;
                    }
                }
            }
            return;
        }
    }

    /// Makes what can be made of the block's bytes.
    fn step(&mut self, block: &mut Block) -> Step {
        match self.state {
            State::Start => self.start(block),
            State::NoEvents => self.no_events(block),
            State::Lines => self.lines(block),
            State::LongLine => {
                let rest = match memchr(b'\n', block.bytes()) {
                    None => block.end,
                    Some(end) => {
                        self.next_line();
                        end + 1
                    }
                };
                long(block, rest, rest, false)
            }
            State::Between => self.values(block, None),
            State::Elements(depth) => self.values(block, Some(depth)),
            State::Behind(depth) => self.behind(block, depth),
            State::Tail(value) => self.tail(block, value),
            State::BrokenOff => self.unfinished(block, 0),
            State::LongValue(value, depth) => self.long_value(block, value, depth),
        }
    }

    pub(super) fn next_line(&mut self) {
        self.line += 1;
        (self.taken.records, self.taken.is_in_array) = (0, false);
        self.state = State::Lines;
    }

    pub(super) fn lines(&mut self, block: &mut Block) -> Step {
        let (mut at, mut lines, mut blanks, mut blank_bytes) = (0, 0, 0, 0);
        let bytes = block.bytes();
        let event_bytes_max = self.options.event_bytes_max;
        while at < bytes.len() {
            let searched = if at == 0 { self.searched.min(bytes.len()) } else { at };
            let end = memchr(b'\n', &bytes[searched..]).map(|end| searched + end);
            let line = &bytes[at..end.unwrap_or(bytes.len())];
            let is_whole = end.is_some() || self.at_end;
            // Of a line that comes in pieces the beginning is looked at once, or when there is twice as much of it.
            let is_plain = at == 0 && self.is_plain
                || at == 0 && !is_whole && searched > 0 && line.len() < 2 * self.taken.looked
                || self.options.unwrap.is_plain(line);
            match if is_plain { Look::Plain } else { self.options.unwrap.look(line, is_whole, event_bytes_max) } {
                Look::Inside { .. } | Look::Encoded if at > 0 => break,
                // As any value it is looked at again.
                Look::Inside { .. } | Look::Encoded => {
                    self.state = State::Between;
                    return Step::Again { rest: 0 };
                }
                Look::More if at == 0 => self.taken.looked = line.len(),
                Look::Plain if at == 0 && !is_plain => self.is_plain = true,
                Look::Plain | Look::More => {}
            }
            if line.len() - usize::from(line.ends_with(b"\r")) > event_bytes_max {
                if at > 0 {
                    break;
                }
                if end.is_some() {
                    self.line += 1;
                } else {
                    self.state = State::LongLine;
                }
                let rest = end.map_or(bytes.len(), |end| end + 1);
                return long(block, rest, rest, true);
            }
            if !is_whole {
                break;
            }
            let next = end.map_or(bytes.len(), |end| end + 1);
            lines += 1;
            if is_blank(line) {
                blanks += 1;
                blank_bytes += (next - at) as u64;
            }
            at = next;
        }
        if at == 0 {
            return Step::More { rest: 0 };
        }
        self.line += lines;
        block.end = at;
        block.events(lines);
        (block.blanks, block.blank_bytes) = (blanks, blank_bytes);
        Step::Block { rest: at }
    }

    /// Hands on the next events of what was packed.
    fn next_packed(&mut self, block: &mut Block) -> bool {
        loop {
            if let Some(unpacked) = &mut self.taken.unpacked
                && unpacked.next(block)
            {
                break;
            }
            let Some(bytes) = self.taken.packed.pop_front() else {
                self.taken.unpacked = None;
                return false;
            };
            self.taken.unpacked = Some(Box::new(self.packed(bytes)));
        }
        // For people they are records of the line in which they were packed.
        block.lines_of.clear();
        (block.line, block.record) = (self.taken.packed_line, Some(self.taken.records + 1));
        self.taken.records += block.lines;
        true
    }
}

/// A block that is a piece of a line that is too long: its first `end` bytes.
pub(super) fn long(block: &mut Block, end: usize, rest: usize, first: bool) -> Step {
    block.kind = Kind::TooLong { first };
    block.events(u64::from(first));
    block.end = end;
    Step::Block { rest }
}
