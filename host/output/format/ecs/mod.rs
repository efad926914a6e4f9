//! An alert in Elastic Common Schema 9.4, as Elastic's rule "External Alerts" takes it in.

use serde_json::{Map, Value, json};

mod fields;

use fields::Field;

use super::Alert;
use crate::sandbox::metadata::{AttackEntry, Severity, Threat};

/// The release of ECS.
const ECS_VERSION: &str = "9.4.0";

/// One JSON object, without any line end.
pub(in crate::output) fn write(alert: &Alert<'_>) -> String {
    let Alert { rule, finding, origin, .. } = alert;
    let mut columns = alert.columns();
    let time = match alert.event_time() {
        None => origin.found.clone(),
        Some(time) => {
            columns.shift_remove("@timestamp");
            humantime::format_rfc3339_millis(time).to_string()
        }
    };
    let mut document = json!({
        "@timestamp": time,
        "ecs": {"version": ECS_VERSION},
        "message": rule.name,
        "event": {
            "kind": "alert",
            "category": ["intrusion_detection"],
            "type": ["info"],
            "module": "trommel",
            "dataset": "trommel.alert",
            "severity": severity(finding.severity),
            "risk_score": finding.risk_score,
            "id": alert.id(),
            "created": origin.found,
        },
        "rule": {"id": rule.id, "name": rule.name, "version": rule.version, "ruleset": "trommel"},
        "observer": {"vendor": "trommel", "product": "trommel", "version": env!("CARGO_PKG_VERSION")},
        "log": {"file": {"path": origin.place.file}},
    });
    if let Some(event) = alert.event() {
        document["event"]["original"] = event.into();
    }
    if !rule.authors.is_empty() {
        document["rule"]["author"] = rule.authors.as_slice().into();
    }
    if !rule.license.is_empty() {
        document["rule"]["license"] = rule.license.as_str().into();
    }
    if let Some(reference) = rule.references.first() {
        document["rule"]["reference"] = reference.as_str().into();
    }
    if !rule.threats.is_empty() {
        document["threat"] = threat(&rule.threats);
    }
    let mut others = Map::new();
    for (name, value) in columns {
        match Field::of(&name).and_then(|field| field.hold(&value)) {
            Some(value) => place(&mut document, &name, value),
            None => _ = others.insert(name, value),
        }
    }
    document["trommel"] = json!({"severity": finding.severity, "columns": others, "alert": alert.source()});
    document.to_string()
}

/// Puts a value where its dotted name says.
fn place(document: &mut Value, name: &str, value: Value) {
    let place = name.split('.').fold(document, |at, part| &mut at[part]);
    *place = value;
}

/// The numbers that Elastic's rule knows; any other would become medium.
fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Informational | Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}

fn threat(threats: &[Threat]) -> Value {
    let techniques = || threats.iter().flat_map(|threat| &threat.techniques);
    let mut threat = json!({"framework": "MITRE ATT&CK"});
    let parts = [
        ("tactic", entries(threats.iter().map(|threat| &threat.tactic), "tactics")),
        ("technique", entries(techniques().filter(|entry| !entry.id.contains('.')), "techniques")),
        ("subtechnique", entries(techniques().filter(|entry| entry.id.contains('.')), "techniques")),
    ];
    for (name, entries) in parts {
        match entries {
            None => {}
            Some(entries) if name == "subtechnique" => threat["technique"]["subtechnique"] = entries,
            Some(entries) => threat[name] = entries,
        }
    }
    threat
}

/// Entries of ATT&CK as lists side by side, each entry once.
fn entries<'e>(entries: impl Iterator<Item = &'e AttackEntry>, folder: &str) -> Option<Value> {
    let mut known: Vec<&AttackEntry> = Vec::new();
    for entry in entries {
        if !known.iter().any(|known| known.id == entry.id) {
            known.push(entry);
        }
    }
    let url = |entry: &&AttackEntry| format!("https://attack.mitre.org/{folder}/{}/", entry.id.replace('.', "/"));
    let ids: Vec<_> = known.iter().map(|entry| entry.id.as_str()).collect();
    let names: Vec<_> = known.iter().map(|entry| entry.name.as_str()).collect();
    let references: Vec<_> = known.iter().map(url).collect();
    (!known.is_empty()).then(|| json!({"id": ids, "name": names, "reference": references}))
}

#[cfg(test)]
mod tests;
