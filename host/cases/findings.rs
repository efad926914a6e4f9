//! A finding as a line of `findings.ndjson`: its columns, and before them what they leave open.
//!
//! Both names that stand before are reserved, so no column has them:
//! - `rule` is the rule's id, where the component has several; or an object with what the finding says otherwise than
//!   its rule: `severity`, `risk_score`, and the `id` where the component has several.
//! - `event` is the number of the event, from 1, where the case has several.

use serde_json::{Map, Value};

use crate::metadata::{Finding, Metadata};

/// The line of a finding of one of these rules, made in the event with this number (from 1) of so many.
pub fn line(rules: &[Metadata], finding: &Finding, event: usize, events: usize) -> String {
    let mut members = Map::new();
    if let Some(rule) = rules.get(finding.rule) {
        let rated = (finding.severity, finding.risk_score) != (rule.severity, rule.risk_score);
        let id = (rules.len() > 1).then(|| Value::from(rule.id.as_str()));
        let said = if rated {
            let mut said = Map::new();
            said.extend(id.map(|id| ("id".into(), id)));
            said.insert("severity".into(), finding.severity.to_string().into());
            said.insert("risk_score".into(), finding.risk_score.into());
            Some(Value::Object(said))
        } else {
            id
        };
        members.extend(said.map(|said| ("rule".into(), said)));
    }
    if events > 1 {
        members.insert("event".into(), event.into());
    }
    if members.is_empty() {
        return finding.columns.clone();
    }
    // The columns are not read and written again: numbers stay as they are.
    let before = Value::Object(members).to_string();
    match finding.columns.strip_prefix('{') {
        Some("}") | None => before,
        Some(columns) => format!("{},{columns}", &before[..before.len() - 1]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Severity;

    #[test]
    fn a_line_says_no_more_than_is_open() {
        let rule = |id: &str| -> Metadata {
            serde_json::from_value(serde_json::json!({
                "id": id, "name": "A rule", "version": "1.0.0", "authors": [], "license": "", "severity": "low",
                "risk_score": 21, "tags": [], "references": [], "threats": [], "columns": [], "settings_schema": "",
                "needles": [],
            }))
            .unwrap()
        };
        let (one, two) = ([rule("a")], [rule("a"), rule("b")]);
        let plain = Finding {
            rule: 0,
            columns: r#"{"n":1.50}"#.into(),
            severity: Severity::Low,
            risk_score: 21,
            event_id: None,
            nth: 0,
        };
        let rated = Finding { severity: Severity::High, ..plain.clone() };
        let bare = Finding { columns: "{}".into(), ..plain.clone() };
        for (rules, finding, events, expected) in [
            (&one[..], &plain, 1, r#"{"n":1.50}"#),
            (&two[..], &plain, 1, r#"{"rule":"a","n":1.50}"#),
            (&one[..], &plain, 2, r#"{"event":2,"n":1.50}"#),
            (&two[..], &plain, 3, r#"{"rule":"a","event":2,"n":1.50}"#),
            (&one[..], &rated, 1, r#"{"rule":{"severity":"high","risk_score":21},"n":1.50}"#),
            (&two[..], &rated, 1, r#"{"rule":{"id":"a","severity":"high","risk_score":21},"n":1.50}"#),
            (&one[..], &bare, 1, "{}"),
            (&two[..], &bare, 1, r#"{"rule":"a"}"#),
        ] {
            assert_eq!(line(rules, finding, 2, events), expected);
        }
    }
}
