//! Reading: the inputs, one behind the other, become pieces that threads take.
//!
//! How bytes become blocks of lines is left to [`lines`].

use std::collections::VecDeque;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::fs::{OFlags, fcntl_getfl};

mod encoded;
mod follow;
mod lines;
mod start;
mod utf16;
mod values;

pub(crate) mod block;
pub(crate) mod decode;
pub(crate) mod source;
pub(crate) mod unwrap;

use block::{Block, Problem, Starts};
use lines::Lines;
use source::{Progress, Source, Stop, left, parts};
use start::Shape;
use unwrap::Unwrap;

/// Default of [`Reading::block_bytes`].
pub const BLOCK_BYTES: usize = 1 << 20;
/// Default of [`Reading::event_bytes_max`].
pub const EVENT_BYTES_MAX: usize = 16 << 20;
/// A file of at most this many blocks that is not read in parts is left to one thread.
const SMALL_BLOCKS_MAX: u64 = 4;
/// The name of stdin in messages.
const STDIN: &str = "<stdin>";

/// What is read, and how.
#[derive(Debug)]
pub struct Reading {
    /// What is read, in this order.
    pub inputs: Vec<Input>,
    /// What wraps many events.
    pub unwrap: Unwrap,
    /// The longest event, in bytes.
    pub event_bytes_max: usize,
    /// How much is read before it is handed on, where more lies ready, in bytes.
    pub block_bytes: usize,
}

/// How inputs are read.
#[derive(Debug)]
struct Options {
    unwrap: Unwrap,
    event_bytes_max: usize,
    block_bytes: usize,
}

/// A stream of events.
pub enum Input {
    /// Standard input.
    Stdin,
    /// A file, or a pipe with a name.
    File(PathBuf),
    /// An open file, and what to call it in messages.
    Open(File, String),
    /// Whatever can be read, and what to call it in messages. What a read gives is judged at once; a read that waits is
    /// not woken by a [`Stop`].
    Reader(Box<dyn Read + Send>, String),
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Input").field(&self.name()).finish()
    }
}

impl Input {
    /// The name in messages.
    fn name(&self) -> Arc<str> {
        match self {
            Self::Stdin => STDIN.into(),
            Self::File(path) => path.to_string_lossy().into(),
            Self::Open(_, name) | Self::Reader(_, name) => name.as_str().into(),
        }
    }

    fn open(self) -> io::Result<Opened> {
        Ok(Opened::File(match self {
            Self::Stdin => stdin()?,
            // A pipe without a writer is not waited for here, but where a stop wakes.
            Self::File(path) => File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?,
            Self::Open(file, _) => file,
            Self::Reader(reader, _) => return Ok(Opened::Reader(reader)),
        }))
    }
}

enum Opened {
    File(File),
    Reader(Box<dyn Read + Send>),
}

/// Standard input. One that was closed when the process began was opened by Rust's runtime on the null device, for
/// writing too, which no shell does.
fn stdin() -> io::Result<File> {
    let file = File::from(rustix::stdio::stdin().try_clone_to_owned()?);
    let is_null = || {
        let null = std::fs::metadata("/dev/null")?;
        let data = file.metadata()?;
        io::Result::Ok(data.file_type().is_char_device() && data.rdev() == null.rdev())
    };
    if fcntl_getfl(&file)? & OFlags::ACCMODE == OFlags::RDWR && is_null().unwrap_or(false) {
        return Err(io::Error::other("it is closed"));
    }
    Ok(file)
}

/// Hands out the input, piece by piece, in its order.
pub(crate) struct Reader {
    options: Arc<Options>,
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
    /// A part of a file, or a small file, read by the thread that took it.
    Part(Box<Lines>),
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
    pub(crate) fn new(reading: Reading, stop: Stop, progress: Arc<Progress>) -> Self {
        let Reading { inputs, unwrap, event_bytes_max, block_bytes } = reading;
        let options = Options { unwrap, event_bytes_max, block_bytes: block_bytes.max(1) };
        Self { options: Arc::new(options), stop, progress, inputs: inputs.into(), open: None, parts: None }
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
                return self.unread(block);
            }
            if let Some(piece) = self.next_part(block) {
                return Some(piece);
            }
            let input = self.inputs.pop_front()?;
            let name = input.name();
            match input.open().and_then(|opened| self.open(opened, &name)) {
                Ok(Some(piece)) => return Some(piece),
                Ok(None) => {}
                Err(error) => {
                    let stopped = self.stop.is_asked();
                    block.fail(name, Starts::File, if stopped { Problem::Unopened } else { Problem::Open(error) });
                    return Some(Piece::Block);
                }
            }
        }
    }

    /// Tells, input by input, what a stop leaves unread.
    fn unread(&mut self, block: &mut Block) -> Option<Piece> {
        let parts = self.parts.take().filter(|parts| !parts.rest.is_empty());
        if let Some(Parts { name, starts, .. }) = parts {
            block.fail(name, starts, Problem::Left);
        } else {
            block.fail(self.inputs.pop_front()?.name(), Starts::File, Problem::Unopened);
        }
        Some(Piece::Block)
    }

    fn next_part(&mut self, block: &mut Block) -> Option<Piece> {
        let parts = self.parts.as_mut()?;
        let Some(range) = parts.rest.pop_front() else {
            self.parts = None;
            return None;
        };
        let (name, starts) = (parts.name.clone(), std::mem::replace(&mut parts.starts, Starts::Part));
        let (file, is_first) = (parts.file.clone(), starts == Starts::File);
        match Source::part(file, range, is_first, &self.stop, self.grace(), &self.progress) {
            Ok(source) => Some(Piece::Part(Box::new(self.lines(source, name, starts, Some(Shape::Lines))))),
            Err(error) => {
                block.fail(name, starts, Problem::Read(error));
                Some(Piece::Block)
            }
        }
    }

    /// Opens an input. A file of many lines is handed out in parts, a small one as a whole, and of any other the blocks are
    /// read one by one.
    fn open(&mut self, opened: Opened, name: &Arc<str>) -> io::Result<Option<Piece>> {
        let file = match opened {
            Opened::File(file) => Arc::new(file),
            Opened::Reader(reader) => {
                let source = Source::reader(reader, &self.stop, &self.progress)?;
                self.open = Some(self.lines(source, name.clone(), Starts::File, None));
                return Ok(None);
            }
        };
        if let Some(left) = left(&file)? {
            let block_bytes = self.options.block_bytes as u64;
            // With the rest of its last line it fits into a block.
            if let Some(rest) = parts(&file, &left, block_bytes - block_bytes / 16, &self.options.unwrap)? {
                let name = name.clone();
                self.parts = Some(Parts { file, name, rest: rest.into(), starts: Starts::File });
                return Ok(None);
            }
            if left.end - left.start <= self.grace() {
                // It is read to its end, unless it is packed and much larger: others may have been read that come behind it.
                let source = Source::file(file, &self.stop, self.grace(), &self.progress)?;
                return Ok(Some(Piece::Part(Box::new(self.lines(source, name.clone(), Starts::File, None)))));
            }
        }
        let source = Source::file(file, &self.stop, 0, &self.progress)?;
        self.open = Some(self.lines(source, name.clone(), Starts::File, None));
        Ok(None)
    }

    /// How many bytes a thread may still read of a piece that it took before a stop.
    fn grace(&self) -> u64 {
        SMALL_BLOCKS_MAX * self.options.block_bytes as u64
    }

    fn lines(&self, source: Source, name: Arc<str>, starts: Starts, shape: Option<Shape>) -> Lines {
        Lines::new(source, name, self.options.clone(), starts, shape)
    }
}
