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

use crate::source::{Source, Stop, parts};
use crate::unwrap::{Look, Record, Unwrap};

/// How much is read before it is handed on, where more lies ready.
const BLOCK_BYTES: usize = 1 << 20;
/// A buffer that a long line has made larger than this is given back.
const BUFFER_KEPT_BYTES_MAX: usize = 4 * BLOCK_BYTES;
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
    /// The stream was stopped within a line, which was not judged.
    Stopped,
}

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    fn events(&mut self, lines: u64, blanks: u64) {
        (self.lines, self.blanks) = (lines, blanks);
    }

    /// Makes it empty, but for what went wrong.
    fn fail(&mut self, file: Arc<str>, starts: Starts, problem: Problem) {
        self.end = 0;
        self.events(0, 0);
        (self.file, self.starts, self.problem) = (file, starts, Some(problem));
        (self.line, self.next_line, self.record, self.kind) = (1, 1, None, Kind::Lines);
    }
}

/// Hands out the input, piece by piece, in its order.
pub(crate) struct Reader {
    reading: Arc<Reading>,
    stop: Stop,
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

/// The size of a part: with the rest of its last line it fits into a block.
const PART_BYTES: u64 = BLOCK_BYTES as u64 - (64 << 10);

impl Reader {
    pub(crate) fn new(mut reading: Reading, stop: Stop) -> Self {
        let inputs = std::mem::take(&mut reading.inputs).into();
        Self { reading: Arc::new(reading), stop, inputs, open: None, parts: None }
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
        match Source::part(parts.file.clone(), range, starts == Starts::File) {
            Ok(source) => Some(Piece::Part(self.lines(source, name, starts))),
            Err(error) => {
                block.fail(name, starts, Problem::Read(error));
                Some(Piece::Block)
            }
        }
    }

    fn open(&mut self, file: Arc<File>, name: &Arc<str>) -> io::Result<()> {
        match parts(&file, PART_BYTES)? {
            Some(rest) => {
                let name = name.clone();
                self.parts = Some(Parts { file, name, rest: rest.into(), starts: Starts::File });
            }
            None => self.open = Some(self.lines(Source::new(file, &self.stop)?, name.clone(), Starts::File)),
        }
        Ok(())
    }

    fn lines(&self, source: Source, name: Arc<str>, starts: Starts) -> Lines {
        Lines {
            source,
            name,
            reading: self.reading.clone(),
            stop: self.stop.clone(),
            rest: Vec::new(),
            state: State::Lines,
            line: 1,
            starts,
            bom_passed: starts != Starts::File,
            at_end: false,
        }
    }
}

/// The lines of a file, or of a part of one, as blocks.
pub(crate) struct Lines {
    source: Source,
    name: Arc<str>,
    reading: Arc<Reading>,
    stop: Stop,
    /// Read but not handed on: the beginning of a line, or of a record.
    rest: Vec<u8>,
    state: State,
    /// The number of the line at which `rest` begins.
    line: u64,
    starts: Starts,
    bom_passed: bool,
    /// Nothing more can be read.
    at_end: bool,
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
    /// A block, and from where on its buffer's bytes belong to the next.
    Block { rest: usize },
    /// Nothing yet: bytes up to here are done with, and more are needed.
    More { rest: usize },
    /// Nothing, but the state has changed.
    Again { rest: usize },
}

impl Lines {
    /// Fills `block`, if there is anything more.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        if block.buffer.len() > BUFFER_KEPT_BYTES_MAX && self.rest.len() < BLOCK_BYTES {
            block.buffer = Vec::new();
        }
        block.end = self.rest.len();
        if block.buffer.len() < block.end {
            block.buffer.resize(block.end, 0);
        }
        block.buffer[..block.end].copy_from_slice(&self.rest);
        self.rest.clear();
        block.events(0, 0);
        block.file.clone_from(&self.name);
        (block.record, block.kind, block.problem) = (None, Kind::Lines, None);
        let found = self.fill_and_step(block);
        block.next_line = self.line;
        if found {
            block.starts = std::mem::replace(&mut self.starts, Starts::Nothing);
        }
        found
    }

    fn fill_and_step(&mut self, block: &mut Block) -> bool {
        loop {
            block.line = self.line;
            let filled = self.skip_bom(block);
            if filled > 0 {
                match self.step(block) {
                    Step::Block { rest } => {
                        self.rest.extend_from_slice(&block.buffer[rest..filled]);
                        return true;
                    }
                    Step::Again { rest } => {
                        block.buffer.copy_within(rest..filled, 0);
                        block.end = filled - rest;
                        if block.end > 0 {
                            continue;
                        }
                    }
                    Step::More { rest } => {
                        block.buffer.copy_within(rest..filled, 0);
                        block.end = filled - rest;
                    }
                }
            }
            if self.at_end {
                block.end = 0;
                let unfinished = matches!(self.state, State::Records(_) | State::LongRecord(..));
                self.state = State::Lines;
                block.problem = unfinished.then_some(Problem::Unfinished);
                return unfinished;
            }
            let read = self.fill(block);
            let stopped = self.at_end && self.stop.is_asked() && block.end > 0;
            if read.is_err() || stopped {
                // What was read of this line is no event, and nothing comes behind it.
                block.end = 0;
                self.at_end = true;
                block.problem = Some(read.map_or_else(Problem::Read, |()| Problem::Stopped));
                return true;
            }
        }
    }

    /// Drops the byte order mark, and says how many bytes can be worked on.
    fn skip_bom(&mut self, block: &mut Block) -> usize {
        if !self.bom_passed && block.end > 0 {
            if BOM.starts_with(block.bytes()) && block.end < BOM.len() && !self.at_end {
                return 0;
            }
            self.bom_passed = true;
            if block.bytes().starts_with(&BOM) {
                block.buffer.copy_within(BOM.len()..block.end, 0);
                block.end -= BOM.len();
            }
        }
        block.end
    }

    /// Reads what there is: waits for the first byte, never for another.
    fn fill(&mut self, block: &mut Block) -> io::Result<()> {
        // Doubled where a line is longer, so that it is not looked at again and again.
        let goal = BLOCK_BYTES.max(block.end * 2);
        if block.buffer.len() < goal {
            block.buffer.resize(goal, 0);
        }
        loop {
            let read = self.source.read(&mut block.buffer[block.end..goal])?;
            block.end += read;
            self.at_end = read == 0;
            if self.at_end || block.end == goal || !self.source.is_ready() {
                return Ok(());
            }
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
                Look::Inside(records) if at == 0 => {
                    self.state = State::Records(0);
                    return Step::Again { rest: records };
                }
                Look::Inside(_) => break,
                Look::Plain | Look::More => {}
            }
            if line.len() > self.reading.event_bytes_max {
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
    fn records(&mut self, block: &mut Block, before: u64) -> Step {
        let line_end = memchr(b'\n', block.bytes());
        let limit = line_end.unwrap_or(block.end);
        let is_whole = line_end.is_some() || self.at_end;
        let (mut at, mut to, mut records) = (skip_separators(&block.buffer[..limit], 0), 0, 0);
        let closed = loop {
            if at == limit {
                break false;
            }
            if matches!(block.buffer[at], b']' | b'}') {
                break true;
            }
            let mut record = Record::default();
            let end = record.end(&block.buffer[at..limit]);
            let len = end.unwrap_or(limit - at);
            if len > self.reading.event_bytes_max {
                if records > 0 {
                    break false;
                }
                self.state = match end {
                    None if !is_whole => State::LongRecord(record, before),
                    _ => State::Records(before + 1),
                };
                block.record = Some(before + 1);
                block.buffer.copy_within(at..at + len, 0);
                block.end = len;
                return long(block, len, at + len, true);
            }
            if end.is_none() && !is_whole {
                break false;
            }
            block.buffer.copy_within(at..at + len, to);
            to += len;
            // What is behind the record is read before the line end can take its place: in compact JSON that is the
            // comma's.
            at = skip_separators(&block.buffer[..limit], at + len);
            let behind = block.buffer[..limit].get(at).copied();
            if to == block.buffer.len() {
                block.buffer.push(0);
            }
            block.buffer[to] = b'\n';
            to += 1;
            records += 1;
            if to > at && at < limit {
                // No separator: the end of the array, or no JSON at all, which no reader could go on in.
                at += 1;
                if !matches!(behind, Some(b']' | b'}')) {
                    block.problem = Some(Problem::Unfinished);
                }
                break true;
            }
        };
        self.state = if closed { State::Tail } else { State::Records(before + records) };
        if !closed && at >= limit && is_whole {
            block.problem = Some(Problem::Unfinished);
            self.state = State::Lines;
            if line_end.is_some() {
                at = limit + 1;
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

#[inline]
fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(|byte| *byte <= b' ') && line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
