//! `trommel verify`: says who signed a component, and whether they are trusted.

use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::printable;

use super::sandbox::SandboxArguments;
use crate::messages::{self, Exit};

/// Says who signed a component, and whether they are trusted.
///
/// Needs --signers. The rule is not run, unless --may-sign asks for the ids of its rules.
///
/// Exit codes: 0 it is signed by someone who is trusted; 2 it is not, or cannot be checked.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel verify --signers allowed_signers share.wasm
  trommel verify --signers allowed_signers --may-sign 'rules@acme.example=com.acme.*' share.wasm")]
pub(crate) struct Arguments {
    /// The component.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { rule, sandbox } = arguments;
    let signers = sandbox.verify(&rule)?;
    let name = printable(&rule.to_string_lossy());
    let line = |signer: &String| format!("{name}: signed by {}\n", printable(signer));
    messages::answer(&signers.iter().map(line).collect::<String>()).context("<stdout>")?;
    Ok(Exit::AllWell)
}
