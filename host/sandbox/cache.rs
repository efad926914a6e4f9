//! What is kept of components from one start to the next: their code, and what they said of themselves.
//!
//! Nothing in the folder is believed: a file is read only if this user alone may have written it, and only if its seal
//! fits. Nothing is written through a link. What is broken is as if it were not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_128;

/// The kinds of what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// Compiled code.
    Code,
    /// What a component said of itself.
    Described,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Code, Self::Described];

    /// How the names of its files end.
    fn extension(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Described => "described",
        }
    }
}

/// Tells what is kept from all else: of which component it is, and of what it depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    kind: Kind,
    hash: [u8; HASH_BYTES],
}

const HASH_BYTES: usize = 32;

impl Key {
    pub(super) fn new(kind: Kind, depends_on: impl Hash) -> Self {
        let mut sha = Sha(Sha256::new());
        (env!("CARGO_PKG_VERSION"), kind, depends_on).hash(&mut sha);
        Self { kind, hash: sha.0.finalize().into() }
    }

    fn file_name(&self) -> String {
        let hex: String = self.hash.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}.{}", self.kind.extension())
    }

    /// What stands behind the contents of a file: without it, they are another's, or broken. It tells accidents only:
    /// who may write the file may seal it too.
    fn seal(&self, contents: &mut impl Read) -> io::Result<[u8; SEAL_BYTES]> {
        let mut seal = XxHash3_128::new();
        seal.write(self.kind.extension().as_bytes());
        seal.write(&self.hash);
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            match contents.read(&mut piece) {
                Ok(0) => return Ok(seal.finish_128().to_le_bytes()),
                Ok(read) => seal.write(&piece[..read]),
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
    }
}

const SEAL_BYTES: usize = 16;
/// So much of a file is looked at together: it stays in the processor's cache.
const PIECE_BYTES: usize = 64 << 10;

/// The hash of some bytes.
pub(super) fn digest(bytes: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::digest(bytes).into()
}

/// Makes a long hash of whatever can be hashed.
struct Sha(Sha256);

impl Hasher for Sha {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the whole hash is taken")
    }
}

/// A folder for what is kept.
#[derive(Debug)]
pub(super) struct Cache(PathBuf);

/// What was not used for so long is forgotten: most of it is of components that have a newer version.
const KEPT: Duration = Duration::from_secs(90 * DAY.as_secs());
/// A file's time says to the day when it was last used.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// When all files together are larger, those go that were not used for the longest.
pub(super) const CACHE_BYTES_MAX: u64 = 1 << 30;

impl Cache {
    /// The folder `trommel` in the user's cache folder, as the XDG specification has it. `None`: the user has none.
    pub(super) fn of_user() -> Option<Self> {
        let path = |variable| std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")))?;
        Some(Self(folder.join("trommel")))
    }

    /// What is kept under a key, if it is whole.
    pub(super) fn read(&self, key: &Key) -> Option<Vec<u8>> {
        let (mut file, found) = self.open(key)?;
        let mut bytes = Vec::with_capacity(found.len() as usize + 1);
        (&mut file).take(found.len()).read_to_end(&mut bytes).ok()?;
        let (contents, seal) = bytes.split_last_chunk::<SEAL_BYTES>()?;
        if *seal != key.seal(&mut &*contents).ok()? {
            return None;
        }
        let length = contents.len();
        bytes.truncate(length);
        is_used(&file, &found);
        Some(bytes)
    }

    /// The file that is kept under a key, if it is whole: its contents, and a seal behind them.
    pub(super) fn file(&self, key: &Key) -> Option<File> {
        let (mut file, found) = self.open(key)?;
        let length = found.len().checked_sub(SEAL_BYTES as u64)?;
        let expected = key.seal(&mut (&mut file).take(length)).ok()?;
        let mut seal = [0; SEAL_BYTES];
        file.read_exact(&mut seal).ok()?;
        if seal != expected {
            return None;
        }
        is_used(&file, &found);
        Some(file)
    }

    fn open(&self, key: &Key) -> Option<(File, fs::Metadata)> {
        // A link is not followed, and a pipe not waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let path = self.0.join(key.file_name());
        let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path).ok()?;
        let found = file.metadata().ok()?;
        let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & OTHERS_WRITE == 0;
        (found.is_file() && is_own && found.len() <= CACHE_BYTES_MAX).then_some((file, found))
    }

    /// Keeps this under a key. Where that fails, the next start finds it out again.
    pub(super) fn write(&self, key: &Key, contents: &[u8]) {
        let _ = self.try_write(key, contents).and_then(|()| self.forget());
    }

    fn try_write(&self, key: &Key, contents: &[u8]) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let name = key.file_name();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let beside = self.0.join(format!("{name}.{}-{number}{BEGUN}", std::process::id()));
        // It is no file of another's: it is not there yet.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let seal = key.seal(&mut &*contents)?;
        let written = file.write_all(contents).and_then(|()| file.write_all(&seal));
        // What stands there, be it a link, is replaced, and not written to.
        let done = written.and_then(|()| fs::rename(&beside, self.0.join(name)));
        if done.is_err() {
            let _ = fs::remove_file(&beside);
        }
        done
    }

    /// Removes what was not used for long, and what is too much. Files of others are left alone.
    fn forget(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.0)?.flatten() {
            let Ok(found) = entry.metadata() else { continue };
            if found.is_file() && is_own_name(&entry.file_name().to_string_lossy()) {
                files.push((age(&found).unwrap_or_default(), found.len(), entry.path()));
            }
        }
        files.sort_unstable();
        let mut bytes = 0;
        for (age, size, path) in files {
            bytes += size;
            if age > KEPT || bytes > CACHE_BYTES_MAX {
                let _ = fs::remove_file(path);
            }
        }
        Ok(())
    }
}

/// The bits of a file's mode that let others write to it.
const OTHERS_WRITE: u32 = 0o022;
/// How the name of a file ends that is not written yet.
const BEGUN: &str = ".new";

/// Says of a file that it was used, once a day.
fn is_used(file: &File, found: &fs::Metadata) {
    if age(found).is_some_and(|age| age > DAY) {
        let _ = file.set_modified(SystemTime::now());
    }
}

fn age(found: &fs::Metadata) -> Option<Duration> {
    found.modified().ok()?.elapsed().ok()
}

/// Whether a file is called as those are called that are written here.
fn is_own_name(name: &str) -> bool {
    let Some((hex, rest)) = name.split_at_checked(2 * HASH_BYTES) else { return false };
    let is_hash = hex.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    is_hash
        && Kind::ALL.iter().any(|kind| {
            let rest = rest.strip_prefix('.').and_then(|rest| rest.strip_prefix(kind.extension()));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && rest.ends_with(BEGUN))
        })
}

#[cfg(test)]
mod tests;
