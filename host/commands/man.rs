//! `trommel man`: prints the manual page, or writes those of all commands.

use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::reason;

use crate::messages::{self, Exit};

/// Prints the manual page, or writes one for each command.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel man | man -l -
  trommel man --out ~/.local/share/man/man1")]
pub(crate) struct Arguments {
    /// Writes the pages of the program and of each command to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let command = super::completions::command();
    match arguments.out {
        Some(folder) => {
            let written = std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(command, &folder));
            written.map_err(|error| anyhow::anyhow!("{}: {}", folder.display(), reason(&error)))?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            messages::answer(&String::from_utf8(page)?).context("<stdout>")?;
        }
    }
    Ok(Exit::AllWell)
}
