//! Where bytes come from: a file or a part of one, a pipe, a reader. What they are is left to [`decode`](super::decode),
//! what lines they make to [`lines`](super::lines).

use std::fs::File;
use std::io::{self, Cursor, IsTerminal as _, Read, Seek};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt as _, FileTypeExt as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use memchr::memchr;
use rustix::event::{PollFd, PollFlags, poll};

use super::decode::{Unreadable, decoded, is_plain};
use super::start::{BOM, HEAD_BYTES_MAX, Shape};
use super::unwrap::Unwrap;

/// How much is read at first in search of the beginning and the end of a part's lines.
const BORDER_BYTES: usize = 4 << 10;
/// How long after a stop a stream is read on while more lies ready, in seconds: whoever writes may never pause.
const DRAIN_SECONDS_MAX: u64 = 2;

/// Asks all sources to stop, and wakes the one that waits for input.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Readable once it was asked.
    wake: Option<Arc<OwnedFd>>,
    /// Until when streams are read on; known once one has seen that it was asked.
    drained_by: Arc<OnceLock<Instant>>,
}

impl Stop {
    /// A stop that is asked for by setting `asked` and then writing to the other end of `wake`.
    pub fn new(asked: Arc<AtomicBool>, wake: OwnedFd) -> Self {
        Self { asked, wake: Some(Arc::new(wake)), drained_by: Arc::default() }
    }

    /// Whether someone asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Whether a stream may still be read, as far as more lies ready.
    fn drains(&self) -> bool {
        let end = || Instant::now() + Duration::from_secs(DRAIN_SECONDS_MAX);
        Instant::now() < *self.drained_by.get_or_init(end)
    }
}

/// How far a run has come, for a progress bar.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read of the inputs as they lie there, compressed or not.
    pub bytes: AtomicU64,
    /// Events judged.
    pub events: AtomicU64,
    /// Alerts found.
    pub alerts: AtomicU64,
    /// Bytes written.
    pub written: AtomicU64,
}

/// A stream of bytes that is being read, as UTF-8.
pub(crate) struct Source {
    reader: Box<dyn Read + Send>,
    waits: Waits,
    /// Whether a stop leaves something unread that anyone could count: the rest of a file.
    has_rest: bool,
    stop: Stop,
    /// How much may still be read after a stop.
    grace: u64,
}

/// What to wait on for more.
enum Waits {
    /// A regular file never waits.
    Never,
    /// Until this can be read.
    On(Arc<File>),
    /// Nobody knows.
    Unknown,
}

/// What a read gives after a stop.
fn stopped() -> io::Error {
    io::Error::other("stopped")
}

impl Source {
    /// Reads an open file from its current position, and after a stop at most the given number of bytes.
    pub(crate) fn file(file: Arc<File>, stop: &Stop, grace: u64, progress: &Arc<Progress>) -> io::Result<Self> {
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(Unreadable::FOLDER.into());
        }
        let waits = (!kind.is_file()).then(|| file.clone());
        let patient =
            Patient { file: file.clone(), waits: waits.is_some(), stop: stop.clone(), progress: progress.clone() };
        let decoded = decoded(patient)?;
        let begins = |byte: u8| byte.is_ascii_whitespace() || b"{[\x1E\xEF".contains(&byte);
        if kind.is_char_device() && !decoded.is_changed && !decoded.first.is_none_or(begins) && !file.is_terminal() {
            return Err(Unreadable::DEVICE.into());
        }
        let has_rest = waits.is_none();
        let waits = waits.map_or(Waits::Never, Waits::On);
        Ok(Self { reader: decoded.reader, waits, has_rest, stop: stop.clone(), grace })
    }

    /// Reads what someone else reads.
    pub(crate) fn reader(reader: Box<dyn Read + Send>, stop: &Stop, progress: &Arc<Progress>) -> io::Result<Self> {
        let counted = Counted { reader, progress: progress.clone() };
        let reader = decoded(counted)?.reader;
        Ok(Self { reader, waits: Waits::Unknown, has_rest: false, stop: stop.clone(), grace: 0 })
    }

    /// Reads bytes that are UTF-8.
    pub(crate) fn bytes(bytes: Vec<u8>) -> Self {
        let reader = Box::new(Cursor::new(bytes));
        Self { reader, waits: Waits::Never, has_rest: false, stop: Stop::default(), grace: 0 }
    }

    /// Reads the lines that begin in a part of a file, and after a stop at most the given number of bytes.
    pub(crate) fn part(
        file: Arc<File>,
        part: Range<u64>,
        is_first: bool,
        stop: &Stop,
        grace: u64,
        progress: &Arc<Progress>,
    ) -> io::Result<Self> {
        let mut lines = PartLines { file, at: part.start, end: part.end, ended: false, progress: progress.clone() };
        if !is_first {
            lines.skip_line()?;
        }
        Ok(Self { reader: Box::new(lines), waits: Waits::Never, has_rest: true, stop: stop.clone(), grace })
    }

    /// Whether a read would not wait. Where it is not known, it says that it would.
    pub(crate) fn is_ready(&self) -> bool {
        let file = match &self.waits {
            Waits::Never => return true,
            Waits::On(file) => file,
            Waits::Unknown => return false,
        };
        is_ready(file)
    }

    /// Whether a stop was asked for, and the last read failed because of it.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_asked()
    }

    /// Whether what a stop leaves unread is the rest of a file, and not what a stream may still bring.
    pub(crate) fn has_rest(&self) -> bool {
        self.has_rest
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = buffer;
        if self.stop.is_asked() && matches!(self.waits, Waits::On(_)) {
            // What lies ready is told where bytes come from; what was packed may be far more.
            if !self.stop.drains() {
                return Err(stopped());
            }
        } else if self.stop.is_asked() {
            if self.grace == 0 {
                return Err(stopped());
            }
            let len = buffer.len().min(usize::try_from(self.grace).unwrap_or(usize::MAX));
            buffer = &mut buffer[..len];
            self.grace -= len as u64;
        }
        loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

/// What of a regular file is left to read, as far as it goes now. `None` for what is no such file, or seems empty: files
/// that the kernel makes up say so, whatever they hold.
pub(crate) fn left(file: &File) -> io::Result<Option<Range<u64>>> {
    let data = file.metadata()?;
    if !data.is_file() {
        return Ok(None);
    }
    let left = (&*file).stream_position()?..data.len();
    Ok((!left.is_empty()).then_some(left))
}

/// The parts of `part_bytes` in which several threads can read what is left of a file at once, if it has many lines.
/// Its beginning must tell that its lines are events, and lie in the first part: nobody looks for it in another.
pub(crate) fn parts(
    file: &File,
    left: &Range<u64>,
    part_bytes: u64,
    unwrap: &Unwrap,
) -> io::Result<Option<Vec<Range<u64>>>> {
    let Range { start, end } = *left;
    if end - start <= part_bytes {
        return Ok(None);
    }
    // Where the first line is longer, most of the parts would hold no line's beginning.
    let mut head = vec![0; HEAD_BYTES_MAX];
    let read = file.read_at(&mut head, start)?;
    let head = &head[..read];
    let text = head.strip_prefix(&BOM).unwrap_or(head);
    let blank = head.len() - text.trim_ascii_start().len();
    if !is_plain(head)
        || memchr(b'\n', head).is_none()
        || (unwrap.looks() && (blank as u64 >= part_bytes || Shape::tell(text, true, unwrap) != Some(Shape::Lines)))
    {
        return Ok(None);
    }
    let mut parts: Vec<_> = (start..end).step_by(part_bytes as usize).map(|at| at..at + part_bytes).collect();
    // The file may have grown meanwhile.
    parts.last_mut().expect("the file is longer than a part").end = u64::MAX;
    Ok(Some(parts))
}

/// The lines that begin in a part of a file: from behind the first line end, that of the byte before the part included,
/// to the end of the line in which the part ends.
struct PartLines {
    file: Arc<File>,
    at: u64,
    end: u64,
    ended: bool,
    progress: Arc<Progress>,
}

impl PartLines {
    /// Passes the line that began before the part.
    fn skip_line(&mut self) -> io::Result<()> {
        self.at -= 1;
        let mut buffer = [0; BORDER_BYTES];
        loop {
            let read = self.file.read_at(&mut buffer, self.at)?;
            let line_end = memchr(b'\n', &buffer[..read]);
            self.at += line_end.map_or(read, |line_end| line_end + 1) as u64;
            self.ended = read == 0 || self.at >= self.end;
            if line_end.is_some() || self.ended {
                return Ok(());
            }
        }
    }
}

impl Read for PartLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ended {
            return Ok(0);
        }
        let within = self.end.saturating_sub(self.at);
        // More and more at once of a last line that does not end.
        let behind = usize::try_from(self.at.saturating_sub(self.end)).unwrap_or(usize::MAX);
        let len = if within > 0 { usize::try_from(within).unwrap_or(usize::MAX) } else { behind.max(BORDER_BYTES) };
        let len = len.min(buffer.len());
        let mut read = self.file.read_at(&mut buffer[..len], self.at)?;
        if within == 0
            && let Some(line_end) = memchr(b'\n', &buffer[..read])
        {
            read = line_end + 1;
        }
        self.at += read as u64;
        self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        self.ended = read == 0 || (self.at >= self.end && buffer[read - 1] == b'\n');
        Ok(read)
    }
}

/// Whether a read of a file would not wait.
fn is_ready(file: &File) -> bool {
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&now)), Ok(1..))
}

/// A file that waits for input and for a stop at once. After a stop it fails once nothing lies ready any more: that is
/// not its end.
struct Patient {
    file: Arc<File>,
    waits: bool,
    stop: Stop,
    progress: Arc<Progress>,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.waits {
                self.wait()?;
                if self.stop.is_asked() && !(self.stop.drains() && is_ready(&self.file)) {
                    return Err(stopped());
                }
            }
            match (&*self.file).read(buffer) {
                // It was opened not to wait, by us or by someone who shares it.
                Err(error) if self.waits && error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
                Ok(read) => {
                    self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
                    return Ok(read);
                }
            }
        }
    }
}

impl Patient {
    fn wait(&self) -> io::Result<()> {
        let file = PollFd::new(&*self.file, PollFlags::IN);
        let waited = match &self.stop.wake {
            Some(wake) => poll(&mut [file, PollFd::new(&**wake, PollFlags::IN)], None),
            None => poll(&mut [file], None),
        };
        match waited {
            Err(rustix::io::Errno::INTR) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A reader whose bytes are counted.
struct Counted {
    reader: Box<dyn Read + Send>,
    progress: Arc<Progress>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
