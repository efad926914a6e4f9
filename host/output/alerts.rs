//! The alerts of an event, as whoever runs wants them. How one looks is [`super::alert`]'s.

use std::sync::Arc;
use std::time::SystemTime;

use super::alert::{Alerts, Origin};
use super::sink::Judgement;
use crate::rules::Rules;

/// Writes the alerts of events.
#[derive(Debug)]
pub(super) struct AlertWriter {
    /// Whether an alert holds its event.
    pub(super) include_event: bool,
    /// When alerts say that they were found. `None`: when they were.
    pub(super) found: Option<SystemTime>,
    /// What writes them, a rule each. None before the rules are known.
    pub(super) rules: Vec<Alerts>,
}

impl AlertWriter {
    pub(super) fn rules(&mut self, rules: &Arc<Rules>) {
        self.rules = rules.iter().map(Alerts::of).collect();
    }

    /// The alerts of an event, in the order of its findings.
    pub(super) fn alerts(&self, event: &Judgement<'_>) -> Vec<String> {
        let bytes = event.event();
        let origin = Origin::of(bytes, event.place, self.found.unwrap_or_else(SystemTime::now));
        let with_event = self.include_event.then_some(bytes);
        event.findings.iter().map(|finding| self.rules[finding.rule].alert(finding, &origin, with_event)).collect()
    }
}
