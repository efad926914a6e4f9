//! Lines: the bytes of a source become blocks of whole lines, wrapped ones their records, those too long their pieces.
//!
//! Which sources there are, and in which order, is left to [`input`](super).

use std::io::Read as _;
use std::sync::Arc;

use memchr::memchr;

use crate::input::Reading;
use crate::input::block::{Block, Kind, Problem, Starts, is_blank};
use crate::input::records::{Look, Record};
use crate::input::source::{Source, Stop};

/// A buffer that a long line has made larger than so many blocks is given back.
const BUFFER_KEPT_BLOCKS_MAX: usize = 4;

/// The lines of a file, or of a part of one, as blocks.
pub(crate) struct Lines {
    source: Source,
    name: Arc<str>,
    reading: Arc<Reading>,
    stop: Option<Stop>,
    /// Read but not handed on: the beginning of a line, or of a record.
    rest: Vec<u8>,
    state: State,
    /// The number of the line at which `rest` begins.
    line: u64,
    /// The number of the line behind the last block.
    told_line: u64,
    starts: Starts,
    bom_passed: bool,
    /// Nothing more can be read.
    at_end: bool,
    /// Why nothing more can be read, to be told behind what was read before.
    broken: Option<Problem>,
}

#[derive(Clone, Copy)]
enum State {
    /// At the beginning of a line.
    Lines,
    /// In a wrapped line, between two records; behind so many.
    Records(u64),
    /// In a wrapped line, behind the array.
    Tail,
    /// In a line that is too long.
    LongLine,
    /// In a record that is too long.
    LongRecord(Record, u64),
}

/// What was made of the bytes at hand.
enum Step {
    /// A block, and from where on the bytes that were read belong to the next.
    Block { rest: usize },
    /// Nothing yet: bytes up to here are done with, and more are needed.
    More { rest: usize },
    /// Nothing, but the state has changed.
    Again { rest: usize },
}

impl Lines {
    /// `stop` is what may end it before its time: a part is read to its end.
    pub(crate) fn new(
        source: Source,
        name: Arc<str>,
        reading: Arc<Reading>,
        starts: Starts,
        stop: Option<Stop>,
    ) -> Self {
        Self {
            source,
            name,
            reading,
            stop,
            rest: Vec::new(),
            state: State::Lines,
            line: 1,
            told_line: 1,
            starts,
            bom_passed: starts != Starts::File,
            at_end: false,
            broken: None,
        }
    }

    /// Fills `block`, if there is anything more.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        let block_bytes = self.reading.block_bytes;
        if block.buffer.len() > BUFFER_KEPT_BLOCKS_MAX * block_bytes && self.rest.len() < block_bytes {
            block.buffer = Vec::new();
        }
        block.filled = self.rest.len();
        if block.buffer.len() < block.filled {
            block.buffer.resize(block.filled, 0);
        }
        block.buffer[..block.filled].copy_from_slice(&self.rest);
        self.rest.clear();
        block.events(0, 0);
        block.file.clone_from(&self.name);
        (block.record, block.kind, block.problem) = (None, Kind::Lines, None);
        // A line of which nothing is handed on counts all the same.
        let found = self.fill_and_step(block) || self.line != self.told_line;
        block.next_line = self.line;
        self.told_line = self.line;
        if found {
            block.starts = std::mem::replace(&mut self.starts, Starts::Nothing);
        }
        found
    }

    /// Whether nothing more can come. `false` where that is not known.
    pub(crate) fn are_done(&self) -> bool {
        let in_lines = matches!(self.state, State::Lines) && self.rest.is_empty();
        self.at_end && self.broken.is_none() && in_lines
    }

    fn fill_and_step(&mut self, block: &mut Block) -> bool {
        loop {
            block.line = self.line;
            if self.skip_bom(block) {
                block.end = block.filled;
                match self.step(block) {
                    Step::Block { rest } => {
                        self.rest.extend_from_slice(&block.buffer[rest..block.filled]);
                        return true;
                    }
                    Step::Again { rest } => {
                        block.drop_front(rest);
                        if block.filled > 0 {
                            continue;
                        }
                    }
                    Step::More { rest } => block.drop_front(rest),
                }
            }
            block.end = 0;
            if let Some(problem) = self.broken.take() {
                // A stop between two lines is no loss.
                let told = match problem {
                    Problem::Stopped => block.filled > 0 || !matches!(self.state, State::Lines | State::Tail),
                    _ => true,
                };
                (self.at_end, self.state) = (true, State::Lines);
                block.problem = told.then_some(problem);
                return told;
            }
            if self.at_end {
                let unfinished = matches!(self.state, State::Records(_) | State::LongRecord(..));
                self.state = State::Lines;
                block.problem = unfinished.then_some(Problem::Unfinished);
                return unfinished;
            }
            self.fill(block);
        }
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
        // Doubled where a line is longer, so that it is not looked at again and again.
        let goal = self.reading.block_bytes.max(block.filled * 2);
        if block.buffer.len() < goal {
            block.buffer.resize(goal, 0);
        }
        loop {
            match self.source.read(&mut block.buffer[block.filled..goal]) {
                // A stop cuts a gzip stream short, which is an error to its reader.
                Ok(0) | Err(_) if self.stop.as_ref().is_some_and(Stop::is_asked) => {
                    self.broken = Some(Problem::Stopped)
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
            State::Lines => self.lines(block),
            State::Records(records) => self.records(block, records),
            State::Tail => match memchr(b'\n', block.bytes()) {
                None => Step::More { rest: block.end },
                Some(end) => {
                    self.next_line();
                    Step::Again { rest: end + 1 }
                }
            },
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
            State::LongRecord(mut record, records) => {
                let line_end = memchr(b'\n', block.bytes()).unwrap_or(block.end);
                block.record = Some(records + 1);
                let rest = match record.end(&block.bytes()[..line_end]) {
                    Some(end) => {
                        self.state = State::Records(records + 1);
                        end
                    }
                    None if line_end < block.end => {
                        self.state = State::Records(records + 1);
                        line_end
                    }
                    None => {
                        self.state = State::LongRecord(record, records);
                        block.end
                    }
                };
                long(block, rest, rest, false)
            }
        }
    }

    fn next_line(&mut self) {
        self.line += 1;
        self.state = State::Lines;
    }

    fn lines(&mut self, block: &mut Block) -> Step {
        let (mut at, mut lines, mut blanks) = (0, 0, 0);
        let bytes = block.bytes();
        while at < bytes.len() {
            let end = memchr(b'\n', &bytes[at..]).map(|end| at + end);
            let line = &bytes[at..end.unwrap_or(bytes.len())];
            match self.reading.unwrap.look(line) {
                // What stands before the records is no longer than an event, or else the line is a long one: the same
                // whatever part of it is at hand.
                Look::Inside(records) if records <= self.reading.event_bytes_max => {
                    if at > 0 {
                        break;
                    }
                    self.state = State::Records(0);
                    return Step::Again { rest: records };
                }
                Look::Inside(_) | Look::Plain | Look::More => {}
            }
            if line.len() - usize::from(line.ends_with(b"\r")) > self.reading.event_bytes_max {
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
            if end.is_none() && !self.at_end {
                break;
            }
            lines += 1;
            blanks += u64::from(is_blank(line));
            at = end.map_or(bytes.len(), |end| end + 1);
        }
        if at == 0 {
            return Step::More { rest: 0 };
        }
        self.line += lines;
        block.end = at;
        block.events(lines, blanks);
        Step::Block { rest: at }
    }

    /// Moves the records to the front of the block, a line each.
    ///
    /// Every value is a record, whatever separates it from the next. Where neither a value nor the end of the array
    /// can stand, the rest of the line is handed on as the last record, so that it is not lost.
    fn records(&mut self, block: &mut Block, before: u64) -> Step {
        let line_end = memchr(b'\n', block.bytes());
        let is_whole = line_end.is_some() || self.at_end;
        let mut limit = line_end.unwrap_or(block.end);
        let (mut at, mut to, mut records) = (skip_separators(&block.buffer[..limit], 0), 0, 0);
        let mut closed = false;
        while at < limit && !closed {
            let mut record = match block.buffer[at] {
                b']' => {
                    closed = true;
                    break;
                }
                b'}' | b':' => Record::endless(),
                _ => Record::default(),
            };
            let end = record.end(&block.buffer[at..limit]);
            let len = end.unwrap_or(limit - at);
            if len > self.reading.event_bytes_max {
                if records > 0 {
                    break;
                }
                self.state = match end {
                    None if !is_whole => State::LongRecord(record, before),
                    _ => State::Records(before + 1),
                };
                block.record = Some(before + 1);
                block.buffer.copy_within(at..at + len, 0);
                return long(block, len, at + len, true);
            }
            if end.is_none() && !is_whole {
                break;
            }
            block.buffer.copy_within(at..at + len, to);
            to += len;
            records += 1;
            // What is behind the record is read before the line end can take its place: in compact JSON that is the
            // comma's, or the array's end.
            at = skip_separators(&block.buffer[..limit], at + len);
            if to == at && at < limit {
                if block.buffer[at] == b']' {
                    closed = true;
                    at += 1;
                } else {
                    // No separator, so no JSON. There is room made for all the line ends to come.
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
        }
        self.state = if closed { State::Tail } else { State::Records(before + records) };
        if !closed && at == limit && is_whole {
            block.problem = Some(Problem::Unfinished);
            self.state = State::Lines;
            if line_end.is_some() {
                at += 1;
                self.next_line();
            }
        }
        if records == 0 && block.problem.is_none() {
            return if closed { Step::Again { rest: at } } else { Step::More { rest: at } };
        }
        block.record = Some(before + 1);
        block.end = to;
        block.events(records, 0);
        Step::Block { rest: at }
    }
}

/// The first byte from `at` on that does not separate records, or the end.
fn skip_separators(bytes: &[u8], at: usize) -> usize {
    let separates = |byte: &u8| matches!(byte, b',' | b' ' | b'\t' | b'\r');
    at + bytes[at..].iter().take_while(|byte| separates(byte)).count()
}

/// A block that is a piece of a line that is too long: its first `end` bytes.
fn long(block: &mut Block, end: usize, rest: usize, first: bool) -> Step {
    block.kind = Kind::TooLong { first };
    block.events(u64::from(first), 0);
    block.end = end;
    Step::Block { rest }
}

const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];
