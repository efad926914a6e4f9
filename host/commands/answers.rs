//! `--lockstep`, `--protocol` and `--output`: where what is written goes, and what a program at the other end is told.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::ValueEnum;
use trommel::diagnostics::{printable, reason, say};
use trommel::{Answer, Answers, Confirmed, Counts, Ended, Job, Text, Writing};

use super::alerts::AlertArguments;
use super::progress::Bar;
use crate::messages::Hinted;

/// How `run` answers.
#[derive(clap::Args)]
pub(crate) struct AnswerArguments {
    /// Appends the output to this file instead of stdout. A partial last line, left by a kill, is removed first.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Answers each line with one line, at once: a JSON array of its alerts, mostly []. A line is one event.
    #[arg(long, help_heading = "Stream", conflicts_with_all = ["emit", "unwrap"])]
    lockstep: bool,
    /// Talks on stdout as a program wants it that waits for an answer to each line. A line is one event.
    #[arg(long, value_enum, value_name = "PROTOCOL", help_heading = "Stream", conflicts_with_all = ["lockstep", "unwrap"])]
    protocol: Option<Protocol>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    /// Confirms a line to omprog once its alerts are in --output and its dead letter in --dead-letter, on disk
    Rsyslog,
    /// Answers a line to mmexternal with its alerts, which it adds to the message as $!trommel
    Mmexternal,
}

impl AnswerArguments {
    /// Whether each line is answered, so that a line is one event.
    pub(crate) fn each_line(&self) -> bool {
        self.lockstep || self.protocol.is_some()
    }

    /// The file that is written to in place of stdout.
    pub(crate) fn output(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Refuses what does not go together.
    pub(crate) fn check(&self, alerts: &AlertArguments) -> anyhow::Result<()> {
        let answers_alerts = self.lockstep || self.protocol == Some(Protocol::Mmexternal);
        if answers_alerts && alerts.is_for_people() {
            return Err(
                Hinted::new("--format text: the answers are JSON", "write --format trommel, ecs or ocsf").into()
            );
        }
        if self.protocol == Some(Protocol::Rsyslog) && self.output.is_none() {
            let hint = "add --output FILE: stdout is for the confirmations";
            return Err(Hinted::new("--protocol rsyslog: the alerts have nowhere to go", hint).into());
        }
        if self.protocol == Some(Protocol::Mmexternal) && self.output.is_some() {
            return Err(Hinted::new("--protocol mmexternal: answers go to stdout alone", "leave out --output").into());
        }
        Ok(())
    }

    /// Runs the job with what it finds going where it is wanted.
    pub(crate) fn run(&self, mut job: Job, mut writing: Writing, bar: &Bar) -> anyhow::Result<(Counts, Option<Ended>)> {
        if self.output.is_some() {
            writing.colour = false;
        }
        let output = self.output.as_deref().map_or_else(super::run::stdout, open)?;
        let answer = match self.protocol {
            None if !self.lockstep => return Ok(trommel::run(job, Text::new(writing, bar.over(output)))),
            None => Answer::Array,
            Some(Protocol::Mmexternal) => Answer::Mmexternal,
            Some(Protocol::Rsyslog) => {
                let mut files = Vec::new();
                for file in [Some(&output), job.dead_letters.as_ref()].into_iter().flatten() {
                    if file.metadata()?.is_file() {
                        files.push(file.try_clone()?);
                    }
                }
                let text = Text::new(writing, bar.over(output));
                let mut confirmed = Confirmed::new(text, files, super::run::stdout()?);
                confirmed.ready().context("<stdout>")?;
                return Ok(trommel::run(job, confirmed));
            }
        };
        // Whoever waits for an answer sends one line at a time: more threads would only wait.
        job.judging.threads = job.judging.threads.min(LOCKSTEP_THREADS_MAX);
        Ok(trommel::run(job, Answers::new(answer, writing, bar.over(output))))
    }
}

/// As many threads as have something to do where lines come as fast as they are answered.
const LOCKSTEP_THREADS_MAX: usize = 2;

/// Opens a file to add lines to it.
fn open(path: &Path) -> anyhow::Result<File> {
    let opened = OpenOptions::new().create(true).append(true).open(path).and_then(|file| {
        if file.metadata()?.is_file() {
            end_last_line(path, &file)?;
        }
        Ok(file)
    });
    opened.map_err(|error| {
        anyhow::anyhow!("{}: the output cannot be written: {}", printable(&path.to_string_lossy()), reason(&error))
    })
}

/// Sees to it that a file ends with a whole line. Whoever was killed may have left half of one; the event that it came of
/// was not confirmed.
fn end_last_line(path: &Path, output: &File) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    let (mut last, mut at) = (Vec::new(), end);
    while at > 0 {
        let step = at.min(TAIL_BYTES);
        at -= step;
        let mut piece = vec![0; step as usize];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut piece)?;
        let line = piece.iter().rposition(|byte| *byte == b'\n').map_or(0, |line_end| line_end + 1);
        last.splice(0..0, piece[line..].iter().copied());
        if line > 0 {
            at += line as u64;
            break;
        }
    }
    if last.is_empty() {
        return Ok(());
    }
    if serde_json::from_slice::<serde::de::IgnoredAny>(&last).is_ok() {
        return {
            let mut output = output;
            output.write_all(b"\n")
        };
    }
    let shown = printable(&path.to_string_lossy());
    say(&format!("{shown}: half a line at its end was taken off, {} bytes", last.len()));
    OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(at))
}

/// How much of a file is read at once in search of its last line.
const TAIL_BYTES: u64 = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_ends_with_a_whole_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alerts.ndjson");
        let long = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
        for (before, after) in [
            (String::new(), String::new()),
            ("{\"a\":1}\n".into(), "{\"a\":1}\n".into()),
            ("{\"a\":1}\n{\"b\":".into(), "{\"a\":1}\n".into()),
            ("{\"b\":".into(), String::new()),
            ("{\"a\":1}\n{\"b\":2}".into(), "{\"a\":1}\n{\"b\":2}\n".into()),
            (format!("{{}}\n{long}"), format!("{{}}\n{long}\n")),
            (format!("{{}}\n{}", &long[..99_000]), "{}\n".into()),
        ] {
            std::fs::write(&path, before).expect("written");
            open(&path).expect("opened").write_all(b"next\n").expect("written");
            assert_eq!(std::fs::read_to_string(&path).expect("read"), format!("{after}next\n"));
        }
    }
}
