//! Judging: the few events of a block that can matter go to the rules, and their answers are kept.
//!
//! This is the one place that asks the prefilter which events can matter to which rules. Rules that fail are the exception:
//! the output handles them, in the order of the events. Where lines come from, and how answers are written, is left to
//! others.

mod blame;
pub(crate) mod event;
pub(crate) mod resting;
#[cfg(test)]
mod tests;
mod verdict;

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};

use crate::input::block::{Block, Kind, is_blank};
use crate::prefilter::RuleSet;
use crate::rules::Rules;
use crate::sandbox::metadata::Finding;
use crate::sandbox::{Failure, FailureKind};
use blame::settle;

use event::{DEPTH_MAX, check_event, event_of, nests_deeper};
use resting::Resting;
pub(crate) use verdict::{Failed, Judged, Line, Verdict, What};

/// What was said of a block's events goes to the output once it has grown to this many bytes.
const HELD_BYTES_MAX: usize = 4 << 20;

/// Which events are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selection {
    /// Whether a rule is left out for an event that holds none of its needles.
    pub(crate) needles: bool,
    /// Whether every event is checked to be a JSON object.
    pub(crate) validate: bool,
    /// Whether blank lines must be told from others, because lines are copied.
    pub(crate) blanks: bool,
    /// How many failures in a row make a rule rest. 0: it never does.
    pub(crate) failures_max: u64,
}

/// A call: an event, the component that judges it, and which of its rules, by their numbers in it.
pub(crate) struct Call<'c> {
    pub(crate) component: usize,
    pub(crate) event: &'c [u8],
    /// `None` asks all.
    pub(crate) asked: Option<&'c [u32]>,
    /// Whether this is to find out which rule of several has failed.
    pub(crate) again: bool,
}

/// Has a component judge an event. `None` where judging it again has taken all that it may.
pub(crate) trait Ask: FnMut(Call<'_>) -> Option<Result<Vec<Finding>, Failure>> {}
impl<A: FnMut(Call<'_>) -> Option<Result<Vec<Finding>, Failure>>> Ask for A {}

/// Judges events, on one thread.
pub(crate) struct Judge<A> {
    selection: Selection,
    rules: Arc<Rules>,
    ranges: Vec<Range<usize>>,
    ask: A,
    /// The rules that rest, as far as that is known here: events are judged before those ahead are written.
    resting: Arc<Resting>,
    /// Rules that failed in this block, and how often in a row.
    streaks: Vec<(usize, u64)>,
    /// The rules to which the last event can matter.
    concerned: RuleSet,
    asked: Vec<u32>,
}

impl<A: Ask> Judge<A> {
    pub(crate) fn new(selection: Selection, rules: Arc<Rules>, resting: Arc<Resting>, ask: A) -> Self {
        let ranges = rules.ranges();
        Self {
            selection,
            rules,
            ranges,
            ask,
            resting,
            streaks: Vec::new(),
            concerned: RuleSet::default(),
            asked: Vec::new(),
        }
    }

    /// The rules that judge.
    pub(crate) fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// Judges a block's events from `from` on, which `before` lines precede: to its end, or until there is much to write.
    pub(crate) fn judge(&mut self, block: &Block, from: usize, before: u64) -> Judged {
        let validate = self.selection.validate;
        self.selection.validate |= block.is_suspect;
        let judged = self.lines(block, from, before);
        self.selection.validate = validate;
        judged
    }

    fn lines(&mut self, block: &Block, from: usize, before: u64) -> Judged {
        let bytes = block.bytes();
        let mut judged = Judged { bytes: from..bytes.len(), before, lines: Vec::new() };
        if block.kind != Kind::Lines {
            return judged;
        }
        if from == 0 {
            self.streaks.clear();
        }
        let rules = self.rules.clone();
        let each = !self.selection.needles
            || rules.needles().see_all()
            || self.selection.validate
            || (self.selection.blanks && block.blanks > 0);
        let (mut at, mut before, mut counted, mut held) = (from, before, from, 0);
        let mut scan = (!each).then(|| rules.needles().scan(&bytes[from..]));
        while at < bytes.len() {
            if let Some(scan) = &mut scan {
                let Some(found) = scan.next(at - from) else { break };
                let found = from + found;
                at = memrchr(b'\n', &bytes[at..found]).map_or(at, |line_end| at + line_end + 1);
            }
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |line_end| at + line_end + 1);
            if let Some(what) = self.event(event_of(&bytes[at..end]), None) {
                before += memchr_iter(b'\n', &bytes[counted..at]).count() as u64;
                counted = at;
                held += size_of::<Line>() + if let What::Verdict(verdict) = &what { verdict.bytes() } else { 0 };
                judged.lines.push(Line { start: at, end, before, what });
                if held > HELD_BYTES_MAX {
                    judged.bytes.end = end;
                    return judged;
                }
            }
            at = end;
        }
        judged
    }

    /// Judges one event by all rules to which it can matter, or by those of them that are in `only`. `None`: there is
    /// nothing to say of it.
    pub(crate) fn event(&mut self, event: &[u8], only: Option<&RuleSet>) -> Option<What> {
        if is_blank(event) {
            return self.selection.blanks.then_some(What::Blank);
        }
        // Counted references are counted by all threads: an event is judged without.
        let needles = self.rules.needles();
        if self.selection.needles {
            needles.concerned(event, &mut self.concerned);
        } else {
            self.concerned.clone_from(needles.enabled());
        }
        if let Some(only) = only {
            self.concerned.intersect(only);
        }
        let mut verdict = Verdict::default();
        let mut check = Check { event, found: None };
        for component in 0..self.ranges.len() {
            self.component(component, &mut check, &mut verdict);
        }
        // Whoever rests says nothing.
        let is_said = !verdict.by.is_empty() || self.selection.validate;
        // A rule's word is not enough: neither for an event being none, nor for writing something beside it.
        if is_said && let Err(why) = check.is_event() {
            let why = why.clone();
            if self.selection.validate {
                return Some(What::Malformed { why, by: Vec::new(), concerned: true });
            }
            // Had they been asked, they would have said so.
            verdict.by.append(&mut verdict.unasked);
            let (by, concerned) = self.concerned_first(event, verdict.by);
            return Some(What::Malformed { why, by, concerned });
        }
        if verdict.is_empty() {
            return None;
        }
        if !self.selection.needles {
            self.hold_to_needles(event, &mut verdict);
        }
        Some(What::Verdict(verdict))
    }

    /// Asks one rule about an event that can matter to it, whether it rests or not. `None`: the event is malformed.
    pub(crate) fn ask_one(&mut self, rule: usize, event: &[u8]) -> Option<Result<Vec<Finding>, Failure>> {
        let component = self.ranges.iter().position(|range| range.contains(&rule))?;
        let start = self.ranges[component].start;
        let asked = [(rule - start) as u32];
        let answer = (self.ask)(Call { component, event, asked: Some(&asked), again: false });
        let mut check = Check { event, found: None };
        match answer {
            None => Some(Ok(Vec::new())),
            Some(Err(failure)) => blamed_on_a_rule(failure, &mut check).map(Err),
            Some(Ok(findings)) if !findings.is_empty() && check.is_event().is_err() => None,
            Some(Ok(mut findings)) => {
                findings.iter_mut().for_each(|finding| finding.rule += start);
                Some(Ok(findings))
            }
        }
    }

    fn component(&mut self, component: usize, check: &mut Check<'_>, verdict: &mut Verdict) {
        let range = self.ranges[component].clone();
        let count = self.concerned.count(range.clone());
        if count == 0 {
            return;
        }
        let any_rests = self.selection.failures_max > 0
            && (self.resting.any() || self.streaks.iter().any(|(_, count)| *count >= self.selection.failures_max));
        let all = count == range.len() && !any_rests;
        self.asked.clear();
        if !all {
            for rule in self.concerned.within(range.clone()) {
                if any_rests && rests(&self.resting, &self.streaks, self.selection.failures_max, rule) {
                    verdict.unasked.push(rule);
                } else {
                    self.asked.push((rule - range.start) as u32);
                }
            }
            if self.asked.is_empty() {
                return;
            }
        }
        let event = check.event;
        let asked = (!all).then_some(&*self.asked);
        let answer = (self.ask)(Call { component, event, asked, again: false });
        let (mut findings, failed) = match answer {
            None => return,
            Some(Ok(findings)) if findings.is_empty() => {
                self.count(range, &[]);
                return;
            }
            Some(Ok(findings)) => {
                verdict.by.extend(findings.iter().map(|finding| finding.rule + range.start));
                (findings, Vec::new())
            }
            Some(Err(failure)) => {
                if all {
                    self.asked.extend(0..range.len() as u32);
                }
                verdict.by.extend(self.asked.iter().map(|rule| *rule as usize + range.start));
                let Some(failure) = blamed_on_a_rule(failure, check) else { return };
                let again = &mut |asked: &[u32]| {
                    let answer = (self.ask)(Call { component, event, asked: Some(asked), again: true })?;
                    Some(answer.map_err(|failure| blamed_on_a_rule(failure.clone(), check).unwrap_or(failure)))
                };
                let settled = settle(&self.asked, failure, again);
                (settled.findings, settled.failed)
            }
        };
        findings.iter_mut().for_each(|finding| finding.rule += range.start);
        verdict.findings.append(&mut findings);
        let numbers = |rules: Vec<u32>| rules.into_iter().map(|rule| rule as usize + range.start).collect();
        let failed = failed.into_iter();
        let failed = failed.map(|(rules, failure)| Failed { rules: numbers(rules), failure, concerned: true });
        let from = verdict.failures.len();
        verdict.failures.extend(failed);
        self.count(range, &verdict.failures[from..]);
    }

    /// Counts failures in a row of the rules that were asked.
    fn count(&mut self, range: Range<usize>, failures: &[Failed]) {
        if self.selection.failures_max == 0 || (self.streaks.is_empty() && failures.is_empty()) {
            return;
        }
        let counts = |failed: &&Failed| failed.failure.kind != FailureKind::Malformed;
        let failed = |rule: usize| failures.iter().filter(counts).any(|failed| failed.rules.contains(&rule));
        let (concerned, max) = (&self.concerned, self.selection.failures_max);
        // One that was not asked stays as it is.
        self.streaks.retain(|(rule, count)| {
            !range.contains(rule) || !concerned.contains(*rule) || *count >= max || failed(*rule)
        });
        for rule in failures.iter().filter(counts).flat_map(|failed| &failed.rules) {
            match self.streaks.iter_mut().find(|(known, _)| known == rule) {
                Some((_, count)) => *count += 1,
                None => self.streaks.push((*rule, 1)),
            }
        }
    }

    /// Those of the rules to which the event can matter, if there are some: then the others count for nothing.
    fn concerned_first(&mut self, event: &[u8], by: Vec<usize>) -> (Vec<usize>, bool) {
        if self.selection.needles {
            return (by, true);
        }
        self.rules.needles().concerned(event, &mut self.concerned);
        let (concerned, others): (Vec<_>, Vec<_>) = by.iter().partition(|rule| self.concerned.contains(**rule));
        if concerned.is_empty() { (others, false) } else { (concerned, true) }
    }

    /// Without needles every rule is asked: then it is looked at afterwards whether what they say agrees with their
    /// needles.
    fn hold_to_needles(&mut self, event: &[u8], verdict: &mut Verdict) {
        self.rules.needles().concerned(event, &mut self.concerned);
        let concerned = &self.concerned;
        let mut liars: Vec<usize> = verdict.findings.iter().map(|finding| finding.rule).collect();
        liars.retain(|rule| !concerned.contains(*rule));
        liars.dedup();
        verdict.findings.retain(|finding| concerned.contains(finding.rule));
        for failed in std::mem::take(&mut verdict.failures) {
            let (rules, others): (Vec<_>, Vec<_>) = failed.rules.iter().partition(|rule| concerned.contains(**rule));
            for (rules, concerned) in [(rules, true), (others, false)] {
                if !rules.is_empty() {
                    verdict.failures.push(Failed { rules, failure: failed.failure.clone(), concerned });
                }
            }
        }
        verdict.failures.extend(liars.into_iter().map(Failed::to_keep_its_needles));
    }
}

/// Whether a rule rests, as far as that is known on this thread.
fn rests(resting: &Resting, streaks: &[(usize, u64)], failures_max: u64, rule: usize) -> bool {
    resting.contains(rule) || streaks.iter().any(|(known, count)| *known == rule && *count >= failures_max)
}

/// Whether an event is one, found out when somebody first asks.
struct Check<'e> {
    event: &'e [u8],
    found: Option<Result<(), String>>,
}

impl Check<'_> {
    fn is_event(&mut self) -> &Result<(), String> {
        self.found.get_or_insert_with(|| check_event(self.event))
    }
}

/// A failure, held to what the event is: `None` where the event is none, so that no rule has failed.
fn blamed_on_a_rule(mut failure: Failure, check: &mut Check<'_>) -> Option<Failure> {
    if failure.kind != FailureKind::Malformed {
        return Some(failure);
    }
    if check.is_event().is_err() {
        return None;
    }
    if nests_deeper(check.event, DEPTH_MAX) {
        failure.is_everybodys = true;
    } else {
        failure.kind = FailureKind::Internal;
        failure.text = format!("takes the event for malformed, which it is not: {}", failure.text);
    }
    Some(failure)
}
