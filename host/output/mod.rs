//! Writing: what was found in each block goes out in the input's order, is counted and is told.
//!
//! Whatever depends on the order is decided here and nowhere else, so that any number of threads gives the same bytes.

pub(crate) mod alert;
pub(crate) mod counts;
pub(crate) mod dead_letter;

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use alert::tag;
use counts::Counts;
use dead_letter::DeadLetter;

use crate::diagnostics::{Messages, Tell, printable, reason};
use crate::input::block::{Block, Kind, Problem, Starts, is_blank};
use crate::judge::{Line, Sifted, Verdict, What, event_of};
use crate::prefilter::Needles;
use crate::sandbox::{Failure, FailureKind};

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

    /// Whether lines in which nothing was found are written.
    fn copies_quiet(self) -> bool {
        matches!(self, Self::Unmatched | Self::Tagged)
    }
}

/// What becomes of an event that a rule failed to judge, where lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnError {
    /// It is written, whatever the lines that are asked for.
    Pass,
    /// It is not written.
    Drop,
    /// It is not written, and neither is anything behind it.
    Stop,
}

/// How things are written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// What is written.
    pub emit: Emit,
    /// What becomes of an event that a rule failed to judge.
    pub on_error: OnError,
    /// After so many failures in a row a component is taken out. 0: never.
    pub failures_max: u64,
    /// Whether every line is flushed by itself.
    pub line_buffered: bool,
}

/// Why a run ended before its input did.
#[derive(Debug)]
pub enum Ended {
    /// The reader of the output has gone.
    Closed,
    /// The output cannot be written: why, and up to which line it is complete, if that is known of any.
    Output(io::Error, Option<String>),
    /// The dead letters cannot be written: why, and for which line.
    DeadLetter(io::Error, String),
    /// A thread cannot be started, or broke down.
    Threads(io::Error),
    /// A rule failed, and `on_error` says to stop: at which line.
    Failed(String),
}

/// So much is gathered before it is written. Whatever was gathered goes out at the end of each block.
const GATHERED_BYTES: usize = 64 << 10;

/// Takes the blocks in their order.
pub(crate) struct Output<W> {
    writing: Writing,
    sink: W,
    gathered: Vec<u8>,
    letters: Option<File>,
    messages: Messages,
    counts: Counts,
    /// For each component whether it was taken out: the threads that judge look here too.
    taken_out: Arc<[AtomicBool]>,
    streaks: Vec<Streak>,
    needles: Arc<Needles>,
    /// Whether the line that is too long was not written to its end yet.
    in_long_line: bool,
    /// The lines of the file before those that are counted now, and those that came so far.
    lines_before: u64,
    lines_so_far: u64,
    /// The last line that was written, for the message when the next one cannot be.
    complete: Option<String>,
}

/// Failures of a component in a row.
///
/// Only events that can matter to the component count: so it makes no difference whether it was called for others.
#[derive(Debug, Clone, Default)]
struct Streak {
    failures: u64,
    /// From this byte of the block on, an event that can matter ends the streak.
    from: usize,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(
        writing: Writing,
        sink: W,
        letters: Option<File>,
        counts: Counts,
        taken_out: Arc<[AtomicBool]>,
        needles: Arc<Needles>,
        tell: Tell,
    ) -> Self {
        Self {
            writing,
            sink,
            gathered: Vec::new(),
            letters,
            messages: Messages::new(tell),
            streaks: vec![Streak::default(); counts.components.len()],
            counts,
            taken_out,
            needles,
            in_long_line: false,
            lines_before: 0,
            lines_so_far: 0,
            complete: None,
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Writes what was found in the next block.
    pub(crate) fn write(&mut self, block: &Block, sifted: &Sifted) -> Result<(), Ended> {
        let bytes = block.bytes();
        match block.starts {
            Starts::File => self.lines_before = 0,
            Starts::Part => self.lines_before = self.lines_so_far,
            Starts::Nothing => {}
        }
        self.lines_so_far = self.lines_before + block.next_line - 1;
        self.counts.events += block.lines - block.blanks;
        self.counts.bytes += bytes.len() as u64;
        if let Kind::TooLong { first } = block.kind {
            self.too_long(block, first)?;
        } else {
            self.end_long_line();
            self.streaks.iter_mut().for_each(|streak| streak.from = 0);
            let mut copied = 0;
            for line in &sifted.lines {
                self.line(block, line, &mut copied)?;
            }
            for (component, streak) in self.streaks.iter_mut().enumerate() {
                if streak.failures > 0 && self.needles.concern(&bytes[streak.from..], component) {
                    streak.failures = 0;
                }
            }
            if self.writing.emit.copies_quiet() && copied < bytes.len() {
                self.copy(&bytes[copied..])?;
            }
        }
        self.flush()?;
        if let Some(problem) = &block.problem {
            self.problem(block, problem);
        }
        if !bytes.is_empty() {
            self.complete = Some(self.place(block, block.lines.saturating_sub(1)));
        }
        Ok(())
    }

    /// Ends the output.
    pub(crate) fn finish(&mut self) -> Result<(), Ended> {
        self.end_long_line();
        self.flush()
    }

    fn line(&mut self, block: &Block, line: &Line, copied: &mut usize) -> Result<(), Ended> {
        let bytes = &block.bytes()[line.start..line.end];
        let emit = self.writing.emit;
        // Whether the line goes out as it is, and which alerts were found in it.
        let (pass, alerts) = match &line.what {
            What::Blank => (false, Vec::new()),
            // A component that is out may have seen the line before that was known: then nobody saw it.
            What::Malformed { by, .. } if !by.is_empty() && by.iter().all(|component| self.is_out(*component)) => {
                (emit.copies_quiet(), Vec::new())
            }
            What::Malformed { why, .. } => {
                self.counts.malformed += 1;
                self.tell(block, line, None, "malformed", &format!("not a JSON object: {why}"))?;
                (emit.copies_quiet(), Vec::new())
            }
            What::Judged(verdicts) => {
                let (alerts, doubt) = self.judged(block, line, verdicts)?;
                self.counts.alerts += alerts.len() as u64;
                self.counts.matched += u64::from(!alerts.is_empty());
                let pass = match emit {
                    _ if doubt && self.writing.on_error == OnError::Stop => {
                        self.flush_up_to(block, *copied, line.start)?;
                        let behind = block.bytes()[line.end..].split(|byte| *byte == b'\n');
                        self.counts.events -= behind.filter(|line| !is_blank(line)).count() as u64;
                        return Err(Ended::Failed(self.place(block, line.before)));
                    }
                    Emit::Alerts => false,
                    _ if doubt && self.writing.on_error == OnError::Drop => false,
                    Emit::Matched => doubt || !alerts.is_empty(),
                    Emit::Unmatched => alerts.is_empty(),
                    Emit::Tagged => true,
                };
                (pass, alerts)
            }
        };
        if pass && emit.copies_quiet() && alerts.is_empty() {
            // It goes out with the lines around it.
            return Ok(());
        }
        if emit.copies_quiet() {
            self.copy(&block.bytes()[*copied..line.start])?;
            *copied = line.end;
        }
        match emit {
            Emit::Alerts => {
                for alert in alerts {
                    self.gathered.extend_from_slice(alert.as_bytes());
                    self.end_line()?;
                }
            }
            Emit::Matched | Emit::Unmatched if pass => self.copy(bytes)?,
            Emit::Tagged if pass => {
                tag(bytes, &alerts, &mut self.gathered);
                self.end_line()?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts the verdicts on an event. Answers with its alerts, and whether a rule to which it can matter failed.
    fn judged<'v>(
        &mut self,
        block: &Block,
        line: &Line,
        verdicts: &'v [Verdict],
    ) -> Result<(Vec<&'v str>, bool), Ended> {
        let (mut alerts, mut doubt, mut failed) = (Vec::new(), false, false);
        for Verdict { component, result, concerned } in verdicts {
            if self.is_out(*component) {
                continue;
            }
            let counts = &mut self.counts.components[*component];
            match result {
                Ok(found) => {
                    counts.alerts += found.len() as u64;
                    alerts.extend(found.iter().map(String::as_str));
                }
                Err(failure) => {
                    counts.failed += 1;
                    doubt |= concerned;
                    self.counts.failed += u64::from(!std::mem::replace(&mut failed, true));
                    self.failed(block, line, *component, *concerned, failure)?;
                }
            }
        }
        Ok((alerts, doubt))
    }

    fn is_out(&self, component: usize) -> bool {
        self.taken_out[component].load(Ordering::Relaxed)
    }

    fn failed(
        &mut self,
        block: &Block,
        line: &Line,
        component: usize,
        concerned: bool,
        failure: &Failure,
    ) -> Result<(), Ended> {
        let name = self.counts.components[component].name.clone();
        self.tell(block, line, Some(&name), failure.kind.name(), &failure.text)?;
        // An event that is nested too deep is not the rule's fault.
        if !concerned || failure.kind == FailureKind::Malformed {
            return Ok(());
        }
        let streak = &mut self.streaks[component];
        let between = &block.bytes()[streak.from..line.start];
        if streak.failures > 0 && self.needles.concern(between, component) {
            streak.failures = 0;
        }
        (streak.failures, streak.from) = (streak.failures + 1, line.end);
        if self.writing.failures_max > 0 && streak.failures >= self.writing.failures_max {
            self.taken_out[component].store(true, Ordering::Relaxed);
            self.counts.components[component].taken_out = true;
            self.messages.say(&format!(
                "{}: rule {}: taken out after {} failures in a row (--failures-max); the other rules go on",
                self.place(block, line.before),
                printable(&name),
                self.writing.failures_max
            ));
        }
        Ok(())
    }

    /// Says that an event could not be judged, and keeps it.
    fn tell(&mut self, block: &Block, line: &Line, rule: Option<&str>, kind: &str, text: &str) -> Result<(), Ended> {
        let place = self.place(block, line.before);
        self.messages.say(&match rule {
            Some(rule) => format!("{place}: rule {}: {kind}: {}", printable(rule), printable(text)),
            None => format!("{place}: {}", printable(text)),
        });
        self.keep(DeadLetter {
            kind,
            text,
            rule,
            file: &block.file,
            line: self.line_number(block, line.before),
            record: block.record.map(|first| first + line.before),
            event: Some(event_of(&block.bytes()[line.start..line.end])),
        })
    }

    fn keep(&mut self, letter: DeadLetter<'_>) -> Result<(), Ended> {
        let Some(file) = &mut self.letters else { return Ok(()) };
        // One write a line: a process that is killed leaves whole lines.
        let written = file.write_all(letter.line(SystemTime::now()).as_bytes());
        written.map_err(|error| Ended::DeadLetter(error, format!("{}:{}", printable(letter.file), letter.line)))
    }

    fn too_long(&mut self, block: &Block, first: bool) -> Result<(), Ended> {
        if first {
            self.end_long_line();
            self.flush()?;
            self.counts.too_long += 1;
            let text = "the event is longer than --event-bytes-max, and was not judged";
            self.messages.say(&format!("{}: {text}", self.place(block, 0)));
            self.keep(DeadLetter {
                kind: "too_long",
                text,
                rule: None,
                file: &block.file,
                line: self.line_number(block, 0),
                record: block.record,
                event: None,
            })?;
        }
        if self.writing.emit.copies_quiet() {
            self.sink.write_all(block.bytes()).map_err(|error| self.ended(error))?;
            self.in_long_line = !block.bytes().ends_with(b"\n");
        }
        Ok(())
    }

    fn end_long_line(&mut self) {
        if std::mem::take(&mut self.in_long_line) {
            self.gathered.push(b'\n');
        }
    }

    fn problem(&mut self, block: &Block, problem: &Problem) {
        let file = printable(&block.file);
        let line = self.line_number(block, 0);
        self.messages.say(&match problem {
            Problem::Read(error) if line > 1 => {
                format!("{file}: cannot be read further than line {}: {}", line - 1, reason(error))
            }
            Problem::Open(error) | Problem::Read(error) => format!("{file}: cannot be read: {}", reason(error)),
            Problem::Unfinished => format!("{file}:{line}: the list of records is broken off"),
            Problem::Stopped => {
                format!("{file}:{line}: stopped within this line: what was not read of it is not judged")
            }
        });
        match problem {
            Problem::Open(_) | Problem::Read(_) => self.counts.unread += 1,
            Problem::Unfinished | Problem::Stopped => self.counts.broken_off += 1,
        }
    }

    /// The number of a line in its file.
    fn line_number(&self, block: &Block, before: u64) -> u64 {
        self.lines_before + block.line + if block.record.is_some() { 0 } else { before }
    }

    /// The place of a line for people: file and line, and the record of a wrapped line.
    fn place(&self, block: &Block, before: u64) -> String {
        let (file, line) = (printable(&block.file), self.line_number(block, before));
        match block.record {
            Some(first) => format!("{file}:{line}: record {}", first + before),
            None => format!("{file}:{line}"),
        }
    }

    /// Copies whole lines.
    fn copy(&mut self, lines: &[u8]) -> Result<(), Ended> {
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
            self.flush()?;
            self.sink.write_all(lines).map_err(|error| self.ended(error))?;
        }
        if !lines.is_empty() && !lines.ends_with(b"\n") {
            self.gathered.push(b'\n');
        }
        Ok(())
    }

    /// Ends a line that was gathered.
    fn end_line(&mut self) -> Result<(), Ended> {
        if !self.gathered.ends_with(b"\n") {
            self.gathered.push(b'\n');
        }
        if self.writing.line_buffered || self.gathered.len() >= GATHERED_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush_up_to(&mut self, block: &Block, from: usize, to: usize) -> Result<(), Ended> {
        if self.writing.emit.copies_quiet() {
            self.copy(&block.bytes()[from..to])?;
        }
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Ended> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let written = self.sink.write_all(&self.gathered).and_then(|()| self.sink.flush());
        self.gathered.clear();
        written.map_err(|error| self.ended(error))
    }

    fn ended(&self, error: io::Error) -> Ended {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Ended::Closed,
            _ => Ended::Output(error, self.complete.clone()),
        }
    }
}
