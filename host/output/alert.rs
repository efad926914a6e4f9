//! The text of an alert: the rule's columns, what the host says of the rule, where the event lies, then perhaps the event.

use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use super::place::Place;
use crate::sandbox::metadata::{Finding, Metadata};

/// How many bytes of a hash are an alert's id.
const ID_BYTES: usize = 16;

/// What every alert of an event says of it.
#[derive(Debug)]
pub(crate) struct Origin<'o> {
    pub(super) place: Place<'o>,
    /// SHA-256 of the event's bytes, in hex.
    pub(super) sha256: String,
    /// When something was found in it.
    pub(super) time: SystemTime,
    /// The same, RFC 3339.
    pub(super) found: String,
}

impl<'o> Origin<'o> {
    pub(crate) fn of(event: &[u8], place: Place<'o>, time: SystemTime) -> Self {
        let found = humantime::format_rfc3339_millis(time).to_string();
        Self { place, sha256: hex(&Sha256::digest(event)), time, found }
    }

    /// The id of the alert that is the `nth` one of this rule in the event, counted from 0. Neither place nor time
    /// goes in, so that reading the event again gives the same alert.
    pub(super) fn id(&self, rule: &str, nth: usize) -> String {
        let id = Sha256::digest(format!("{rule}\n{}\n{nth}\n", self.sha256));
        hex(&id[..ID_BYTES])
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// A text as JSON.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes the alerts of one rule.
#[derive(Debug)]
pub(crate) struct Alerts {
    /// The rule's id.
    id: String,
    /// The rule's part of every alert, up to its severity.
    pub(crate) head: String,
    /// The rule's part of every alert behind its risk score.
    pub(crate) tail: String,
}

impl Alerts {
    pub(crate) fn of(rule: &Metadata) -> Self {
        Self {
            id: rule.id.clone(),
            head: format!(
                r#""rule":{{"id":{},"name":{},"version":{}"#,
                json(&rule.id),
                json(&rule.name),
                json(&rule.version)
            ),
            tail: format!(r#""attack":{}}}"#, serde_json::Value::from(rule.attack_ids())),
        }
    }

    /// One JSON object, without any line end. `event` must be the text of one JSON object.
    pub(crate) fn alert(&self, finding: &Finding, origin: &Origin<'_>, event: Option<&[u8]>) -> String {
        let columns = finding.columns.strip_suffix('}').unwrap_or("{");
        let comma = if columns.len() > 1 { "," } else { "" };
        let Self { id, head, tail } = self;
        let (severity, risk_score) = (finding.severity, finding.risk_score);
        let (id, Origin { place, sha256, found, .. }) = (origin.id(id, finding.nth), origin);
        let (file, line) = (json(place.file), place.line);
        let mut alert = format!(
            r#"{columns}{comma}{head},"severity":"{severity}","risk_score":{risk_score},{tail},"alert":{{"id":"{id}","found":"{found}","file":{file},"line":{line}"#
        );
        if let Some(record) = place.record {
            alert.push_str(&format!(r#","record":{record}"#));
        }
        if let Some(id) = &finding.event_id {
            alert.push_str(&format!(r#","event_id":{}"#, json(id)));
        }
        alert.push_str(&format!(r#","event_sha256":"{sha256}"}}"#));
        if let Some(event) = event {
            alert.push_str(",\"event\":");
            alert.push_str(String::from_utf8_lossy(event.trim_ascii()).as_ref());
        }
        alert.push('}');
        alert
    }
}

/// Adds `"trommel":[…]` to a line as the last member of its object, and changes nothing else of it.
pub(crate) fn tag(line: &[u8], alerts: &[impl AsRef<str>], output: &mut Vec<u8>) {
    let Some(close) = line.iter().rposition(|byte| *byte == b'}') else {
        output.extend_from_slice(line);
        return;
    };
    let members = line[..close].trim_ascii_end();
    output.extend_from_slice(&line[..close]);
    output.extend_from_slice(if members.ends_with(b"{") { b"\"trommel\":[" } else { b",\"trommel\":[" });
    for (at, alert) in alerts.iter().enumerate() {
        if at > 0 {
            output.push(b',');
        }
        output.extend_from_slice(alert.as_ref().as_bytes());
    }
    output.push(b']');
    output.extend_from_slice(&line[close..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_finding_s_own() {
        let place = |line| Place { file: "f", line, record: None };
        let origin = |event: &[u8], line| Origin::of(event, place(line), SystemTime::UNIX_EPOCH);
        let id = origin(b"{}", 1).id("r", 0);
        // printf 'r\n%s\n0\n' $(printf '{}' | sha256sum | cut -d ' ' -f 1) | sha256sum | cut -c 1-32
        assert_eq!(id, "ae0e3f11ea5550dbb2b4f2ecbccff026");
        assert_eq!(id, origin(b"{}", 2).id("r", 0));
        assert_ne!(id, origin(b"{ }", 1).id("r", 0));
        assert_ne!(id, origin(b"{}", 1).id("s", 0));
        assert_ne!(id, origin(b"{}", 1).id("r", 1));
    }

    #[test]
    fn tags() {
        for (line, expected) in [
            ("{}", r#"{"trommel":[1,2]}"#),
            ("{ } \r\n", "{ \"trommel\":[1,2]} \r\n"),
            ("{\"a\":\"{\"}\n", "{\"a\":\"{\",\"trommel\":[1,2]}\n"),
            (r#"{"a":{}}"#, r#"{"a":{},"trommel":[1,2]}"#),
        ] {
            let mut output = Vec::new();
            tag(line.as_bytes(), &["1", "2"], &mut output);
            assert_eq!(String::from_utf8(output).unwrap(), expected);
        }
    }
}
