//! `trommel build`: compiles a rule crate.

use std::io::Write as _;
use std::path::PathBuf;

use trommel::diagnostics::say;

use crate::messages::{Exit, Hinted};

/// Compiles a rule crate to a component and a core module.
///
/// Writes <name>.wasm, the component, and <name>.core.wasm, the same rule as a core module without imports or vector
/// instructions for hosts that know no components, and prints the component's path.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of the rule crate.
    #[arg(value_name = "CRATE_DIR")]
    crate_dir: PathBuf,
    /// The folder to write to [default: target/rules of the crate's workspace].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let built = trommel::build::build(&arguments.crate_dir, arguments.out.as_deref(), &mut |note| say(note))
        .map_err(Hinted::from)?;
    writeln!(std::io::stdout(), "{}", built.component.display())?;
    Ok(Exit::AllWell)
}
