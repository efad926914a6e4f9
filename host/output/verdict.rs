//! What becomes of what the rules said, in the order of the events: which failures come in a row, and who rests.

use std::collections::HashMap;
use std::sync::Arc;

use super::breaker::{Breaker, Fuse, Tripped};
use super::counts::{Counts, RuleCounts};
use super::sink::Outcome;
use super::{AskOne, Verdict};
use crate::job::Judging;
use crate::judge::Failed;
use crate::judge::event::check_event;
use crate::judge::resting::Resting;
use crate::prefilter::RuleSet;
use crate::rules::Rules;
use crate::sandbox::metadata::{Finding, Severity};
use crate::sandbox::{Failure, FailureKind};

/// What was decided of an event.
#[derive(Debug)]
pub(super) struct Ruling {
    pub(super) findings: Vec<Finding>,
    pub(super) failures: Vec<Failed>,
    /// Rules that did not see it because they rest.
    pub(super) unseen: Vec<usize>,
    /// Rules that rest from this event on.
    pub(super) tripped: Vec<usize>,
    /// Rules that rested, and have judged it.
    pub(super) recovered: Vec<usize>,
    pub(super) outcome: Outcome,
    /// Why it is no event.
    pub(super) why: String,
}

impl Ruling {
    pub(super) fn malformed(why: String) -> Self {
        Self { outcome: Outcome::Malformed, why, ..Self::quiet() }
    }

    fn quiet() -> Self {
        Self {
            findings: Vec::new(),
            failures: Vec::new(),
            unseen: Vec::new(),
            tripped: Vec::new(),
            recovered: Vec::new(),
            outcome: Outcome::Judged,
            why: String::new(),
        }
    }

    /// Takes back what a rule has said.
    fn forget(&mut self, rule: usize) {
        self.findings.retain(|finding| finding.rule != rule);
        self.failures.iter_mut().for_each(|failed| failed.rules.retain(|failed| *failed != rule));
        self.failures.retain(|failed| !failed.rules.is_empty());
    }

    /// Whether there is nothing to say.
    pub(super) fn is_quiet(&self) -> bool {
        self.findings.is_empty()
            && self.failures.is_empty()
            && self.recovered.is_empty()
            && self.outcome == Outcome::Judged
    }
}

/// How often an event may be written into the alerts of one rule, in bytes: unless it is found in it but a few times.
const INCLUDED_BYTES_MAX: usize = 64 << 20;
/// How many alerts of one rule may hold the event, whatever its size.
const INCLUDED_EVENTS: usize = 4;

/// How all the rules fare.
pub(crate) struct Rulings {
    fuse: Fuse,
    /// Whether alerts hold their event.
    include_event: bool,
    /// The lowest severity of a finding that is kept.
    severity_min: Severity,
    rules: Option<Arc<Rules>>,
    resting: Arc<Resting>,
    breakers: Vec<Breaker>,
    /// The place of each rule among the counts.
    counted: Vec<usize>,
    /// The rules that rest, or have failed lately.
    watched: Vec<usize>,
    concerned: RuleSet,
}

impl Rulings {
    /// As the events are to be judged.
    pub(crate) fn new(judging: &Judging) -> Self {
        Self {
            fuse: judging.fuse(),
            include_event: judging.include_event,
            severity_min: judging.severity_min,
            rules: None,
            resting: Arc::new(Resting::none_of(0)),
            breakers: Vec::new(),
            counted: Vec::new(),
            watched: Vec::new(),
            concerned: RuleSet::default(),
        }
    }

    /// Takes other rules. One that was there before, by its component's name and its id, fares on.
    pub(super) fn exchange(&mut self, rules: &Arc<Rules>, resting: &Arc<Resting>, counts: &mut Counts) {
        let fared: HashMap<usize, Breaker> = self.counted.drain(..).zip(self.breakers.drain(..)).collect();
        self.watched.clear();
        let name = |(at, rule): (usize, &RuleCounts)| ((rule.component.clone(), rule.id.clone()), at);
        let mut known: HashMap<(String, String), usize> = counts.rules.iter().enumerate().map(name).collect();
        for (number, rule) in rules.iter().enumerate() {
            let (component, id) = (rules.component_name(number).unwrap_or_default().to_owned(), rule.id.clone());
            let counted = *known.entry((component, id)).or_insert_with_key(|(component, id)| {
                counts.rules.push(RuleCounts { id: id.clone(), component: component.clone(), ..Default::default() });
                counts.rules.len() - 1
            });
            let breaker = fared.get(&counted).copied().unwrap_or_default();
            if !breaker.is_at_ease() {
                self.watched.push(number);
            }
            resting.set(number, breaker.rests());
            self.counted.push(counted);
            self.breakers.push(breaker);
        }
        (self.rules, self.resting) = (Some(rules.clone()), resting.clone());
    }

    /// Whether some rule rests or has failed lately, so that every event that concerns it counts.
    pub(super) fn watches(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Whether these are some rules, and none of them is to see an event that concerns it, or does not.
    pub(super) fn all_rest(&self, rules: &[usize], concerned: bool) -> bool {
        let rests = |breaker: &Breaker| if concerned { breaker.rests() } else { breaker.has_rested() };
        !rules.is_empty() && rules.iter().all(|rule| rests(&self.breakers[*rule]))
    }

    /// The place of a rule among the counts.
    pub(super) fn counted(&self, rule: usize) -> usize {
        self.counted[rule]
    }

    /// Decides what becomes of what the rules said of an event. `Err`: it is malformed, and why.
    pub(super) fn rule(&mut self, event: &[u8], verdict: Verdict, ask: &mut impl AskOne) -> Result<Ruling, String> {
        let mut ruling = Ruling { findings: verdict.findings, failures: verdict.failures, ..Ruling::quiet() };
        if self.fuse.failures_max > 0 && !(self.watched.is_empty() && verdict.unasked.is_empty()) {
            self.look_after(event, &verdict.unasked, &mut ruling, ask)?;
        }
        ruling.findings.retain(|finding| finding.severity >= self.severity_min);
        if self.include_event {
            refuse_too_many(event, &mut ruling);
        }
        // Who was asked only now fails in its place, so that the order is the same whatever blocks the events came in.
        ruling.failures.sort_by_key(|failed| failed.rules.first().copied());
        for failed in ruling.failures.iter().filter(|failed| counts(failed)) {
            for &rule in &failed.rules {
                match self.breakers[rule].failed(self.fuse) {
                    Tripped::Now => {
                        self.resting.set(rule, true);
                        ruling.tripped.push(rule);
                    }
                    Tripped::Again | Tripped::No => {}
                }
                if self.fuse.failures_max > 0 && !self.watched.contains(&rule) {
                    self.watched.push(rule);
                }
            }
        }
        if !ruling.unseen.is_empty() || ruling.failures.iter().any(|failed| failed.concerned) {
            ruling.outcome = Outcome::Unjudged;
        }
        Ok(ruling)
    }

    /// Looks after the rules that rest or have failed lately, and after those that were not asked.
    fn look_after(
        &mut self,
        event: &[u8],
        unasked: &[usize],
        ruling: &mut Ruling,
        ask: &mut impl AskOne,
    ) -> Result<(), String> {
        let Some(rules) = &self.rules else { return Ok(()) };
        rules.needles().concerned(event, &mut self.concerned);
        let mut looked_after = self.watched.clone();
        looked_after.extend(unasked);
        looked_after.sort_unstable();
        looked_after.dedup();
        for rule in looked_after {
            let concerned = self.concerned.contains(rule);
            let breaker = &mut self.breakers[rule];
            // An event that cannot matter to a rule does not try it again.
            if (concerned && !breaker.lets_pass()) || (!concerned && breaker.has_rested()) {
                ruling.forget(rule);
                ruling.unseen.extend(concerned.then_some(rule));
                continue;
            }
            if unasked.contains(&rule) {
                match ask(rule, event) {
                    None => return Err(check_event(event).err().unwrap_or_default()),
                    Some(Ok(findings)) if concerned || findings.is_empty() => ruling.findings.extend(findings),
                    Some(Ok(_)) => ruling.failures.push(Failed::to_keep_its_needles(rule)),
                    Some(Err(failure)) => ruling.failures.push(Failed { rules: vec![rule], failure, concerned }),
                }
            }
            if !concerned {
                continue;
            }
            // A failure that the event has caused tells nothing of the rule.
            if !ruling.failures.iter().any(|failed| failed.concerned && failed.rules.contains(&rule)) {
                if self.breakers[rule].judged() {
                    self.resting.set(rule, false);
                    ruling.recovered.push(rule);
                }
                self.watched.retain(|watched| *watched != rule);
            }
        }
        ruling.findings.sort_by_key(|finding| finding.rule);
        Ok(())
    }
}

/// Whether a failure is the rules' own fault, and counts.
fn counts(failed: &Failed) -> bool {
    failed.concerned && failed.failure.kind != FailureKind::Malformed
}

/// Takes the findings of a rule for a failure where the event would be written too often.
fn refuse_too_many(event: &[u8], ruling: &mut Ruling) {
    let most = INCLUDED_EVENTS.max(INCLUDED_BYTES_MAX / event.len().max(1));
    while let Some(rule) = ruling.findings.windows(most + 1).find(|some| some[0].rule == some[most].rule) {
        let rule = rule[0].rule;
        ruling.findings.retain(|finding| finding.rule != rule);
        let text =
            format!("finds more than {most} things in an event of {} bytes, which each alert would hold", event.len());
        let failure = Failure { kind: FailureKind::Answer, text, rule: None, is_everybodys: true };
        ruling.failures.push(Failed { rules: vec![rule], failure, concerned: true });
    }
}
