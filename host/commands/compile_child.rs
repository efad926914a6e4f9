//! `trommel compile-child`: compiles a component for the `trommel` that started it. It is no command for people.

use trommel::Limits;

use crate::messages::Exit;

/// Compiles the component on stdin, and writes its code, or what is wrong with it, to stdout.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The memory that it may take.
    compile_bytes: usize,
    /// The processor's time that it may take.
    compile_seconds: u64,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { compile_bytes, compile_seconds } = arguments;
    let limits = Limits { compile_bytes, compile_seconds, ..Limits::default() };
    trommel::compile_alone(&limits, std::io::stdin(), std::io::stdout())?;
    Ok(Exit::AllWell)
}
