//! An alert in Elastic Common Schema 9.4, as Elastic's rule "External Alerts" takes it in.

use serde_json::{Map, Value, json};

use super::Alert;
use crate::sandbox::metadata::{AttackEntry, Severity, Threat};

/// The release of ECS.
const ECS_VERSION: &str = "9.4.0";

/// Fields of ECS that a column may have by its name. What the host writes itself is not among them.
const FIELDS: &[&str] = &[
    "client.address",
    "client.ip",
    "client.port",
    "cloud.account.id",
    "cloud.account.name",
    "cloud.availability_zone",
    "cloud.instance.id",
    "cloud.instance.name",
    "cloud.machine.type",
    "cloud.project.id",
    "cloud.project.name",
    "cloud.provider",
    "cloud.region",
    "cloud.service.name",
    "cloud.target.account.id",
    "container.id",
    "container.name",
    "container.runtime",
    "destination.address",
    "destination.bytes",
    "destination.domain",
    "destination.ip",
    "destination.mac",
    "destination.port",
    "destination.user.id",
    "destination.user.name",
    "device.id",
    "dns.question.name",
    "dns.question.type",
    "dns.response_code",
    "error.code",
    "error.message",
    "event.action",
    "event.code",
    "event.outcome",
    "event.provider",
    "event.reason",
    "file.directory",
    "file.extension",
    "file.hash.md5",
    "file.hash.sha1",
    "file.hash.sha256",
    "file.name",
    "file.path",
    "file.size",
    "group.id",
    "group.name",
    "host.hostname",
    "host.id",
    "host.name",
    "host.os.name",
    "host.os.type",
    "http.request.method",
    "http.request.referrer",
    "http.response.status_code",
    "log.level",
    "network.direction",
    "network.protocol",
    "network.transport",
    "network.type",
    "orchestrator.cluster.name",
    "orchestrator.namespace",
    "orchestrator.resource.name",
    "orchestrator.resource.type",
    "organization.id",
    "organization.name",
    "process.command_line",
    "process.executable",
    "process.name",
    "process.parent.command_line",
    "process.parent.executable",
    "process.parent.name",
    "process.parent.pid",
    "process.pid",
    "process.working_directory",
    "registry.key",
    "registry.path",
    "registry.value",
    "server.address",
    "server.ip",
    "server.port",
    "service.name",
    "service.type",
    "source.address",
    "source.as.number",
    "source.as.organization.name",
    "source.bytes",
    "source.domain",
    "source.geo.city_name",
    "source.geo.country_iso_code",
    "source.geo.country_name",
    "source.ip",
    "source.mac",
    "source.port",
    "source.user.id",
    "source.user.name",
    "trace.id",
    "url.domain",
    "url.full",
    "url.original",
    "url.path",
    "url.query",
    "url.scheme",
    "user.domain",
    "user.effective.id",
    "user.effective.name",
    "user.email",
    "user.full_name",
    "user.id",
    "user.name",
    "user.target.id",
    "user.target.name",
    "user_agent.name",
    "user_agent.original",
    "user_agent.version",
];

/// Fields of ECS that hold a list, however few values there are.
const LISTS: &[&str] = &[
    "host.ip",
    "host.mac",
    "process.args",
    "process.parent.args",
    "related.hash",
    "related.hosts",
    "related.ip",
    "related.user",
    "tags",
    "user.roles",
];

/// One JSON object, without any line end.
pub(in crate::output) fn write(alert: &Alert<'_>) -> String {
    let Alert { rule, finding, origin, .. } = alert;
    let mut columns = alert.columns();
    let time = match columns.shift_remove("@timestamp") {
        Some(Value::String(time)) if humantime::parse_rfc3339_weak(&time).is_ok() => time,
        other => {
            columns.extend(other.map(|other| ("@timestamp".to_owned(), other)));
            origin.found.clone()
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
        let is_list = LISTS.contains(&&*name);
        let fits = is_list || FIELDS.contains(&&*name);
        match value {
            Value::Null | Value::Object(_) => {
                others.insert(name, value);
            }
            value if fits => place(&mut document, &name, if is_list { listed(value) } else { value }),
            value => {
                others.insert(name, value);
            }
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

fn listed(value: Value) -> Value {
    if value.is_array() { value } else { Value::Array(vec![value]) }
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
mod tests {
    use super::*;

    #[test]
    fn sub_techniques_have_a_place_of_their_own() {
        let entry = |id: &str| AttackEntry { id: id.into(), name: format!("name of {id}") };
        let exfiltration =
            |ids: &[&str]| Threat { tactic: entry("TA0010"), techniques: ids.iter().map(|id| entry(id)).collect() };
        let threat = threat(&[exfiltration(&["T1048.003"]), exfiltration(&["T1537", "T1048.003"])]);
        assert_eq!(threat["tactic"]["id"], json!(["TA0010"]));
        assert_eq!(threat["technique"]["id"], json!(["T1537"]));
        assert_eq!(threat["technique"]["subtechnique"]["id"], json!(["T1048.003"]));
        let reference = json!(["https://attack.mitre.org/techniques/T1048/003/"]);
        assert_eq!(threat["technique"]["subtechnique"]["reference"], reference);
    }

    #[test]
    fn no_field_lies_within_another() {
        for one in FIELDS.iter().chain(LISTS) {
            let within = format!("{one}.");
            assert!(!FIELDS.iter().chain(LISTS).any(|other| other.starts_with(&within)), "{one}");
        }
    }
}
