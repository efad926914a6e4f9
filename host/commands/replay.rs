//! `trommel replay`: judges dead letters again.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::{printable, reason, say};
use trommel::{Input, Replay, ReplayError, Text, replay};

use super::run::{Common, stdout};
use super::stop::Signals;
use crate::messages::Exit;

/// Judges the events in dead letters again.
///
/// FILE is what `run --dead-letter` wrote. Each event is judged by the rules that did not judge it, or by all where the
/// event itself was at fault; a message's line is the letter's. A letter without its event, which was too long to be
/// kept, is reported and passed over, and so is one whose rules are not given.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel replay --rule share.wasm dead.ndjson
  trommel replay --rule share.wasm --dead-letter still-dead.ndjson dead.ndjson")]
pub(crate) struct Arguments {
    /// A file of dead letters.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { file, common } = arguments;
    let name = printable(&file.to_string_lossy());
    let unreadable = |error| anyhow::anyhow!("{name}: the dead letters cannot be read: {}", reason(&error));
    let letters = BufReader::new(File::open(&file).map_err(unreadable)?);
    common.refuse_overlap(&[Input::File(file)], None)?;
    let writing = common.writing()?;
    let mut bad = None;
    let job = Replay {
        rules: common.rules()?.into(),
        letters,
        name: name.clone(),
        judging: common.judging(),
        dead_letters: common.open_dead_letters()?,
        tell: Box::new(say),
        stop: Signals::handle().context("signals cannot be handled")?.stop(),
    };
    let (counts, ended) = replay(job, Text::new(writing, stdout()?), &mut |line, error| {
        say(&format!("{name}:{line}: {}", printable(&error.to_string())));
        let exit = if matches!(error, ReplayError::Read(_)) { Exit::CouldNotRun } else { Exit::Unjudged };
        bad = bad.max(Some(exit));
    });
    let exit = common.end(&counts, ended);
    Ok(match bad {
        Some(bad) if exit == Exit::AllWell || bad == Exit::CouldNotRun => bad,
        _ => exit,
    })
}
