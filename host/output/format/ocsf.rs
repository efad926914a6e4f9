//! An alert as a Detection Finding (2004) of the Open Cybersecurity Schema Framework 1.8.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::Alert;
use crate::sandbox::metadata::{AttackEntry, Severity, Threat};

/// The release of OCSF.
const OCSF_VERSION: &str = "1.8.0";

/// One JSON object, without any line end.
pub(in crate::output) fn write(alert: &Alert<'_>) -> String {
    let Alert { rule, finding, origin, .. } = alert;
    let (severity_id, severity) = severity(finding.severity);
    let id = alert.id();
    let columns = alert.columns();
    let mut document = json!({
        "activity_id": 1,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "type_uid": 200_401,
        "type_name": "Detection Finding: Create",
        "time": milliseconds(origin.time),
        "severity_id": severity_id,
        "severity": severity,
        "status_id": 1,
        "status": "New",
        "is_alert": true,
        "risk_score": finding.risk_score,
        "message": rule.name,
        "metadata": {
            "version": OCSF_VERSION,
            "uid": id,
            "product": {"name": "trommel", "vendor_name": "trommel", "version": env!("CARGO_PKG_VERSION")},
        },
        "finding_info": {
            "uid": id,
            "title": rule.name,
            "analytic": {"uid": rule.id, "name": rule.name, "type_id": 1, "type": "Rule", "version": rule.version},
        },
    });
    if let Some(time) = alert.event_time() {
        document["start_time"] = milliseconds(time).into();
        document["end_time"] = milliseconds(time).into();
    }
    if !rule.threats.is_empty() {
        document["finding_info"]["attacks"] = rule.threats.iter().flat_map(attacks).collect();
    }
    document["evidences"] = json!([{"data": columns}]);
    if let Some(event) = alert.event() {
        document["raw_data"] = event.into();
    }
    document["unmapped"] = alert.source();
    document.to_string()
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Informational => (1, "Informational"),
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

/// Each technique with its tactic, or the tactic alone.
fn attacks(threat: &Threat) -> Vec<Value> {
    let entry = |entry: &AttackEntry| json!({"uid": entry.id, "name": entry.name});
    let tactic = entry(&threat.tactic);
    if threat.techniques.is_empty() {
        return vec![json!({"tactic": tactic})];
    }
    let techniques = threat.techniques.iter().map(|technique| {
        let mut attack = Map::from_iter([("tactic".to_owned(), tactic.clone())]);
        match technique.id.split_once('.') {
            None => attack.insert("technique".into(), entry(technique)),
            Some((parent, _)) => {
                attack.insert("technique".into(), json!({"uid": parent}));
                attack.insert("sub_technique".into(), entry(technique))
            }
        };
        Value::Object(attack)
    });
    techniques.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_technique_has_its_tactic() {
        let entry = |id: &str| AttackEntry { id: id.into(), name: format!("name of {id}") };
        let threat =
            |ids: &[&str]| Threat { tactic: entry("TA1"), techniques: ids.iter().map(|id| entry(id)).collect() };
        assert_eq!(attacks(&threat(&[])), [json!({"tactic": {"uid": "TA1", "name": "name of TA1"}})]);
        let both = attacks(&threat(&["T1", "T2.003"]));
        assert_eq!(both[0]["technique"]["uid"], "T1");
        assert_eq!(both[1]["tactic"]["uid"], "TA1");
        assert_eq!((&both[1]["technique"]["uid"], &both[1]["sub_technique"]["uid"]), (&json!("T2"), &json!("T2.003")));
    }
}
