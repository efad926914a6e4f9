//! `trommel completions`: prints what a shell needs to complete the program's arguments.

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use crate::messages::{self, Exit};

/// Prints completions for a shell.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel completions bash > ~/.local/share/bash-completion/completions/trommel
  trommel completions zsh > ~/.zfunc/_trommel")]
pub(crate) struct Arguments {
    /// The shell.
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let mut command = command();
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "trommel", &mut text);
    messages::answer(&String::from_utf8(text)?).context("<stdout>")?;
    Ok(Exit::AllWell)
}

/// The program as people use it: without what it starts itself.
pub(super) fn command() -> Command {
    let whole = crate::Arguments::command();
    let shown: Vec<_> = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned().collect();
    let about = whole.get_about().cloned().unwrap_or_default();
    Command::new("trommel").version(env!("CARGO_PKG_VERSION")).about(about).subcommands(shown)
}
