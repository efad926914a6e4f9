//! Sinks for programs that wait for an answer to each line: one line out for one line in, whatever it is.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use memchr::memchr_iter;

use super::alerts::AlertWriter;
use super::sink::{Judgement, Outcome, Sink};
use super::text::{Emit, Writing};
use crate::rules::Rules;

/// How a line's findings are written in its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A JSON array of its alerts.
    Array,
    /// A JSON object as rsyslog's mmexternal takes it: the alerts are added to the message as `$!trommel`.
    Mmexternal,
}

/// Answers each line with what was found in it.
pub struct Answers<W> {
    answer: Answer,
    alerts: AlertWriter,
    output: W,
    gathered: Vec<u8>,
}

impl<W: Write + Send> Answers<W> {
    /// Answers to `output`, with alerts as they are written with [`Emit::Alerts`].
    pub fn new(answer: Answer, writing: Writing, output: W) -> Self {
        let alerts = Writing { emit: Emit::Alerts, ..writing }.alerts();
        Self { answer, alerts, output, gathered: Vec::new() }
    }

    fn nothing(&mut self, lines: usize) {
        let nothing: &[u8] = match self.answer {
            Answer::Array => b"[]\n",
            Answer::Mmexternal => b"{}\n",
        };
        (0..lines).for_each(|_| self.gathered.extend_from_slice(nothing));
    }
}

impl<W: Write + Send> Sink for Answers<W> {
    fn rules(&mut self, rules: &Arc<Rules>) {
        self.alerts.rules(rules);
    }

    fn wants_quiet(&self) -> bool {
        true
    }

    fn quiet(&mut self, lines: &[u8]) -> io::Result<()> {
        self.nothing(count(lines));
        Ok(())
    }

    fn blank(&mut self) -> io::Result<()> {
        self.nothing(1);
        Ok(())
    }

    fn event(&mut self, event: &Judgement<'_>) -> io::Result<()> {
        if event.findings.is_empty() {
            self.nothing(1);
            return Ok(());
        }
        let (before, behind): (&[u8], &[u8]) = match self.answer {
            Answer::Array => (b"[", b"]\n"),
            Answer::Mmexternal => (b"{\"$!\":{\"trommel\":[", b"]}}\n"),
        };
        self.gathered.extend_from_slice(before);
        for (at, alert) in self.alerts.alerts(event).iter().enumerate() {
            self.gathered.extend_from_slice(if at > 0 { b"," } else { b"" });
            self.gathered.extend_from_slice(alert.as_bytes());
        }
        self.gathered.extend_from_slice(behind);
        Ok(())
    }

    fn too_long(&mut self, piece: &[u8]) -> io::Result<()> {
        self.nothing(memchr_iter(b'\n', piece).count());
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.output.write_all(&self.gathered);
        self.gathered.clear();
        written.and_then(|()| self.output.flush())
    }
}

/// Confirms each line as rsyslog's omprog wants it, once what it gave is written.
pub struct Confirmed<S, W> {
    sink: S,
    /// What must be on disk before a line is confirmed of which something was written.
    files: Vec<File>,
    output: W,
    lines: usize,
    has_written: bool,
}

/// Says that the program is ready, and that a line is taken care of.
const CONFIRMATION: &[u8] = b"OK\n";

impl<S: Sink, W: Write + Send> Confirmed<S, W> {
    /// Hands everything to `sink`, which writes to `files`, and confirms to `output`. The first confirmation says that
    /// the program is ready.
    pub fn new(sink: S, files: Vec<File>, output: W) -> Self {
        Self { sink, files, output, lines: 0, has_written: false }
    }

    /// Says that lines can be taken.
    pub fn ready(&mut self) -> io::Result<()> {
        self.output.write_all(CONFIRMATION)?;
        self.output.flush()
    }
}

impl<S: Sink, W: Write + Send> Sink for Confirmed<S, W> {
    fn rules(&mut self, rules: &Arc<Rules>) {
        self.sink.rules(rules);
    }

    fn wants_quiet(&self) -> bool {
        true
    }

    fn quiet(&mut self, lines: &[u8]) -> io::Result<()> {
        self.lines += count(lines);
        if self.sink.wants_quiet() {
            self.has_written = true;
            self.sink.quiet(lines)?;
        }
        Ok(())
    }

    fn blank(&mut self) -> io::Result<()> {
        self.lines += 1;
        Ok(())
    }

    fn event(&mut self, event: &Judgement<'_>) -> io::Result<()> {
        self.lines += 1;
        self.has_written |= !event.findings.is_empty() || event.outcome != Outcome::Judged || self.sink.wants_quiet();
        self.sink.event(event)
    }

    fn too_long(&mut self, piece: &[u8]) -> io::Result<()> {
        self.lines += memchr_iter(b'\n', piece).count();
        self.has_written = true;
        if self.sink.wants_quiet() { self.sink.too_long(piece) } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()?;
        if std::mem::take(&mut self.has_written) {
            self.files.iter().try_for_each(File::sync_data)?;
        }
        let confirmations = CONFIRMATION.repeat(std::mem::take(&mut self.lines));
        self.output.write_all(&confirmations)?;
        self.output.flush()
    }
}

/// The lines of a text, the last one of which may lack its end.
fn count(lines: &[u8]) -> usize {
    memchr_iter(b'\n', lines).count() + usize::from(!lines.is_empty() && !lines.ends_with(b"\n"))
}
