//! What is said of a run: the counts, the messages, and the dead letters.

use std::fs::File;
use std::io::{self, Write as _};
use std::time::SystemTime;

use super::breaker::Fuse;
use super::counts::Counts;
use super::dead_letter::DeadLetter;
use super::place::Place;
use super::sink::Outcome;
use super::verdict::{Ruling, Rulings};
use crate::diagnostics::{Messages, Tell, printable, reason};
use crate::input::block::Problem;
use crate::sandbox::metadata::Finding;

/// How many rules a message names.
const RULES_NAMED_MAX: usize = 3;

/// What is said of a run.
pub(crate) struct Report {
    pub(crate) counts: Counts,
    messages: Messages,
    letters: Option<File>,
    fuse: Fuse,
}

impl Report {
    pub(crate) fn new(tell: Tell, letters: Option<File>, fuse: Fuse) -> Self {
        Self { counts: Counts::default(), messages: Messages::new(tell), letters, fuse }
    }

    /// Counts and tells what was decided of an event, but for its findings. `Err`: it cannot be kept as a dead letter.
    pub(super) fn tell(
        &mut self,
        ruling: &Ruling,
        place: Place<'_>,
        event: &[u8],
        rulings: &Rulings,
    ) -> io::Result<()> {
        let event = Some(event);
        if ruling.outcome == Outcome::Malformed {
            self.counts.malformed += 1;
            let text = format!("not a JSON object: {}", ruling.why);
            self.messages.say(&format!("{place}: {}", printable(&text)));
            return self.keep(DeadLetter { kind: "malformed", text: &text, rules: &[], place, event });
        }
        self.counts.failed += u64::from(!ruling.failures.is_empty());
        self.counts.unseen += u64::from(!ruling.unseen.is_empty());
        for failed in &ruling.failures {
            let (kind, text) = (failed.failure.kind.name(), &*failed.failure.text);
            failed.rules.iter().for_each(|rule| self.counts.rules[rulings.counted(*rule)].failed += 1);
            let ids = self.ids(&failed.rules, rulings);
            self.messages.say(&format!("{place}: {}: {kind}: {}", named(&ids), printable(text)));
            let rules: Vec<&str> = ids.iter().map(String::as_str).collect();
            self.keep(DeadLetter { kind, text, rules: &rules, place, event })?;
        }
        for &rule in &ruling.tripped {
            self.counts.rules[rulings.counted(rule)].resting = true;
            let failures = if self.fuse.failures_max == 1 { "failure" } else { "failures in a row" };
            self.messages.insist(&format!(
                "{place}: {}: rests after {} {failures} (--failures-max): of the events that concern it, one in {} tries \
                 it again, and the others are kept as dead letters where a file for them is given",
                named(&self.ids(&[rule], rulings)),
                self.fuse.failures_max,
                self.fuse.rest_events.saturating_add(1),
            ));
        }
        if !ruling.unseen.is_empty() {
            ruling.unseen.iter().for_each(|rule| self.counts.rules[rulings.counted(*rule)].unseen += 1);
            let ids = self.ids(&ruling.unseen, rulings);
            let rules: Vec<&str> = ids.iter().map(String::as_str).collect();
            let text = "not seen: the rule rests after failures";
            self.keep(DeadLetter { kind: "resting", text, rules: &rules, place, event })?;
        }
        for &rule in &ruling.recovered {
            self.counts.rules[rulings.counted(rule)].resting = false;
            self.messages.say(&format!("{place}: {}: judges again", named(&self.ids(&[rule], rulings))));
        }
        Ok(())
    }

    /// Counts what was found in an event.
    pub(super) fn count_findings(&mut self, findings: &[Finding], rulings: &Rulings) {
        self.counts.alerts += findings.len() as u64;
        self.counts.matched += u64::from(!findings.is_empty());
        findings.iter().for_each(|finding| self.counts.rules[rulings.counted(finding.rule)].alerts += 1);
    }

    /// Counts and tells an event that is too long.
    pub(super) fn too_long(&mut self, place: Place<'_>) -> io::Result<()> {
        self.counts.too_long += 1;
        let text = "the event is longer than --event-bytes-max, and was not judged";
        self.messages.say(&format!("{place}: {text}"));
        self.keep(DeadLetter { kind: "too_long", text, rules: &[], place, event: None })
    }

    /// Counts and tells what went wrong with an input, behind the line before this place.
    pub(super) fn problem(&mut self, place: Place<'_>, problem: &Problem) {
        let Place { line, .. } = place;
        let file = printable(place.file);
        self.messages.say(&match problem {
            Problem::Read(error) if line > 1 => {
                format!("{file}: cannot be read further than line {}: {}", line - 1, reason(error))
            }
            Problem::Open(error) | Problem::Read(error) => format!("{file}: cannot be read: {}", reason(error)),
            Problem::Unfinished => format!("{file}:{line}: the list of records is broken off"),
            Problem::Stopped => {
                format!("{file}:{line}: stopped within this line: what was not read of it is not judged")
            }
            Problem::Left => format!("{file}:{line}: stopped here: the file from this line on is not judged"),
            Problem::Unopened => format!("{file}: stopped before it was read"),
            Problem::NoEvents => {
                "hint: an event is a JSON object, mostly one a line; `jq -c .` makes lines of other JSON".into()
            }
        });
        if let Some(hint) = problem.hint(&file) {
            self.messages.say(&format!("hint: {hint}"));
        }
        match problem {
            Problem::Unfinished | Problem::Stopped => self.counts.broken_off += 1,
            Problem::NoEvents => {}
            _ => self.counts.unread += 1,
        }
    }

    fn ids(&self, rules: &[usize], rulings: &Rulings) -> Vec<String> {
        rules.iter().map(|rule| self.counts.rules[rulings.counted(*rule)].id.clone()).collect()
    }

    fn keep(&mut self, letter: DeadLetter<'_>) -> io::Result<()> {
        // One write a line: a process that is killed leaves whole lines.
        self.letters.as_mut().map_or(Ok(()), |file| file.write_all(letter.line(SystemTime::now()).as_bytes()))
    }
}

/// The rules as a message names them.
fn named(ids: &[String]) -> String {
    let shown: Vec<_> = ids.iter().take(RULES_NAMED_MAX).map(|id| printable(id)).collect();
    let word = if ids.len() == 1 { "rule" } else { "rules" };
    match ids.len().saturating_sub(RULES_NAMED_MAX) {
        0 => format!("{word} {}", shown.join(", ")),
        more => format!("{word} {} and {more} more", shown.join(", ")),
    }
}
