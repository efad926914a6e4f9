//! Reading a file whole that somebody named: never more of it than a limit, and nothing that is no file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use crate::diagnostics::reason;

/// Why a file was not read.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// It is larger than the limit, given here. Nothing beyond was read.
    TooLarge(usize),
    /// It is no file but something else: what.
    NotAFile(&'static str),
    /// The system's error.
    System(io::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(max) => write!(f, "is larger than {max} bytes"),
            Self::NotAFile(what) => write!(f, "is {what}, not a file"),
            Self::System(error) => f.write_str(&reason(error)),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// Reads a file of at most `bytes_max` bytes. Its size is looked at before it is read. A pipe is read too, as shells give
/// the output of a command as a file (`<(command)`).
///
/// # Errors
///
/// For a directory, a device or a socket, for a file that is larger, and where the system refuses.
pub fn read_whole(path: &Path, bytes_max: usize) -> Result<Vec<u8>, ReadError> {
    // To open a device may do something already.
    check(&fs::metadata(path)?, bytes_max)?;
    let file = File::open(path)?;
    let found = file.metadata()?;
    check(&found, bytes_max)?;
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).map_or(0, |size| size + 1));
    // It may have grown, and a pipe has no size.
    file.take((bytes_max as u64).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > bytes_max { Err(ReadError::TooLarge(bytes_max)) } else { Ok(bytes) }
}

fn check(found: &fs::Metadata, bytes_max: usize) -> Result<(), ReadError> {
    let kind = found.file_type();
    let what = if kind.is_dir() {
        "a directory"
    } else if kind.is_char_device() || kind.is_block_device() {
        "a device"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_file() && found.len() > bytes_max as u64 {
        return Err(ReadError::TooLarge(bytes_max));
    } else {
        return Ok(());
    };
    Err(ReadError::NotAFile(what))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn told(path: &Path, bytes_max: usize) -> String {
        read_whole(path, bytes_max).map_or_else(|error| error.to_string(), |bytes| format!("{} bytes", bytes.len()))
    }

    #[test]
    fn reads_files_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("small"), "12345").unwrap();
        // A hole of a terabyte: to read it would take minutes.
        File::create(path("large")).unwrap().set_len(1 << 40).unwrap();
        let _socket = UnixListener::bind(path("socket")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        for (name, bytes_max, expected) in [
            ("small", 5, "5 bytes"),
            ("small", usize::MAX, "5 bytes"),
            ("small", 4, "is larger than 4 bytes"),
            ("large", 1 << 20, "is larger than 1048576 bytes"),
            ("socket", 5, "is a socket, not a file"),
            (".", 5, "is a directory, not a file"),
            ("/dev/zero", 5, "is a device, not a file"),
            ("missing", 5, "No such file or directory"),
            // It says that it has no bytes, and has some.
            ("/proc/self/cmdline", 1, "is larger than 1 bytes"),
        ] {
            assert_eq!(told(&path(name), bytes_max), expected, "{name}");
        }
        for (written, bytes_max, expected) in [("12345", 5, "5 bytes"), ("123456", 5, "is larger than 5 bytes")] {
            let writer = std::thread::spawn({
                let pipe = path("pipe");
                move || fs::write(pipe, written)
            });
            assert_eq!(told(&path("pipe"), bytes_max), expected);
            let _ = writer.join().unwrap();
        }
    }
}
