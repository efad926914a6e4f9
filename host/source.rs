//! Where bytes come from: a file or stdin, plain or gzip. What lines they make is left to [`read`](crate::read).

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::bufread::MultiGzDecoder;
use rustix::event::{PollFd, PollFlags, poll};

/// The first bytes of a gzip file.
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
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

/// A stream of bytes that is being read.
pub(crate) struct Source {
    reader: Box<dyn Read + Send>,
    /// What to wait on for more. `None` for a regular file, which never waits.
    waits: Option<Arc<File>>,
}

impl Source {
    /// Reads an open file.
    pub(crate) fn new(file: File, stop: &Stop) -> io::Result<Self> {
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        let file = Arc::new(file);
        let waits = (!kind.is_file()).then(|| file.clone());
        let mut patient = Patient { file, waits: waits.is_some(), stop: stop.clone() };
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

/// A file that waits for input and for a stop at once. After a stop it has ended.
struct Patient {
    file: Arc<File>,
    waits: bool,
    stop: Stop,
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
            return Ok(0);
        }
        (&*self.file).read(buffer)
    }
}
