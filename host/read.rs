//! Reading: files and stdin become blocks of whole lines.
//!
//! A block is what there is: about a megabyte of a fast stream, one line of a slow one. A wrapped line becomes blocks of
//! its records, a line each. A line too long to be judged becomes pieces that are copied or dropped, never held whole.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use memchr::memchr;

use crate::source::{Progress, Source, Stop, parts};
use crate::unwrap::{Look, Record, Unwrap};

/// Default of [`Reading::block_bytes`].
pub const BLOCK_BYTES: usize = 1 << 20;
/// A buffer that a long line has made larger than so many blocks is given back.
const BUFFER_KEPT_BLOCKS_MAX: usize = 4;
/// Default of [`Reading::event_bytes_max`].
pub const EVENT_BYTES_MAX: usize = 16 << 20;
/// The name of stdin in messages.
const STDIN: &str = "<stdin>";

/// What is read, and how.
#[derive(Debug)]
pub struct Reading {
    /// What is read, in this order.
    pub inputs: Vec<Input>,
    /// Which lines wrap records.
    pub unwrap: Unwrap,
    /// The longest event, in bytes.
    pub event_bytes_max: usize,
    /// How much is read before it is handed on, where more lies ready, in bytes.
    pub block_bytes: usize,
}

/// A stream of lines.
#[derive(Debug)]
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, or a pipe with a name.
    File(PathBuf),
    /// An open file, and what to call it in messages.
    Open(File, String),
}

impl Input {
    /// The name in messages.
    fn name(&self) -> Arc<str> {
        match self {
            Self::Stdin => STDIN.into(),
            Self::File(path) => path.to_string_lossy().into(),
            Self::Open(_, name) => name.as_str().into(),
        }
    }

    fn open(self) -> io::Result<File> {
        match self {
            Self::Stdin => Ok(File::from(rustix::stdio::stdin().try_clone_to_owned()?)),
            Self::File(path) => File::open(path),
            Self::Open(file, _) => Ok(file),
        }
    }
}

/// A piece of input.
#[derive(Debug, Default)]
pub(crate) struct Block {
    buffer: Vec<u8>,
    /// So many bytes of the buffer were read.
    filled: usize,
    /// So many bytes of the buffer are the block; those behind it that were read are the next one's.
    end: usize,
    pub(crate) file: Arc<str>,
    /// The number of its first line, from 1: in the file, or where it was read in parts, in the part.
    pub(crate) line: u64,
    /// From where on `line` counts.
    pub(crate) starts: Starts,
    /// The number of the line behind it, counted like `line`.
    pub(crate) next_line: u64,
    /// Its lines are the records of the line `line`: the number of the first one, from 1.
    pub(crate) record: Option<u64>,
    pub(crate) kind: Kind,
    /// How many of its lines are blank: no events.
    pub(crate) blanks: u64,
    pub(crate) lines: u64,
    /// What went wrong behind its last line.
    pub(crate) problem: Option<Problem>,
}

/// From where on lines are counted: a part of a file is read before anyone knows how many lines come before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Starts {
    /// A file begins here.
    File,
    /// A part of a file begins here.
    Part,
    /// As in the block before.
    #[default]
    Nothing,
}

/// What a block's bytes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole lines. Only the last line of a file may be without line end.
    #[default]
    Lines,
    /// A piece of a line that is longer than an event may be.
    TooLong {
        /// Whether the line begins here.
        first: bool,
    },
}

/// What can go wrong with a file.
#[derive(Debug)]
pub(crate) enum Problem {
    /// It cannot be opened.
    Open(io::Error),
    /// It cannot be read on.
    Read(io::Error),
    /// A wrapped line ended among its records.
    Unfinished,
    /// The stream was stopped within a line: what was not read of it is not judged.
    Stopped,
}

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    fn events(&mut self, lines: u64, blanks: u64) {
        (self.lines, self.blanks) = (lines, blanks);
    }

    /// Moves what was read from `at` on by so many bytes.
    fn make_room(&mut self, at: usize, bytes: usize) {
        let moved = self.filled + bytes;
        if self.buffer.len() < moved {
            self.buffer.resize(moved, 0);
        }
        self.buffer.copy_within(at..self.filled, at + bytes);
        self.filled = moved;
    }

    /// Drops the first bytes that were read.
    fn drop_front(&mut self, bytes: usize) {
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }

    /// Makes it empty, but for what went wrong.
    fn fail(&mut self, file: Arc<str>, starts: Starts, problem: Problem) {
        (self.filled, self.end) = (0, 0);
        self.events(0, 0);
        (self.file, self.starts, self.problem) = (file, starts, Some(problem));
        (self.line, self.next_line, self.record, self.kind) = (1, 1, None, Kind::Lines);
    }
}

#[cfg(test)]
impl Block {
    /// A block of these lines.
    pub(crate) fn of(lines: &[u8]) -> Self {
        let mut block = Self { buffer: lines.to_vec(), filled: lines.len(), end: lines.len(), ..Self::default() };
        let all = lines.split_inclusive(|byte| *byte == b'\n');
        block.events(all.clone().count() as u64, all.filter(|line| is_blank(line.trim_ascii_end())).count() as u64);
        block
    }
}

/// Hands out the input, piece by piece, in its order.
pub(crate) struct Reader {
    reading: Arc<Reading>,
    stop: Stop,
    progress: Arc<Progress>,
    inputs: VecDeque<Input>,
    open: Option<Lines>,
    parts: Option<Parts>,
}

/// A file that is read in parts.
struct Parts {
    file: Arc<File>,
    name: Arc<str>,
    /// The parts that no one took yet.
    rest: VecDeque<Range<u64>>,
    starts: Starts,
}

/// A piece of the input.
pub(crate) enum Piece {
    /// The block was filled.
    Block,
    /// A part of a file, which is left to be read by whoever took it.
    Part(Lines),
}

impl Reader {
    pub(crate) fn new(mut reading: Reading, stop: Stop, progress: Arc<Progress>) -> Self {
        let inputs = std::mem::take(&mut reading.inputs).into();
        reading.block_bytes = reading.block_bytes.max(1);
        Self { reading: Arc::new(reading), stop, progress, inputs, open: None, parts: None }
    }

    /// Fills `block` with what comes next, or gives a part to read. `None` at the end of the input.
    pub(crate) fn next(&mut self, block: &mut Block) -> Option<Piece> {
        loop {
            if let Some(open) = &mut self.open {
                if open.next(block) {
                    return Some(Piece::Block);
                }
                self.open = None;
            }
            if self.stop.is_asked() {
                return None;
            }
            if let Some(piece) = self.next_part(block) {
                return Some(piece);
            }
            let input = self.inputs.pop_front()?;
            let name = input.name();
            if let Err(error) = input.open().and_then(|file| self.open(Arc::new(file), &name)) {
                if self.stop.is_asked() {
                    return None;
                }
                block.fail(name, Starts::File, Problem::Open(error));
                return Some(Piece::Block);
            }
        }
    }

    fn next_part(&mut self, block: &mut Block) -> Option<Piece> {
        let parts = self.parts.as_mut()?;
        let Some(range) = parts.rest.pop_front() else {
            self.parts = None;
            return None;
        };
        let (name, starts) = (parts.name.clone(), std::mem::replace(&mut parts.starts, Starts::Part));
        match Source::part(parts.file.clone(), range, starts == Starts::File, &self.progress) {
            Ok(source) => Some(Piece::Part(self.lines(source, name, starts, None))),
            Err(error) => {
                block.fail(name, starts, Problem::Read(error));
                Some(Piece::Block)
            }
        }
    }

    fn open(&mut self, file: Arc<File>, name: &Arc<str>) -> io::Result<()> {
        // With the rest of its last line it fits into a block.
        let part_bytes = self.reading.block_bytes - self.reading.block_bytes / 16;
        match parts(&file, part_bytes as u64)? {
            Some(rest) => {
                let name = name.clone();
                self.parts = Some(Parts { file, name, rest: rest.into(), starts: Starts::File });
            }
            None => {
                let source = Source::new(file, &self.stop, &self.progress)?;
                self.open = Some(self.lines(source, name.clone(), Starts::File, Some(self.stop.clone())));
            }
        }
        Ok(())
    }

    fn lines(&self, source: Source, name: Arc<str>, starts: Starts, stop: Option<Stop>) -> Lines {
        Lines {
            source,
            name,
            reading: self.reading.clone(),
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
}

/// The lines of a file, or of a part of one, as blocks.
pub(crate) struct Lines {
    source: Source,
    name: Arc<str>,
    reading: Arc<Reading>,
    /// What may end it before its time. `None`: a part is read to its end.
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

    /// Whether nothing more can come, so that nobody need ask. `false` where that is not known.
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

/// Whether a line, without its line end or with a carriage return left of it, is no event.
#[inline]
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(|byte| *byte <= b' ') && line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
