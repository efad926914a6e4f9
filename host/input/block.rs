//! A block: a piece of input on its way from reading to writing.

use std::io;
use std::sync::Arc;

use super::decode::Unreadable;

/// A piece of input.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) buffer: Vec<u8>,
    /// How many bytes of the buffer hold input.
    pub(crate) filled: usize,
    /// How many of them are the block; the rest belongs to the next one.
    pub(crate) end: usize,
    pub(crate) file: Arc<str>,
    /// The number of its first line, from 1: in the file, or where it was read in parts, in the part.
    pub(crate) line: u64,
    /// From where on `line` counts.
    pub(crate) starts: Starts,
    /// The number of the line behind it, counted like `line`.
    pub(crate) next_line: u64,
    /// Its lines are the records of the line `line`: the number of the first one, from 1.
    pub(crate) record: Option<u64>,
    /// The line at which each of its events begins, where that is not one line an event: counted like `line`.
    pub(crate) lines_of: Vec<u64>,
    /// Whether its lines may be no events, by what came before: each is checked.
    pub(crate) is_suspect: bool,
    pub(crate) kind: Kind,
    /// How many of its lines are blank, no events, and how long they are together.
    pub(crate) blanks: u64,
    pub(crate) blank_bytes: u64,
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
    /// What wraps records ended among them, or before its own end.
    Unfinished,
    /// The stream was stopped within a line: what was not read of it is not judged.
    Stopped,
    /// The run was stopped before the end of a file.
    Left,
    /// The run was stopped before an input was opened.
    Unopened,
    /// An input begins with what no event begins with. It is read all the same.
    NoEvents,
}

impl Problem {
    /// Whether something of the input was not read.
    pub(crate) fn leaves_unread(&self) -> bool {
        matches!(self, Self::Open(_) | Self::Read(_) | Self::Left | Self::Unopened)
    }

    /// What helps with the input of this name.
    pub(crate) fn hint(&self, name: &str) -> Option<String> {
        let Self::Open(error) = self else { return None };
        error.get_ref()?.downcast_ref::<Unreadable>()?.hint(name)
    }
}

impl Block {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.end]
    }

    pub(crate) fn events(&mut self, lines: u64) {
        (self.lines, self.blanks, self.blank_bytes) = (lines, 0, 0);
    }

    /// The number of a line in its input, given how many lines of the block come before it.
    pub(crate) fn line_of(&self, before: u64) -> u64 {
        let own = usize::try_from(before).ok().and_then(|before| self.lines_of.get(before));
        own.copied().unwrap_or(self.line + if self.record.is_some() { 0 } else { before })
    }

    /// Makes room for `bytes` bytes before what was read from `at` on.
    pub(crate) fn make_room(&mut self, at: usize, bytes: usize) {
        let moved = self.filled + bytes;
        if self.buffer.len() < moved {
            self.buffer.resize(moved, 0);
        }
        self.buffer.copy_within(at..self.filled, at + bytes);
        self.filled = moved;
    }

    /// Drops the first bytes that were read.
    pub(crate) fn drop_front(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.buffer.copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
    }

    /// Makes it hold one event alone, which lies in this line.
    pub(crate) fn hold(&mut self, event: Vec<u8>, line: u64) {
        self.buffer = event;
        self.buffer.push(b'\n');
        (self.filled, self.end) = (self.buffer.len(), self.buffer.len());
        (self.line, self.next_line) = (line, line + 1);
        self.events(1);
        if is_blank(self.buffer.trim_ascii_end()) {
            (self.blanks, self.blank_bytes) = (1, self.end as u64);
        }
    }

    /// Makes it empty, but for what went wrong.
    pub(crate) fn fail(&mut self, file: Arc<str>, starts: Starts, problem: Problem) {
        self.clear();
        (self.filled, self.file, self.starts, self.problem) = (0, file, starts, Some(problem));
        (self.line, self.next_line) = (1, 1);
    }

    /// Makes it a block without lines, whatever was read.
    pub(crate) fn clear(&mut self) {
        self.end = 0;
        self.events(0);
        self.lines_of.clear();
        (self.record, self.is_suspect, self.kind, self.problem) = (None, false, Kind::Lines, None);
    }
}

#[cfg(test)]
impl Block {
    /// A block of these lines.
    pub(crate) fn of(lines: &[u8]) -> Self {
        let mut block = Self { buffer: lines.to_vec(), filled: lines.len(), end: lines.len(), ..Self::default() };
        let all = lines.split_inclusive(|byte| *byte == b'\n');
        block.events(all.clone().count() as u64);
        block.blanks = all.filter(|line| is_blank(line.trim_ascii_end())).count() as u64;
        block
    }
}

/// Whether a line, without its line end or with a carriage return left of it, is no event.
#[inline]
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.first().is_none_or(|byte| *byte <= b' ') && line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
}
