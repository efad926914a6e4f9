//! What is kept of components from one start to the next: their code, and what they said of themselves.
//!
//! Nothing in the folder is believed: a file is read only if this user alone may have written it, and only if its hash
//! fits. Nothing is written through a link. What is broken is as if it were not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read as _, Write as _};
use std::ops::Deref;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

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

    /// What stands before the contents of a file: without it, they are another's, or broken.
    fn seal(&self, contents: &[u8]) -> [u8; HASH_BYTES] {
        Sha256::new()
            .chain_update(self.kind.extension())
            .chain_update(self.hash)
            .chain_update(contents)
            .finalize()
            .into()
    }
}

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

/// The contents of a file that were found whole.
pub(super) struct Kept(Vec<u8>);

impl Deref for Kept {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0[HASH_BYTES..]
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
    pub(super) fn read(&self, key: &Key) -> Option<Kept> {
        // A link is not followed, and a pipe not waited for.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let path = self.0.join(key.file_name());
        let file = OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path).ok()?;
        let found = file.metadata().ok()?;
        let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & OTHERS_WRITE == 0;
        if !found.is_file() || !is_own || found.len() > CACHE_BYTES_MAX {
            return None;
        }
        let mut bytes = Vec::with_capacity(found.len() as usize + 1);
        (&file).take(found.len()).read_to_end(&mut bytes).ok()?;
        let (seal, contents) = bytes.split_first_chunk::<HASH_BYTES>()?;
        if *seal != key.seal(contents) {
            return None;
        }
        if age(&found).is_some_and(|age| age > DAY) {
            let _ = file.set_modified(SystemTime::now());
        }
        Some(Kept(bytes))
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
        let written = write_all(&mut file, &key.seal(contents), contents);
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

fn write_all(file: &mut File, seal: &[u8], contents: &[u8]) -> io::Result<()> {
    file.write_all(seal)?;
    file.write_all(contents)
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
