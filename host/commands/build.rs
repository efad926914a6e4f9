//! `trommel build`: compiles a rule crate.

use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::{printable, say};
use trommel::limits::Limits;

use super::sandbox;
use crate::messages::{self, Exit, Hinted};

/// Compiles a rule crate to a component and a core module.
///
/// Writes <name>.wasm, the component, and <name>.core.wasm, the same rule as a core module without imports or vector
/// instructions for hosts that know no components, and prints the component's path. The component carries the tests that
/// lie in tests/. Nothing is written that `run` would not load.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel build .
  trommel build rules/share --out dist")]
pub(crate) struct Arguments {
    /// The folder of the rule crate.
    #[arg(value_name = "CRATE_DIR")]
    crate_dir: PathBuf,
    /// The folder to write to [default: target/rules of the crate's workspace].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let mut begun = false;
    let mut note = |note: &str| {
        // There is nothing to note before the crate is known to be one.
        if !std::mem::replace(&mut begun, true) {
            say(&format!("compiling {}", printable(&arguments.crate_dir.to_string_lossy())));
        }
        say(note);
    };
    let sandbox = sandbox::new(Limits::default(), true, None)?;
    let accept = |component: &[u8]| {
        let loaded = sandbox.load(&arguments.crate_dir.to_string_lossy(), component);
        loaded.map(drop).map_err(|error| messages::cannot_load(&arguments.crate_dir, &error))
    };
    let built = trommel::build::build::<Hinted>(&arguments.crate_dir, arguments.out.as_deref(), accept, &mut note)?;
    messages::answer(&format!("{}\n", built.component.display())).context("<stdout>")?;
    Ok(Exit::AllWell)
}
