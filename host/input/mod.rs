//! Reading: the inputs, one behind the other, become pieces that threads take.
//!
//! How bytes become blocks of lines is left to [`lines`].

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

mod lines;

pub(crate) mod block;
pub(crate) mod records;
pub(crate) mod source;

use block::{Block, Problem, Starts};
use lines::Lines;
use records::Unwrap;
use source::{Progress, Source, Stop, left, parts};

/// Default of [`Reading::block_bytes`].
pub const BLOCK_BYTES: usize = 1 << 20;
/// Default of [`Reading::event_bytes_max`].
pub const EVENT_BYTES_MAX: usize = 16 << 20;
/// A file that is not read in parts, and has no more bytes than so many blocks, is read by one thread alone.
const SMALL_BLOCKS_MAX: u64 = 4;
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
    /// A part of a file, or a small one, which is left to be read by whoever took it.
    Part(Lines),
}

impl Piece {
    /// Fills `block` with what comes next of the piece, if there is anything more.
    pub(crate) fn next(&mut self, block: &mut Block) -> bool {
        match self {
            Self::Block => true,
            Self::Part(lines) => lines.next(block),
        }
    }

    /// Whether nothing more can come, so that nobody need ask. `false` where that is not known.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Block => true,
            Self::Part(lines) => lines.are_done(),
        }
    }
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
            match input.open().and_then(|file| self.open(Arc::new(file), &name)) {
                Ok(Some(piece)) => return Some(piece),
                Ok(None) => {}
                Err(_) if self.stop.is_asked() => return None,
                Err(error) => {
                    block.fail(name, Starts::File, Problem::Open(error));
                    return Some(Piece::Block);
                }
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

    /// Opens an input. A file of many lines is handed out in parts, a small one as a whole, and of any other the blocks are
    /// read one by one.
    fn open(&mut self, file: Arc<File>, name: &Arc<str>) -> io::Result<Option<Piece>> {
        if let Some(left) = left(&file)? {
            let block_bytes = self.reading.block_bytes as u64;
            // With the rest of its last line it fits into a block.
            if let Some(rest) = parts(&file, &left, block_bytes - block_bytes / 16)? {
                let name = name.clone();
                self.parts = Some(Parts { file, name, rest: rest.into(), starts: Starts::File });
                return Ok(None);
            }
            if left.end - left.start <= SMALL_BLOCKS_MAX * block_bytes {
                // It is read to its end: others may have been read that come behind it.
                let source = Source::new(file, &Stop::default(), &self.progress)?;
                return Ok(Some(Piece::Part(self.lines(source, name.clone(), Starts::File, None))));
            }
        }
        let source = Source::new(file, &self.stop, &self.progress)?;
        self.open = Some(self.lines(source, name.clone(), Starts::File, Some(self.stop.clone())));
        Ok(None)
    }

    fn lines(&self, source: Source, name: Arc<str>, starts: Starts, stop: Option<Stop>) -> Lines {
        Lines::new(source, name, self.reading.clone(), starts, stop)
    }
}
