//! Output: what was found in each block goes out in the input's order, is counted and is told.
//!
//! Whatever depends on the order is decided here and nowhere else, so that any number of threads gives the same: the
//! numbers of lines, which failures come in a row, and up to where the output is complete. How what is found is written
//! is left to the [`Sink`].

pub(crate) mod alert;
mod alerts;
pub(crate) mod answers;
pub(crate) mod breaker;
pub(crate) mod counts;
pub(crate) mod dead_letter;
pub(crate) mod format;
pub(crate) mod place;
pub(crate) mod report;
pub(crate) mod samples;
pub(crate) mod sink;
pub(crate) mod text;
pub(crate) mod verdict;

use std::io;
use std::sync::Arc;

use memchr::memchr;

use crate::input::block::{Block, Kind, Starts, is_blank};
use crate::judge::event::event_of;
use crate::judge::resting::Resting;
use crate::judge::{Judged, Line, Verdict, What};
use crate::rules::Rules;
use crate::sandbox::Failure;
use crate::sandbox::metadata::Finding;
use counts::Counts;
use place::Place;
use report::Report;
use samples::Samples;
use sink::{Judgement, Outcome, Sink};

use verdict::{Ruling, Rulings};

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

/// Asks one rule about an event again. `None`: the event is malformed.
pub(crate) trait AskOne: FnMut(usize, &[u8]) -> Option<Result<Vec<Finding>, Failure>> {}
impl<A: FnMut(usize, &[u8]) -> Option<Result<Vec<Finding>, Failure>>> AskOne for A {}

/// Takes the blocks in their order.
pub(crate) struct Output<S> {
    sink: S,
    stops: bool,
    report: Report,
    rulings: Rulings,
    samples: Samples,
    /// Whether the line that is too long was not written to its end yet.
    in_long_line: bool,
    /// The lines of the file before those that are counted now, and those that came so far.
    lines_before: u64,
    lines_so_far: u64,
    /// Whether it was counted that the file is not read to its end.
    is_unread: bool,
    /// The last line that was written, for the message when the next one cannot be.
    complete: Option<String>,
}

/// A part of a block on its way out.
struct Part<'p> {
    block: &'p Block,
    /// Up to where its bytes were handed over.
    copied: usize,
}

impl<S: Sink> Output<S> {
    pub(crate) fn new(sink: S, on_error: OnError, rulings: Rulings, report: Report) -> Self {
        Self {
            sink,
            stops: on_error == OnError::Stop,
            report,
            rulings,
            samples: Samples::default(),
            in_long_line: false,
            lines_before: 0,
            lines_so_far: 0,
            is_unread: false,
            complete: None,
        }
    }

    /// Notes how the first event begins if nothing was said of any event, and `reads` holds for none of those that were
    /// kept.
    pub(crate) fn find_foreign(&mut self, reads: impl FnMut(&[u8]) -> bool) {
        let counts = &mut self.report.counts;
        if counts.matched == 0 && counts.failed == 0 && counts.unseen == 0 {
            counts.foreign = self.samples.foreign(reads);
        }
    }

    pub(crate) fn counts(&self) -> &Counts {
        &self.report.counts
    }

    /// Goes on with other rules.
    pub(crate) fn exchange(&mut self, rules: &Arc<Rules>, resting: &Arc<Resting>) {
        self.rulings.exchange(rules, resting, &mut self.report.counts);
        self.sink.rules(rules);
    }

    /// Writes what was found in a block, or in the next part of it.
    pub(crate) fn write(&mut self, block: &Block, judged: Judged, ask: &mut impl AskOne) -> Result<(), Ended> {
        let bytes = block.bytes();
        if judged.bytes.start == 0 {
            match block.starts {
                Starts::File => (self.lines_before, self.is_unread) = (0, false),
                Starts::Part => self.lines_before = self.lines_so_far,
                Starts::Nothing => {}
            }
            self.lines_so_far = self.lines_before + block.next_line - 1;
            self.samples.look_at(block);
        }
        let end = judged.bytes.end;
        let whole = judged.bytes == (0..bytes.len());
        let mut written = Ok(());
        let mut part = Part { block, copied: judged.bytes.start };
        let start = judged.bytes.start;
        if let Kind::TooLong { first } = block.kind {
            self.too_long(block, first)?;
        } else {
            self.end_long_line()?;
            written = self.lines(&mut part, judged, ask);
            if written.is_ok() {
                self.copy_up_to(&mut part, end)?;
            }
        }
        let up_to = if written.is_ok() { end } else { part.copied };
        let counts = &mut self.report.counts;
        if whole && written.is_ok() {
            counts.events += block.lines - block.blanks;
            counts.bytes += bytes.len() as u64 - block.blank_bytes;
        } else if block.kind == Kind::Lines {
            let lines = bytes[start..up_to].split_inclusive(|byte| *byte == b'\n');
            for line in lines.filter(|line| !is_blank(event_of(line))) {
                counts.events += 1;
                counts.bytes += line.len() as u64;
            }
        }
        self.flush()?;
        written?;
        if end == bytes.len() {
            // A file that is read in parts is told of once.
            if let Some(problem) = &block.problem
                && !(problem.leaves_unread() && std::mem::replace(&mut self.is_unread, true))
            {
                self.report.problem(self.place(block, 0), problem);
            }
            if !bytes.is_empty() {
                self.complete = Some(self.place(block, block.lines.saturating_sub(1)).to_string());
            }
        }
        Ok(())
    }

    /// Ends the output.
    pub(crate) fn finish(&mut self) -> Result<(), Ended> {
        self.end_long_line()?;
        self.flush()
    }

    /// Hands over the lines of which there is something to say. While a rule has failed lately, every line is looked at.
    fn lines(&mut self, part: &mut Part<'_>, judged: Judged, ask: &mut impl AskOne) -> Result<(), Ended> {
        let (mut at, mut before) = (judged.bytes.start, judged.before);
        let mut lines = judged.lines.into_iter().peekable();
        while at < judged.bytes.end {
            let line = match lines.peek() {
                Some(line) if line.start > at && self.rulings.watches() => self.quiet_line(part.block, at, before),
                None if self.rulings.watches() => self.quiet_line(part.block, at, before),
                Some(_) => lines.next().expect("it was seen"),
                None => return Ok(()),
            };
            (at, before) = (line.end, line.before + 1);
            self.line(part, line, ask)?;
        }
        Ok(())
    }

    /// The line that begins here, of which nothing was said.
    fn quiet_line(&self, block: &Block, start: usize, before: u64) -> Line {
        let rest = &block.bytes()[start..];
        let end = start + memchr(b'\n', rest).map_or(rest.len(), |line_end| line_end + 1);
        Line { start, end, before, what: What::Verdict(Verdict::default()) }
    }

    fn line(&mut self, part: &mut Part<'_>, line: Line, ask: &mut impl AskOne) -> Result<(), Ended> {
        let block = part.block;
        let bytes = &block.bytes()[line.start..line.end];
        let event = event_of(bytes);
        let place = self.place(block, line.before);
        let what = match line.what {
            What::Blank => None,
            What::Verdict(_) if is_blank(event) => return Ok(()),
            // Whoever rests may have seen the line before that was known: then nobody saw it.
            What::Malformed { by, concerned, .. } if self.rulings.all_rest(&by, concerned) => {
                Some(self.ruling(event, Verdict::default(), ask))
            }
            What::Malformed { why, .. } => Some(Ruling::malformed(why)),
            What::Verdict(verdict) => Some(self.ruling(event, verdict, ask)),
        };
        let Some(ruling) = what else {
            // A blank line is no event, and is not copied.
            self.copy_up_to(part, line.start)?;
            part.copied = line.end;
            return self.sink.blank().map_err(|error| self.ended(error));
        };
        if ruling.is_quiet() {
            return Ok(());
        }
        let told = self.report.tell(&ruling, place, event, &self.rulings);
        self.copy_up_to(part, line.start)?;
        part.copied = line.end;
        if let Err(error) = told {
            self.flush()?;
            return Err(Ended::DeadLetter(error, place.to_string()));
        }
        if ruling.outcome == Outcome::Unjudged && self.stops {
            return Err(Ended::Failed(place.to_string()));
        }
        self.report.count_findings(&ruling.findings, &self.rulings);
        let judgement = Judgement { place, line: bytes, findings: &ruling.findings, outcome: ruling.outcome };
        self.sink.event(&judgement).map_err(|error| self.ended(error))
    }

    fn ruling(&mut self, event: &[u8], verdict: Verdict, ask: &mut impl AskOne) -> Ruling {
        self.rulings.rule(event, verdict, ask).unwrap_or_else(Ruling::malformed)
    }

    /// Hands over the quiet lines up to here.
    fn copy_up_to(&mut self, part: &mut Part<'_>, to: usize) -> Result<(), Ended> {
        if self.sink.wants_quiet() && part.copied < to {
            let copied = self.sink.quiet(&part.block.bytes()[part.copied..to]);
            copied.map_err(|error| self.ended(error))?;
        }
        part.copied = part.copied.max(to);
        Ok(())
    }

    fn too_long(&mut self, block: &Block, first: bool) -> Result<(), Ended> {
        if first {
            self.end_long_line()?;
            self.flush()?;
            let place = self.place(block, 0);
            if let Err(error) = self.report.too_long(place) {
                return Err(Ended::DeadLetter(error, place.to_string()));
            }
        }
        if self.sink.wants_quiet() {
            self.sink.too_long(block.bytes()).map_err(|error| self.ended(error))?;
            self.in_long_line = !block.bytes().ends_with(b"\n");
        }
        Ok(())
    }

    fn end_long_line(&mut self) -> Result<(), Ended> {
        if std::mem::take(&mut self.in_long_line) {
            self.sink.too_long(b"\n").map_err(|error| self.ended(error))?;
        }
        Ok(())
    }

    /// The place of a line of a block.
    fn place<'b>(&self, block: &'b Block, before: u64) -> Place<'b> {
        let line = self.lines_before + block.line_of(before);
        Place { file: &block.file, line, record: block.record.map(|first| first + before) }
    }

    fn flush(&mut self) -> Result<(), Ended> {
        self.sink.flush().map_err(|error| self.ended(error))
    }

    fn ended(&self, error: io::Error) -> Ended {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Ended::Closed,
            _ => Ended::Output(error, self.complete.clone()),
        }
    }
}
