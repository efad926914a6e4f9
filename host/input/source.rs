//! Where bytes come from: a file or stdin, plain or gzip. What lines they make is left to [`input`](super).

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use memchr::memchr;
use rustix::event::{PollFd, PollFlags, poll};

/// The first bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
/// How much is read at once in search of the beginning and the end of a part's lines.
const BORDER_BYTES: usize = 4 << 10;
/// A file whose first line is longer is not read in parts: most of them would hold no line's beginning.
const FIRST_LINE_BYTES_MAX: usize = 256 << 10;
/// How much of a gzip file is read at once.
const GZIP_BUFFER_BYTES: usize = 256 << 10;

/// Asks all sources to stop, and wakes the one that waits for input.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    /// Readable once it was asked.
    wake: Option<Arc<OwnedFd>>,
}

impl Stop {
    /// A stop that is asked for by setting `asked` and then writing to the other end of `wake`.
    pub fn new(asked: Arc<AtomicBool>, wake: OwnedFd) -> Self {
        Self { asked, wake: Some(Arc::new(wake)) }
    }

    /// Whether someone asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

/// How far a run has come, for whoever watches it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes read of the inputs as they lie there, compressed or not.
    pub bytes: AtomicU64,
    /// Events judged.
    pub events: AtomicU64,
    /// Alerts found.
    pub alerts: AtomicU64,
}

/// A stream of bytes that is being read.
pub(crate) struct Source {
    reader: Box<dyn Read + Send>,
    /// What to wait on for more. `None` for a regular file, which never waits.
    waits: Option<Arc<File>>,
}

impl Source {
    /// Reads an open file from where it stands.
    pub(crate) fn new(file: Arc<File>, stop: &Stop, progress: &Arc<Progress>) -> io::Result<Self> {
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let waits = (!kind.is_file()).then(|| file.clone());
        let mut patient = Patient { file, waits: waits.is_some(), stop: stop.clone(), progress: progress.clone() };
        let mut head = Vec::new();
        while head.len() < GZIP_MAGIC.len() && patient.by_ref().take(1).read_to_end(&mut head)? > 0 {}
        let gzip = head == GZIP_MAGIC;
        let whole = Cursor::new(head).chain(patient);
        let reader: Box<dyn Read + Send> = if gzip {
            Box::new(MultiGzDecoder::new(BufReader::with_capacity(GZIP_BUFFER_BYTES, whole)))
        } else {
            Box::new(whole)
        };
        Ok(Self { reader, waits })
    }

    /// Reads the lines that begin in a part of a file.
    pub(crate) fn part(
        file: Arc<File>,
        part: Range<u64>,
        is_first: bool,
        progress: &Arc<Progress>,
    ) -> io::Result<Self> {
        let mut lines = PartLines { file, at: part.start, end: part.end, ended: false, progress: progress.clone() };
        if !is_first {
            lines.skip_line()?;
        }
        Ok(Self { reader: Box::new(lines), waits: None })
    }

    /// Whether a read would not wait. Where it is not known, it says that it would.
    pub(crate) fn is_ready(&self) -> bool {
        let Some(file) = &self.waits else { return true };
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&now)), Ok(1..))
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
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
pub(crate) fn parts(file: &File, left: &Range<u64>, part_bytes: u64) -> io::Result<Option<Vec<Range<u64>>>> {
    let Range { start, end } = *left;
    if end - start <= part_bytes {
        return Ok(None);
    }
    let mut head = vec![0; FIRST_LINE_BYTES_MAX];
    let read = file.read_at(&mut head, start)?;
    if head.starts_with(&GZIP_MAGIC) || memchr(b'\n', &head[..read]).is_none() {
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
        let len = if within > 0 { usize::try_from(within).unwrap_or(usize::MAX) } else { BORDER_BYTES };
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

/// A file that waits for input and for a stop at once. After a stop it fails: that is not its end.
struct Patient {
    file: Arc<File>,
    waits: bool,
    stop: Stop,
    progress: Arc<Progress>,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.waits
            && let Some(wake) = &self.stop.wake
        {
            let mut either = [PollFd::new(&*self.file, PollFlags::IN), PollFd::new(&**wake, PollFlags::IN)];
            match poll(&mut either, None) {
                Err(rustix::io::Errno::INTR) => return Err(io::ErrorKind::Interrupted.into()),
                other => other?,
            };
        }
        if self.stop.is_asked() {
            return Err(io::Error::other("stopped"));
        }
        let read = (&*self.file).read(buffer)?;
        self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
