//! The alerts of an event, in the format that was asked for. How one looks is left to [`super::alert`] and [`super::format`].

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::alert::{Alerts, Origin};
use super::format::{Alert, Format, ecs, line, ocsf};
use super::sink::Judgement;
use crate::rules::Rules;

/// Writes the alerts of events.
pub(super) struct AlertWriter {
    pub(super) format: Format,
    /// Whether [`Format::Text`] has colours.
    pub(super) colour: bool,
    /// Whether an alert holds its event.
    pub(super) include_event: bool,
    /// When alerts say that they were found. `None`: when they were.
    pub(super) found: Option<SystemTime>,
    /// The rules, once they are known.
    pub(super) rules: Option<Arc<Rules>>,
    /// What writes alerts in trommel's own format, for each rule that had one: most of thousands never have.
    pub(super) own: Vec<OnceLock<Alerts>>,
}

impl AlertWriter {
    pub(super) fn rules(&mut self, rules: &Arc<Rules>) {
        self.own = rules.iter().map(|_| OnceLock::new()).collect();
        self.rules = Some(rules.clone());
    }

    /// The alerts of an event, in the order of its findings.
    pub(super) fn alerts(&self, event: &Judgement<'_>) -> Vec<String> {
        let bytes = event.event();
        let origin = Origin::of(bytes, event.place, self.found.unwrap_or_else(SystemTime::now));
        let with_event = self.include_event.then_some(bytes);
        let rules = self.rules.as_ref().expect("no finding is without its rule");
        let alerts = event.findings.iter().map(|finding| {
            let rule = rules.get(finding.rule).expect("a finding names one of the rules");
            let alert = Alert { rule, finding, origin: &origin, event: with_event };
            match self.format {
                Format::Trommel => {
                    let own = self.own[finding.rule].get_or_init(|| Alerts::of(rule));
                    own.alert(finding, &origin, with_event)
                }
                Format::Ecs => ecs::write(&alert),
                Format::Ocsf => ocsf::write(&alert),
                Format::Text => line::write(&alert, self.colour),
            }
        });
        alerts.collect()
    }
}
