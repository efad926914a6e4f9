//! Judging: of a block's lines, the few that can matter go to the rules, and what they say of each is kept.
//!
//! Where lines come from, and what is written of them, is left to others.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};
use serde::Deserializer as _;
use serde::de::IgnoredAny;

use crate::metadata::Finding;
use crate::needles::Needles;
use crate::read::{Block, Kind};
use crate::rule::{Failure, FailureKind};

/// Which lines are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sifting {
    /// Whether a line that holds no needle is passed over.
    pub(crate) needles: bool,
    /// Whether every line is checked to be a JSON object.
    pub(crate) validate: bool,
    /// Whether blank lines must be told from others, because lines are copied.
    pub(crate) blanks: bool,
}

/// Passes events by needles and by rules.
///
/// `judge` hands an event to the component with this number; `note` makes of a finding what will be written.
pub(crate) struct Sieve<J, N> {
    pub(crate) sifting: Sifting,
    pub(crate) needles: Arc<Needles>,
    pub(crate) components: usize,
    pub(crate) judge: J,
    pub(crate) note: N,
}

/// What was found in a block.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    /// The lines of which there is something to say, in their order.
    pub(crate) lines: Vec<Line>,
    /// How many events each component was called for.
    pub(crate) calls: Vec<u64>,
}

/// A line of which there is something to say.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it begins in the block.
    pub(crate) start: usize,
    /// Where it ends, its line end included.
    pub(crate) end: usize,
    /// How many lines of the block come before it.
    pub(crate) before: u64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// Nothing but white space: no event.
    Blank,
    /// No JSON object: why.
    Malformed(String),
    /// What components said, in their order; not those that found nothing.
    Judged(Vec<Verdict>),
}

/// What a component said of an event.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) component: usize,
    /// Which of the block's calls of the component this was, from 1.
    pub(crate) call: u64,
    /// What will be written of each finding, or the failure.
    pub(crate) result: Result<Vec<String>, Failure>,
    /// Whether the event can matter to the component, by its needles.
    pub(crate) concerned: bool,
}

impl<J, N> Sieve<J, N>
where
    J: FnMut(usize, &[u8]) -> Option<Result<Vec<Finding>, Failure>>,
    N: Fn(usize, &Finding, &[u8]) -> String,
{
    /// Judges a block's events.
    pub(crate) fn sift(&mut self, block: &Block) -> Sifted {
        let mut sifted = Sifted { lines: Vec::new(), calls: vec![0; self.components] };
        if block.kind != Kind::Lines {
            return sifted;
        }
        let bytes = block.bytes();
        let each = !self.sifting.needles
            || self.needles.see_all()
            || self.sifting.validate
            || (self.sifting.blanks && block.blanks > 0);
        let mut at = 0;
        let (mut before, mut counted) = (0, 0);
        let needles = self.needles.clone();
        let mut scan = (!each).then(|| needles.scan(bytes));
        while at < bytes.len() {
            if let Some(scan) = &mut scan {
                let Some(found) = scan.next(at) else { break };
                at = memrchr(b'\n', &bytes[at..found]).map_or(at, |line_end| at + line_end + 1);
            }
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |line_end| at + line_end + 1);
            if let Some(what) = self.line(event_of(&bytes[at..end]), &mut sifted.calls) {
                before += memchr_iter(b'\n', &bytes[counted..at]).count() as u64;
                counted = at;
                sifted.lines.push(Line { start: at, end, before, what });
            }
            at = end;
        }
        sifted
    }

    fn line(&mut self, event: &[u8], calls: &mut [u64]) -> Option<What> {
        if event.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            return self.sifting.blanks.then_some(What::Blank);
        }
        let mut concerned = Vec::new();
        if self.sifting.needles {
            self.needles.concerned(event, &mut concerned);
        }
        let mut verdicts = Vec::new();
        for component in 0..self.components {
            if self.sifting.needles && !concerned[component] {
                continue;
            }
            let Some(result) = (self.judge)(component, event) else { continue };
            calls[component] += 1;
            if matches!(&result, Ok(findings) if findings.is_empty()) {
                continue;
            }
            let result = result.map(|findings| findings.iter().map(|f| (self.note)(component, f, event)).collect());
            verdicts.push(Verdict { component, call: calls[component], result, concerned: true });
        }
        if verdicts.is_empty() && !self.sifting.validate {
            return None;
        }
        // A rule's word is not enough: neither for an event being none, nor for writing something beside it.
        if let Err(why) = check_event(event) {
            return Some(What::Malformed(why));
        }
        if verdicts.is_empty() {
            return None;
        }
        self.needles.concerned(event, &mut concerned);
        for verdict in &mut verdicts {
            verdict.concerned = concerned[verdict.component];
            if let Err(failure) = &mut verdict.result
                && failure.kind == FailureKind::Malformed
            {
                failure.kind = FailureKind::Internal;
                failure.text = format!("takes the event for malformed, which it is not: {}", failure.text);
            }
        }
        Some(What::Judged(verdicts))
    }
}

/// A line's event: the line without its end.
pub(crate) fn event_of(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Checks that an event is one JSON object.
pub(crate) fn check_event(event: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(event).map_err(|error| format!("invalid UTF-8 at byte {}", error.valid_up_to()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    match json.deserialize_map(Object).and_then(|()| json.end()) {
        Ok(()) => Ok(()),
        // The line is always 1, and its column the place in the event.
        Err(error) => Err(error.to_string().replace(" at line 1 column ", " at byte ")),
    }
}

struct Object;

impl<'de> serde::de::Visitor<'de> for Object {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
