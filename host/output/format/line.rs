//! An alert as one line for people: where, how bad, what, and the columns that have a value.

use std::fmt::Write as _;

use serde_json::Value;

use super::Alert;
use crate::diagnostics::printable;
use crate::sandbox::metadata::Severity;

/// One line, without its end. Nothing in it controls a terminal but its own colours.
pub(in crate::output) fn write(alert: &Alert<'_>, colour: bool) -> String {
    let Alert { rule, finding, origin, event } = alert;
    let severity = finding.severity;
    let (on, off) = if colour { (colour_of(severity), "\x1b[0m") } else { ("", "") };
    let mut line = format!("{}: {on}{severity}{off}: {}", origin.place, printable(&rule.name));
    let mut mark = ": ";
    for (name, value) in alert.columns() {
        let value = match value {
            Value::Null => continue,
            // Where a text would be taken for more than one word, it is quoted.
            Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=', ',']) => text,
            value => value.to_string(),
        };
        let _ = write!(line, "{mark}{}={}", printable(&name), printable(&value));
        mark = " ";
    }
    if let Some(event) = event {
        let _ = write!(line, "{mark}{}", printable(&String::from_utf8_lossy(event)));
    }
    line
}

fn colour_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "\x1b[34m",
        Severity::Low => "\x1b[36m",
        Severity::Medium => "\x1b[33m",
        Severity::High => "\x1b[31m",
        Severity::Critical => "\x1b[1;31m",
    }
}
