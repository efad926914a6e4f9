//! `trommel replay`: judges dead letters again.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::{printable, reason, say};
use trommel::{Input, Unwrap, event_of_letter};

use super::run::Common;
use crate::messages::Exit;

/// Judges the events of dead letters again.
///
/// FILE is what `run --dead-letter` wrote. Its events go through the rules as those of `run` do; a message's line is the
/// letter's. A letter without its event, which was too long to be kept, is reported and passed over.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A file of dead letters.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    common: Common,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let name = printable(&arguments.file.to_string_lossy());
    let unreadable = |error: &io::Error| anyhow::anyhow!("{name}: the dead letters cannot be read: {}", reason(error));
    let letters = File::open(&arguments.file).map_err(|error| unreadable(&error))?;
    let (reader, writer) = std::io::pipe().context("a pipe cannot be made")?;
    let (sender, judged) = std::sync::mpsc::channel();
    let thread_name = name.clone();
    std::thread::spawn(move || {
        let _ = sender.send(open_letters(letters, &thread_name, writer));
    });
    let input = Input::Open(File::from(std::os::fd::OwnedFd::from(reader)), name.clone());
    let exit = arguments.common.run(vec![input], Unwrap::none())?;
    match judged.try_recv() {
        Ok(Ok(true)) | Err(_) => Ok(exit),
        Ok(Ok(false)) => Ok(if exit == Exit::AllWell { Exit::Unjudged } else { exit }),
        Ok(Err(error)) => Err(unreadable(&error)),
    }
}

/// Writes the event of each letter as a line. Answers with whether every letter had one.
fn open_letters(letters: File, name: &str, mut events: impl Write) -> io::Result<bool> {
    let mut all = true;
    for (number, line) in BufReader::new(letters).split(b'\n').enumerate() {
        let line = line?;
        let place = format!("{name}:{}", number + 1);
        let mut bytes = match event_of_letter(&String::from_utf8_lossy(&line)) {
            Ok(Some(event)) => event,
            Ok(None) => {
                say(&format!("{place}: the event was too long to be kept"));
                all = false;
                Vec::new()
            }
            Err(why) => {
                say(&format!("{place}: not a dead letter: {}", printable(&why)));
                all = false;
                Vec::new()
            }
        };
        bytes.push(b'\n');
        if events.write_all(&bytes).is_err() {
            // Nobody reads on.
            break;
        }
    }
    Ok(all)
}
