//! Refuses an output that is an input: it would be read, written and read again without end.

use std::fs::Metadata;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use trommel::Input;
use trommel::diagnostics::printable;

use crate::messages::Hinted;

/// Checks that none of the inputs is written to: in `output` or else on stdout, or as dead letters.
pub(crate) fn refuse(inputs: &[Input], output: Option<&Path>, dead_letters: Option<&Path>) -> Result<(), Hinted> {
    let output = output.map_or_else(|| of_open(rustix::stdio::stdout()), of_path);
    let letters = dead_letters.and_then(of_path);
    for input in inputs {
        let (name, data) = match input {
            Input::Stdin => ("<stdin>".into(), of_open(rustix::stdio::stdin())),
            Input::File(path) => (path.to_string_lossy(), of_path(path)),
            Input::Open(file, name) => (name.into(), of_open(file.as_fd())),
            Input::Reader(_, name) => (name.into(), of_path(Path::new(name))),
        };
        let Some(data) = data else { continue };
        let is_same = |other: &Metadata| (data.dev(), data.ino()) == (other.dev(), other.ino());
        if output.as_ref().is_some_and(is_same) {
            return Err(Hinted::new(
                format!("{}: is the output too", printable(&name)),
                "write to another file, and rename it afterwards",
            ));
        }
        if letters.as_ref().is_some_and(is_same) {
            return Err(Hinted::new(
                format!("{}: is the file of dead letters too", printable(&name)),
                "give --dead-letter another file",
            ));
        }
    }
    Ok(())
}

/// A regular file: anything else may well be both.
fn of_path(path: &Path) -> Option<Metadata> {
    std::fs::metadata(path).ok().filter(Metadata::is_file)
}

fn of_open(file: BorrowedFd<'_>) -> Option<Metadata> {
    let file = std::fs::File::from(file.try_clone_to_owned().ok()?);
    file.metadata().ok().filter(Metadata::is_file)
}
