//! The program: its commands, its words for errors, its exit codes.

mod commands;
mod messages;

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
    New(commands::new::Arguments),
    Test(commands::test::Arguments),
    Bench(commands::bench::Arguments),
    Run(commands::run::Arguments),
    Build(commands::build::Arguments),
    Compile(commands::compile::Arguments),
    Diff(commands::diff::Arguments),
    Adapt(commands::adapt::Arguments),
    Inspect(commands::inspect::Arguments),
    Replay(commands::replay::Arguments),
    Report(commands::report::Arguments),
    Pull(commands::pull::Arguments),
    Push(commands::push::Arguments),
    Sign(commands::sign::Arguments),
    Verify(commands::verify::Arguments),
    Completions(commands::completions::Arguments),
    Man(commands::man::Arguments),
    #[command(hide = true)]
    CompileChild(commands::compile_child::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return messages::usage(&error).into(),
    };
    let result = match arguments.command {
        Command::New(arguments) => commands::new::run(arguments),
        Command::Test(arguments) => commands::test::run(arguments),
        Command::Bench(arguments) => commands::bench::run(arguments),
        Command::Run(arguments) => commands::run::run(arguments),
        Command::Build(arguments) => commands::build::run(arguments),
        Command::Compile(arguments) => commands::compile::run(arguments),
        Command::Diff(arguments) => commands::diff::run(arguments),
        Command::Adapt(arguments) => commands::adapt::run(arguments),
        Command::Inspect(arguments) => commands::inspect::run(arguments),
        Command::Replay(arguments) => commands::replay::run(arguments),
        Command::Report(arguments) => commands::report::run(arguments),
        Command::Pull(arguments) => commands::pull::run(arguments),
        Command::Push(arguments) => commands::push::run(arguments),
        Command::Sign(arguments) => commands::sign::run(arguments),
        Command::Verify(arguments) => commands::verify::run(arguments),
        Command::Completions(arguments) => commands::completions::run(arguments),
        Command::Man(arguments) => commands::man::run(arguments),
        Command::CompileChild(arguments) => commands::compile_child::run(arguments),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            messages::print(&error);
            messages::Exit::CouldNotRun.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        super::Arguments::command().debug_assert();
    }
}
