//! The sink of the program: alerts or lines as text, gathered so that a write is worth its while.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use super::alert::tag;
use super::alerts::AlertWriter;
use super::format::Format;
use super::sink::{Judgement, Outcome, Sink};
use crate::rules::Rules;

/// What is written to the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emit {
    /// One line an alert.
    Alerts,
    /// The lines in which something was found.
    Matched,
    /// The lines in which nothing was found.
    Unmatched,
    /// Every line, with what was found as its last member `trommel`.
    Tagged,
}

impl Emit {
    /// Whether lines of the input are written.
    pub fn copies(self) -> bool {
        self != Self::Alerts
    }
}

/// How text is written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// What is written.
    pub emit: Emit,
    /// How alerts are written, where they have lines of their own.
    pub format: Format,
    /// Whether [`Format::Text`] has colours.
    pub colour: bool,
    /// Whether an event that a rule failed to judge is left out, where lines are written.
    pub drop_unjudged: bool,
    /// Whether an alert holds its event.
    pub include_event: bool,
    /// Whether every line is flushed by itself.
    pub line_buffered: bool,
    /// When alerts say that they were found. `None`: when they were.
    pub found: Option<SystemTime>,
}

impl Writing {
    pub(super) fn alerts(&self) -> AlertWriter {
        // A tagged line is the event already, and its alerts are a part of it.
        let (format, include_event) = match self.emit {
            Emit::Alerts => (self.format, self.include_event),
            _ => (Format::Trommel, false),
        };
        AlertWriter { format, colour: self.colour, include_event, found: self.found, rules: None, own: Vec::new() }
    }
}

/// How much is gathered before it is written, in bytes.
const GATHERED_BYTES: usize = 64 << 10;

/// Writes alerts or lines as text.
pub struct Text<W> {
    writing: Writing,
    alerts: AlertWriter,
    output: W,
    gathered: Vec<u8>,
    /// Whether something was written that is not flushed yet.
    written: bool,
}

impl<W: Write + Send> Text<W> {
    /// Writes to `output`.
    pub fn new(writing: Writing, output: W) -> Self {
        let alerts = writing.alerts();
        Self { writing, alerts, output, gathered: Vec::new(), written: false }
    }

    /// Ends a line that was gathered.
    fn end_line(&mut self) -> io::Result<()> {
        if !self.gathered.ends_with(b"\n") {
            self.gathered.push(b'\n');
        }
        match self.writing.line_buffered {
            true => self.flush(),
            false if self.gathered.len() >= GATHERED_BYTES => self.write(),
            false => Ok(()),
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let written = self.output.write_all(&self.gathered);
        self.gathered.clear();
        self.written = true;
        written
    }
}

impl<W: Write + Send> Sink for Text<W> {
    fn rules(&mut self, rules: &Arc<Rules>) {
        self.alerts.rules(rules);
    }

    fn wants_quiet(&self) -> bool {
        matches!(self.writing.emit, Emit::Unmatched | Emit::Tagged)
    }

    fn quiet(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.writing.line_buffered {
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                self.gathered.extend_from_slice(line);
                self.end_line()?;
            }
            return Ok(());
        }
        if self.gathered.len() + lines.len() < GATHERED_BYTES {
            self.gathered.extend_from_slice(lines);
        } else {
            self.write()?;
            self.output.write_all(lines)?;
        }
        if !lines.is_empty() && !lines.ends_with(b"\n") {
            self.gathered.push(b'\n');
        }
        Ok(())
    }

    fn event(&mut self, event: &Judgement<'_>) -> io::Result<()> {
        let found = !event.findings.is_empty();
        let unjudged = event.outcome == Outcome::Unjudged;
        match self.writing.emit {
            Emit::Alerts if !found => Ok(()),
            Emit::Alerts => {
                for alert in self.alerts.alerts(event) {
                    self.gathered.extend_from_slice(alert.as_bytes());
                    self.end_line()?;
                }
                Ok(())
            }
            _ if unjudged && self.writing.drop_unjudged => Ok(()),
            Emit::Matched if !found && !unjudged => Ok(()),
            Emit::Unmatched if found => Ok(()),
            Emit::Tagged if found => {
                tag(event.line, &self.alerts.alerts(event), &mut self.gathered);
                self.end_line()
            }
            Emit::Matched | Emit::Unmatched | Emit::Tagged => self.quiet(event.line),
        }
    }

    fn too_long(&mut self, piece: &[u8]) -> io::Result<()> {
        self.write()?;
        self.output.write_all(piece)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.gathered.is_empty() {
            self.write()?;
        }
        if std::mem::take(&mut self.written) { self.output.flush() } else { Ok(()) }
    }
}
