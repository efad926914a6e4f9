//! Has a component judge a case, and holds it to what every rule promises: the same answer to the same event, whatever
//! came before it, whoever else is asked, and findings only where a needle stands.

use std::sync::Arc;

use serde_json::Value;

use super::{Case, Line, diff, line};
use crate::metadata::Finding;
use crate::prefilter::{Needles, RuleSet};
use crate::{Component, ConfigureError, Failure, FailureKind, Instance};

/// What came of a case.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Outcome {
    /// The name of the case.
    pub name: String,
    /// What is wrong beside the findings: events that could not be judged, promises that were broken.
    pub mistakes: Vec<String>,
    /// From what was expected to what was found; empty where they are the same.
    pub difference: Vec<Line>,
    /// What was found: the lines for `findings.ndjson`.
    pub found: Vec<String>,
    /// The largest share of its fuel that an event took.
    pub fuel: Share,
    /// The largest share of its memory that the instance took.
    pub memory_bytes: Share,
}

/// How much of what is allowed was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Share {
    pub taken: u64,
    pub allowed: u64,
}

impl Share {
    /// The larger one of two shares.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        // As products, so that nothing is divided by nothing.
        let is_larger = u128::from(other.taken) * u128::from(self.allowed.max(1))
            > u128::from(self.taken) * u128::from(other.allowed.max(1));
        if is_larger || self.allowed == 0 { other } else { self }
    }

    /// The share in percent.
    pub fn percent(self) -> f64 {
        100.0 * self.taken as f64 / self.allowed.max(1) as f64
    }
}

impl Outcome {
    /// Whether all is as it should be.
    pub fn passed(&self) -> bool {
        self.mistakes.is_empty() && self.difference.is_empty()
    }
}

/// Checks the cases of one component.
pub struct Checker {
    component: Arc<Component>,
    needles: Needles,
    /// The rules that have settings of a case before.
    configured: Vec<usize>,
}

impl Checker {
    /// Takes a component that has no settings yet.
    pub fn new(component: Component) -> Self {
        let needles = Needles::new(component.rules().iter().map(|rule| Some(&*rule.needles)));
        Self { component: Arc::new(component), needles, configured: Vec::new() }
    }

    /// The component that is checked.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Checks a case.
    pub fn check(&mut self, case: &Case) -> Outcome {
        let mut outcome = Outcome { name: case.name.clone(), ..Outcome::default() };
        if let Err(mistakes) = self.configure(case.settings.as_deref()) {
            outcome.mistakes = mistakes;
            return outcome;
        }
        let mut answers = Vec::new();
        let mut instance = self.component.instance(false);
        for (at, event) in case.events.iter().enumerate() {
            let answer = judge(&mut instance, event, None);
            let spent = instance.spent();
            let share = |taken, allowed| Share { taken, allowed };
            outcome.fuel = outcome.fuel.max(share(spent.fuel, spent.fuel_max));
            let memory_bytes_max = self.component.limits().memory_bytes as u64;
            outcome.memory_bytes = outcome.memory_bytes.max(share(spent.memory_bytes as u64, memory_bytes_max));
            match answer {
                Ok(findings) => answers.push(findings),
                Err(why) => {
                    // Whether the text is an event at all is not a matter of one rule.
                    let is_one = why.kind != FailureKind::Malformed;
                    let blamed = if is_one { self.blamed(event) } else { Vec::new() };
                    let said = blamed.iter().map(|(id, why)| format!("event {}: rule `{id}`: {why}", at + 1));
                    outcome.mistakes.extend(said);
                    if blamed.is_empty() {
                        outcome.mistakes.push(format!("event {}: {why}", at + 1));
                    }
                }
            }
        }
        if !outcome.mistakes.is_empty() {
            return outcome;
        }
        let rules = self.component.rules();
        for (at, findings) in answers.iter().enumerate() {
            outcome.found.extend(findings.iter().map(|finding| line(rules, finding, at + 1, case.events.len())));
        }
        if let Some(expected) = &case.findings {
            let is_object = |line: &String| matches!(serde_json::from_str(line), Ok(Value::Object(_)));
            if let Some(at) = expected.iter().position(|line| !is_object(line)) {
                outcome.mistakes.push(format!("finding {} of those expected is no JSON object", at + 1));
            }
            let difference = diff(expected, &outcome.found);
            if difference.iter().any(|line| !matches!(line, Line::Same(_))) {
                outcome.difference = difference;
            }
        }
        outcome.mistakes.extend(self.broken_promises(&case.events, &answers, instance));
        outcome
    }

    /// The rules that fail at this event when they are asked alone, and why, where there are several.
    fn blamed(&self, event: &str) -> Vec<(&str, Failure)> {
        let rules = self.component.rules();
        let mut blamed = Vec::new();
        if rules.len() > 1 {
            let mut instance = self.component.instance(false);
            for (number, rule) in rules.iter().enumerate() {
                let answer = judge(&mut instance, event, Some(&[number as u32]));
                blamed.extend(answer.err().map(|why| (&*rule.id, why)));
            }
        }
        blamed
    }

    /// Gives the rules the settings of a case, and those that had some before none again.
    fn configure(&mut self, settings: Option<&str>) -> Result<(), Vec<String>> {
        let Some(component) = Arc::get_mut(&mut self.component) else {
            return Err(vec!["the component is in use".into()]);
        };
        let ids: Vec<String> = component.rules().iter().map(|rule| rule.id.clone()).collect();
        let mut wanted: Vec<(usize, String)> = Vec::new();
        match (settings, &ids[..]) {
            (None, _) => {}
            (Some(settings), [_]) => wanted.push((0, settings.to_owned())),
            (Some(settings), _) => {
                let Ok(Value::Object(by_id)) = serde_json::from_str(settings) else {
                    return Err(vec![
                        "settings.json is no JSON object that has the settings of rules by their ids".into(),
                    ]);
                };
                for (id, settings) in by_id {
                    let Some(rule) = ids.iter().position(|known| *known == id) else {
                        return Err(vec![format!("settings.json: no rule has the id `{id}`")]);
                    };
                    wanted.push((rule, settings.to_string()));
                }
            }
        }
        // A rule that was never configured behaves as with `{}`, the contract says.
        let before = std::mem::take(&mut self.configured);
        let again = before.into_iter().filter(|rule| wanted.iter().all(|(other, _)| other != rule));
        let again: Vec<_> = again.map(|rule| (rule, "{}".to_owned())).collect();
        let mut mistakes = Vec::new();
        for (rule, settings) in wanted.iter().chain(&again) {
            self.configured.push(*rule);
            match component.configure(*rule, settings) {
                Ok(()) => {}
                Err(ConfigureError::Refused(errors)) => mistakes.extend(errors.iter().map(|error| {
                    format!("settings of `{}`, {}: expected {}", ids[*rule], error.pointer, error.expected)
                })),
                Err(ConfigureError::Failed(failure)) => {
                    mistakes.push(format!("settings of `{}`: {failure}", ids[*rule]));
                }
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The promises that the component breaks on these events, to which it gave these answers.
    fn broken_promises(&self, events: &[String], answers: &[Vec<Finding>], mut used: Instance) -> Vec<String> {
        let mut mistakes = Vec::new();
        let mut hold =
            |at: usize, promise: &str, expected: &[Finding], answer: Result<Vec<Finding>, Failure>| match answer {
                Ok(findings) if findings == expected => {}
                Ok(findings) => {
                    let (found, expected) = (findings.len(), expected.len());
                    let counts = if found == expected {
                        "other findings".to_owned()
                    } else {
                        format!("{} instead of {expected}", crate::cases::counted(found, "finding"))
                    };
                    mistakes.push(format!("event {}: {promise}: {counts}", at + 1));
                }
                Err(why) => mistakes.push(format!("event {}: {promise}: {why}", at + 1)),
            };
        let all = || events.iter().zip(answers).enumerate();
        for (at, (event, answer)) in all() {
            hold(at, "another answer the second time", answer, judge(&mut used, event, None));
        }
        let mut fresh = self.component.instance(true);
        for (at, (event, answer)) in all() {
            hold(at, "another answer in a fresh instance", answer, judge(&mut fresh, event, None));
        }
        if events.len() > 1 {
            let mut reversed = self.component.instance(false);
            for (at, (event, answer)) in all().rev() {
                hold(at, "another answer with the events in reverse order", answer, judge(&mut reversed, event, None));
            }
        }
        let rules = self.component.rules();
        let mut concerned = RuleSet::new(rules.len());
        for (at, (event, answer)) in all() {
            if rules.len() > 1 {
                for (number, rule) in rules.iter().enumerate() {
                    let own: Vec<_> = answer.iter().filter(|finding| finding.rule == number).cloned().collect();
                    let promise = format!("another answer of `{}` when it is asked alone", rule.id);
                    hold(at, &promise, &own, judge(&mut used, event, Some(&[number as u32])));
                }
            }
            self.needles.concerned(event.as_bytes(), &mut concerned);
            let asked: Vec<_> =
                (0..rules.len()).filter(|rule| concerned.contains(*rule)).map(|rule| rule as u32).collect();
            if asked.len() < rules.len() {
                let answer_with = if asked.is_empty() { Ok(Vec::new()) } else { judge(&mut used, event, Some(&asked)) };
                hold(at, "another answer when its needles are heeded", answer, answer_with);
            }
        }
        mistakes
    }
}

fn judge(instance: &mut Instance, event: &str, asked: Option<&[u32]>) -> Result<Vec<Finding>, Failure> {
    instance.evaluate(event.as_bytes(), asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_share_counts() {
        let share = |taken, allowed| Share { taken, allowed };
        assert_eq!(Share::default().max(share(0, 5)), share(0, 5));
        assert_eq!(share(1, 10).max(share(3, 40)), share(1, 10));
        assert_eq!(share(3, 40).max(share(1, 10)), share(1, 10));
        assert_eq!(share(1, 4).percent(), 25.0);
    }
}
