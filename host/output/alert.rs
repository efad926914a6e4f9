//! The text of an alert: the rule's columns, then what the host says of the rule, then perhaps the event.

use crate::sandbox::metadata::{Finding, Metadata};

/// Writes the alerts of one rule.
#[derive(Debug)]
pub(crate) struct Alerts {
    /// The rule's part of every alert, up to its severity.
    head: String,
    /// The rule's part of every alert behind its risk score.
    tail: String,
}

impl Alerts {
    pub(crate) fn of(rule: &Metadata) -> Self {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        Self {
            head: format!(
                r#""rule":{{"id":{},"name":{},"version":{}"#,
                text(&rule.id),
                text(&rule.name),
                text(&rule.version)
            ),
            tail: format!(r#""attack":{}}}"#, serde_json::Value::from(rule.attack_ids())),
        }
    }

    /// One JSON object, without any line end. `event` must be the text of one JSON object.
    pub(crate) fn alert(&self, finding: &Finding, event: Option<&[u8]>) -> String {
        let columns = finding.columns.strip_suffix('}').unwrap_or("{");
        let comma = if columns.len() > 1 { "," } else { "" };
        let Self { head, tail } = self;
        let (severity, risk_score) = (finding.severity, finding.risk_score);
        let mut alert = format!(r#"{columns}{comma}{head},"severity":"{severity}","risk_score":{risk_score},{tail}"#);
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
