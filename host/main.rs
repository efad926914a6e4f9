//! The program: its commands, its words for errors, its exit codes.

mod commands;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Filters event streams with detection rules that travel as WebAssembly components.
#[derive(Parser)]
#[command(version, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(commands::run::Arguments),
    Build(commands::build::Arguments),
    Inspect(commands::inspect::Arguments),
    Replay(commands::replay::Arguments),
    #[command(hide = true)]
    Compile(commands::compile::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return words::usage(&error).into(),
    };
    let result = match arguments.command {
        Command::Run(arguments) => commands::run::run(arguments),
        Command::Build(arguments) => commands::build::run(arguments),
        Command::Inspect(arguments) => commands::inspect::run(arguments),
        Command::Replay(arguments) => commands::replay::run(arguments),
        Command::Compile(arguments) => commands::compile::run(arguments),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            words::print(&error);
            words::Exit::CouldNotRun.into()
        }
    }
}
