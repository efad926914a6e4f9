//! What is a record, where it is found, and what is read of it, form by form.

mod fields;
mod forms;
mod found;
mod others;

use serde_json::Value as Json;

use super::*;
use crate::values::Values;

pub(super) fn text(values: Values<'_>) -> String {
    values.iter().collect::<Vec<_>>().join("+")
}

/// What is read of each record: its form, call, time, owner and outcome.
pub(super) fn read(event: &str) -> Vec<String> {
    let event = Event::parse(event.as_bytes()).unwrap();
    let row = |record: Record<'_>| {
        let fields = [record.action(), record.timestamp(), record.owner_account(), record.outcome()].map(text);
        format!("{} {}", format!("{record:?}").split(' ').next().unwrap(), fields.join(" "))
    };
    records(&event).map(row).collect()
}

/// A field of the only record.
pub(super) fn field(event: &Json, name: &'static str) -> String {
    let event = event.to_string();
    let event = Event::parse(event.as_bytes()).unwrap();
    let mut records = records(&event);
    let record = records.next().unwrap_or_else(|| panic!("{event:?}"));
    assert!(records.next().is_none());
    text(record.field(name))
}

pub(super) const RAW: &str = r#"{"eventSource":"a.amazonaws.com","eventName":"n","eventTime":"2024-01-02T03:04:05Z","userIdentity":{"accountId":"1"}}"#;
pub(super) const ELASTIC: &str = r#"{"@timestamp":"t","event":{"provider":"a.amazonaws.com","action":"n","outcome":"success"},"cloud.account.id":"1"}"#;
pub(super) const RAW_ROW: &str = "Raw n 2024-01-02T03:04:05.000Z 1 success";
pub(super) const ELASTIC_ROW: &str = "Elastic n t 1 success";

pub(super) fn quoted(json: &str) -> String {
    Json::from(json).to_string()
}
