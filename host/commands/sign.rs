//! `trommel sign`: signs a component.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use trommel::diagnostics::{printable, reason};
use trommel::package::{sections, sign, sshsig};

use super::trust::{beside, detached};
use crate::messages::{self, Exit, Hinted};

/// Signs a component with an SSH key.
///
/// The signature goes into the file, behind all else, where it survives every copy; the file runs as before. Several
/// people may sign, one after the other. Prints the path of what it wrote.
///
/// `ssh-keygen` signs, so that keys in files, in agents and on security keys work alike. The key must be of the type
/// ed25519 or ed25519-sk.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel sign --key ~/.ssh/id_ed25519 share.wasm
  trommel sign --key ~/.ssh/id_ed25519 --detach share.wasm")]
pub(crate) struct Arguments {
    /// The component (.wasm).
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The key: a private one, or a public one whose private half an agent has.
    #[arg(long, value_name = "KEY")]
    key: PathBuf,
    /// Leaves the file as it is, and writes the signature beside it, to FILE.sig.
    #[arg(long)]
    detach: bool,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { file, key, detach } = arguments;
    let name = printable(&file.to_string_lossy());
    let mut bytes = super::source::read_file(&file, usize::MAX - 1)?;
    let detached = detached(&file)?;
    let signature = sign::sign(&bytes, &detached, &key)
        .map_err(|error| Hinted::new(format!("{name}: {error}"), error.hint().unwrap_or_default()))?;
    let written = if detach {
        bytes = detached.iter().chain([&signature]).flat_map(|one| sshsig::armored(one).into_bytes()).collect();
        beside(&file)
    } else {
        bytes.extend(sections::section_of(&signature));
        file
    };
    replace(&written, &bytes)
        .map_err(|error| anyhow::anyhow!("{}: {}", printable(&written.to_string_lossy()), reason(&error)))?;
    messages::answer(&format!("{}\n", written.display())).context("<stdout>")?;
    Ok(Exit::AllWell)
}

/// Puts a file in the place of another, whole, or leaves that one as it was.
fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(bytes)).and_then(|()| {
        if let Ok(before) = std::fs::metadata(file) {
            std::fs::set_permissions(&beside, before.permissions())?;
        }
        std::fs::rename(&beside, file)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}
