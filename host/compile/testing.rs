//! What tests of front ends share: a query as a pack, and an event through it.

use trommel_engine::{Engine, Finding};

use super::ir::{Metadata, Query, Rule};
use super::pack::{Options, write};

/// Says whether a query fires on an event.
pub(super) fn fires(query: &Query, event: &str) -> bool {
    fires_rule(&of(query), event)
}

/// Is the rule of a query.
pub(super) fn of(query: &Query) -> Rule {
    Rule {
        metadata: Metadata { id: "test".into(), name: "test".into(), ..Metadata::default() },
        expand: query.expand.clone(),
        condition: query.condition.clone(),
        columns: query.columns.clone(),
        severities: Vec::new(),
        risk_scores: Vec::new(),
        event_id: None,
        notices: Vec::new(),
    }
}

/// Says whether a rule fires on an event.
pub(super) fn fires_rule(rule: &Rule, event: &str) -> bool {
    !findings(rule, event).is_empty()
}

/// Is what a rule finds in an event.
pub(super) fn findings(rule: &Rule, event: &str) -> Vec<Finding> {
    let pack = write(std::slice::from_ref(rule), Options { triage: false, needles: false });
    let mut engine = Engine::new(&pack.image).expect("the image is whole");
    engine.evaluate(event.as_bytes(), None).expect("the event is judged")
}
