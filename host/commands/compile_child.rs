//! `trommel compile-child`: compiles a component for the `trommel` that started it. It is no command for people.

use std::path::PathBuf;

use trommel::Limits;

use crate::messages::Exit;

/// Compiles the component on stdin, and says on stdout what is wrong with it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The memory that it may take.
    compile_bytes: usize,
    /// The time for which it is waited.
    compile_seconds: u64,
    /// The folder for the code.
    cache: Option<PathBuf>,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { compile_bytes, compile_seconds, cache } = arguments;
    let limits = Limits { compile_bytes, compile_seconds, ..Limits::default() };
    trommel::compile_alone(&limits, cache.as_deref(), std::io::stdin(), std::io::stdout())?;
    Ok(Exit::AllWell)
}
