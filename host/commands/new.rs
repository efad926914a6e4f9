//! `trommel new`: makes a rule crate.

use std::path::PathBuf;

use trommel::build::{self, Sdk};
use trommel::diagnostics::{printable, say};

use crate::messages::{Exit, Hinted};

/// Creates a rule crate that builds, passes its tests and alerts on its sample.
///
/// Inside a workspace the crate becomes one of its members.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel new root-login
  trommel new root-login --sdk https://example.com/trommel.git")]
pub(crate) struct Arguments {
    /// The folder to make. Its name becomes that of the crate.
    #[arg(value_name = "NAME")]
    name: PathBuf,
    /// Where the crate `trommel-rule` comes from: its folder, or a git repository [default: the version of this trommel,
    /// from the registry].
    #[arg(long, value_name = "PATH|GIT")]
    sdk: Option<String>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let sdk = arguments.sdk.as_deref().map_or(Ok(Sdk::Registry), Sdk::from_text).map_err(Hinted::from)?;
    build::new(&arguments.name, &sdk).map_err(Hinted::from)?;
    let name = printable(&arguments.name.to_string_lossy());
    say(&format!("made {name}; its rule is {name}/src/lib.rs"));
    say(&format!("next: trommel test {name}"));
    say(&format!("      trommel run --rule {name} {name}/tests/root-signs-in/event.json"));
    Ok(Exit::AllWell)
}
