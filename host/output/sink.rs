//! What takes that which comes out of a run.

use std::io;
use std::sync::Arc;

use super::place::Place;
use crate::rules::Rules;
use crate::sandbox::metadata::Finding;

/// Takes what comes out of a run, in the order of the events, on one thread at a time.
///
/// An error ends the run; one of the kind [`BrokenPipe`](io::ErrorKind::BrokenPipe) says that nobody wants more.
pub trait Sink: Send {
    /// Takes the rules, before the first event and whenever they were exchanged.
    fn rules(&mut self, rules: &Arc<Rules>) {
        let _ = rules;
    }

    /// Whether lines in which nothing was found are wanted.
    fn wants_quiet(&self) -> bool {
        false
    }

    /// Takes whole lines in which nothing was found. The last one of an input may lack its line end.
    fn quiet(&mut self, lines: &[u8]) -> io::Result<()> {
        let _ = lines;
        Ok(())
    }

    /// Takes a line that is blank, and so no event, if lines without a finding are wanted.
    fn blank(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes an event in which something was found, or that could not be judged.
    fn event(&mut self, event: &Judgement<'_>) -> io::Result<()>;

    /// Takes a piece of a line that is too long to be judged, its line end included, if lines without a finding are
    /// wanted.
    fn too_long(&mut self, piece: &[u8]) -> io::Result<()> {
        let _ = piece;
        Ok(())
    }

    /// Called when all events read so far have been passed on: flush what is buffered.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What was said of an event.
#[derive(Debug)]
pub struct Judgement<'j> {
    /// Where the event lies.
    pub place: Place<'j>,
    /// The event's line, with its line end where it has one.
    pub line: &'j [u8],
    /// What was found, in the order of the rules.
    pub findings: &'j [Finding],
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Every rule that it concerns has judged it.
    Judged,
    /// A rule that it concerns has failed, or rests after failures.
    Unjudged,
    /// It is no JSON object.
    Malformed,
}

impl Judgement<'_> {
    /// The event itself: the line without its end.
    pub fn event(&self) -> &[u8] {
        crate::judge::event::event_of(self.line)
    }
}
