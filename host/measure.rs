//! What a component costs on some events: time, fuel and memory, on one thread and without input or output.
//!
//! It judges as a run does: the needles are looked for in the whole text, and only events that hold one are handed over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use memchr::{memchr, memrchr};

use crate::prefilter::{Needles, RuleSet};
use crate::{Component, Instance as Place};

/// A round takes at least so long, else the events are judged several times in it.
const ROUND: Duration = Duration::from_millis(50);
/// Calls to measure the fuel of the rules, all together: a large pack is measured on fewer events.
const CALLS_MAX: usize = 1 << 20;
/// Events on which every pack is measured, however large.
const EVENTS_MIN: usize = 100;

/// A component, and the events on which it is measured.
pub struct Bench {
    component: Arc<Component>,
    needles: Needles,
    place: Place,
    text: Vec<u8>,
    /// How often the events are judged in a round, with needles and without.
    repeats: [u32; 2],
}

/// What was counted while events were judged once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Seen {
    pub events: usize,
    pub bytes: usize,
    /// Events that no rule had to see.
    pub skipped: usize,
    pub findings: usize,
    pub failed: usize,
    /// The most memory that the instance had after an event.
    pub memory_bytes: usize,
}

/// What one rule takes of fuel for each event that it has to see.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RuleCost {
    pub id: String,
    pub events: usize,
    pub median: u64,
    pub p99: u64,
    pub highest: u64,
    pub total: u64,
}

impl Bench {
    /// Takes events, one a line. Blank lines are none.
    pub fn new(component: Component, events: &[u8]) -> Self {
        let needles = Needles::new(component.rules().iter().map(|rule| Some(&*rule.needles)));
        let component = Arc::new(component);
        let place = component.instance(false);
        let lines = events.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let text = lines.flat_map(|line| [line, b"\n"].concat()).collect();
        Self { component, needles, place, text, repeats: [0; 2] }
    }

    /// The component that is measured.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Judges the events once, as a run does.
    pub fn seen(&mut self) -> Seen {
        self.judge(true)
    }

    /// How long it takes to judge the events once: the mean of a round.
    pub fn round(&mut self, needles: bool) -> Duration {
        let at = usize::from(needles);
        if self.repeats[at] == 0 {
            let begun = Instant::now();
            self.judge(needles);
            let once = begun.elapsed().max(Duration::from_nanos(1));
            self.repeats[at] = (ROUND.as_nanos().div_ceil(once.as_nanos()) as u32).max(1);
        }
        let begun = Instant::now();
        for _ in 0..self.repeats[at] {
            self.judge(needles);
        }
        begun.elapsed() / self.repeats[at]
    }

    /// What each rule takes, the most expensive one first.
    pub fn costs(&mut self) -> Vec<RuleCost> {
        let rules = self.component.rules().len();
        let events = (CALLS_MAX / rules.max(1)).max(EVENTS_MIN);
        let mut fuel: Vec<Vec<u64>> = vec![Vec::new(); rules];
        let mut concerned = RuleSet::new(rules);
        for event in self.text.split(|byte| *byte == b'\n').filter(|event| !event.is_empty()).take(events) {
            self.needles.concerned(event, &mut concerned);
            for rule in concerned.within(0..rules) {
                // One that fails has taken what it took.
                let _ = self.place.evaluate(event, Some(&[rule as u32]));
                fuel[rule].push(self.place.spent().fuel);
            }
        }
        let cost = |(rule, mut fuel): (&crate::metadata::Metadata, Vec<u64>)| {
            fuel.sort_unstable();
            let at = |share: usize| fuel.get((fuel.len() * share / 100).min(fuel.len().saturating_sub(1))).copied();
            RuleCost {
                id: rule.id.clone(),
                events: fuel.len(),
                median: at(50).unwrap_or(0),
                p99: at(99).unwrap_or(0),
                highest: fuel.last().copied().unwrap_or(0),
                total: fuel.iter().sum(),
            }
        };
        let mut costs: Vec<_> = self.component.rules().iter().zip(fuel).map(cost).collect();
        costs.sort_by_key(|cost| std::cmp::Reverse(cost.total));
        costs
    }

    fn judge(&mut self, needles: bool) -> Seen {
        let mut seen = Seen { bytes: self.text.len(), ..Seen::default() };
        let mut concerned = RuleSet::new(self.component.rules().len());
        let mut scan = (needles && !self.needles.see_all()).then(|| self.needles.scan(&self.text));
        let (mut at, mut handed_over) = (0, 0);
        while at < self.text.len() {
            if let Some(scan) = &mut scan {
                let Some(found) = scan.next(at) else { break };
                at = memrchr(b'\n', &self.text[at..found]).map_or(at, |line_end| at + line_end + 1);
            }
            let end = memchr(b'\n', &self.text[at..]).map_or(self.text.len(), |line_end| at + line_end);
            let event = &self.text[at..end];
            at = end + 1;
            let mut asked = Vec::new();
            if needles {
                self.needles.concerned(event, &mut concerned);
                asked.extend(concerned.within(0..self.component.rules().len()).map(|rule| rule as u32));
                if asked.is_empty() {
                    continue;
                }
            }
            handed_over += 1;
            match self.place.evaluate(event, needles.then_some(&*asked)) {
                Ok(findings) => seen.findings += findings.len(),
                Err(_) => seen.failed += 1,
            }
            seen.memory_bytes = seen.memory_bytes.max(self.place.spent().memory_bytes);
        }
        seen.events = memchr::memchr_iter(b'\n', &self.text).count();
        seen.skipped = seen.events - handed_over;
        seen
    }
}
