//! ECS: every field of a document has the type that ECS gives it.

use std::time::UNIX_EPOCH;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::fields::{FIELDS, Type};
use super::*;
use crate::output::alert::Origin;
use crate::output::place::Place;
use crate::sandbox::metadata::{Finding, Metadata};

/// What the host writes itself: type, whether it is a list, name.
const OWN: &[(&str, bool, &str)] = &[
    ("date", false, "@timestamp"),
    ("text", false, "ecs.version"),
    ("text", true, "event.category"),
    ("date", false, "event.created"),
    ("text", false, "event.dataset"),
    ("text", false, "event.id"),
    ("text", false, "event.kind"),
    ("text", false, "event.module"),
    ("text", false, "event.original"),
    ("float", false, "event.risk_score"),
    ("long", false, "event.severity"),
    ("text", true, "event.type"),
    ("text", false, "log.file.path"),
    ("text", false, "message"),
    ("text", false, "observer.product"),
    ("text", false, "observer.vendor"),
    ("text", false, "observer.version"),
    ("text", true, "rule.author"),
    ("text", false, "rule.id"),
    ("text", false, "rule.license"),
    ("text", false, "rule.name"),
    ("text", false, "rule.reference"),
    ("text", false, "rule.ruleset"),
    ("text", false, "rule.version"),
    ("text", false, "threat.framework"),
    ("text", true, "threat.tactic.id"),
    ("text", true, "threat.tactic.name"),
    ("text", true, "threat.tactic.reference"),
    ("text", true, "threat.technique.id"),
    ("text", true, "threat.technique.name"),
    ("text", true, "threat.technique.reference"),
    ("text", true, "threat.technique.subtechnique.id"),
    ("text", true, "threat.technique.subtechnique.name"),
    ("text", true, "threat.technique.subtechnique.reference"),
];

fn word(of: Type) -> &'static str {
    match of {
        Type::Text => "text",
        Type::Ip => "ip",
        Type::Long => "long",
    }
}

/// All fields that a document may have.
fn table() -> impl Iterator<Item = (&'static str, bool, &'static str)> {
    let names = |(field, names): &'static (_, &'static [&str])| {
        let fields::Field { of, is_list } = *field;
        names.iter().map(move |name| (word(of), is_list, *name))
    };
    FIELDS.iter().flat_map(names).chain(OWN.iter().copied())
}

fn is_of(value: &Value, of: &str) -> bool {
    let text = value.as_str();
    match of {
        "long" => value.is_i64(),
        "float" => value.is_number(),
        "ip" => text.is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        "date" => text.is_some_and(|text| humantime::parse_rfc3339(text).is_ok()),
        _ => text.is_some(),
    }
}

/// Checks each leaf outside of `trommel`.
fn check(value: &Value, path: &str) {
    if let Value::Object(members) = value {
        assert!(!members.is_empty(), "{path} is empty");
        for (name, value) in members {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if path != "trommel" {
                check(value, &path);
            }
        }
        return;
    }
    let (of, is_list, _) = table().find(|(.., name)| *name == path).unwrap_or_else(|| panic!("{path} is no field"));
    match value {
        Value::Array(values) if is_list => assert!(values.iter().all(|value| is_of(value, of)), "{path}: {value}"),
        value => assert!(!is_list && is_of(value, of), "{path}: {value}"),
    }
}

fn document(columns: &Map<String, Value>, threats: Vec<Threat>) -> Value {
    let rule = Metadata {
        id: "r".into(),
        name: "Rule".into(),
        version: "1".into(),
        authors: vec!["A".into()],
        license: "MIT".into(),
        severity: Severity::Low,
        risk_score: 21,
        tags: vec![],
        references: vec!["https://example.com/".into()],
        threats,
        columns: vec![],
        settings_schema: String::new(),
        needles: vec![],
    };
    let finding = Finding {
        rule: 0,
        columns: Value::Object(columns.clone()).to_string(),
        severity: Severity::High,
        risk_score: 73,
        event_id: Some("e".into()),
        nth: 0,
    };
    let origin = Origin::of(b"{}", Place { file: "f", line: 1, record: Some(2) }, UNIX_EPOCH);
    let alert = Alert { rule: &rule, finding: &finding, origin: &origin, event: Some(b"{}") };
    serde_json::from_str(&write(&alert)).expect("JSON")
}

fn columns(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn entry(id: &str) -> AttackEntry {
    AttackEntry { id: id.into(), name: format!("name of {id}") }
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
        select(vec![
            "cloudtrail.amazonaws.com",
            "198.51.100.7",
            "2001:db8::1",
            "fe80::1%eth0",
            "443",
            "",
            "1e3",
            "0x1f"
        ])
        .prop_map(Value::from),
        Just(json!({"a": 1})),
    ]
}

proptest! {
    #[test]
    fn every_field_is_of_its_type(
        values in vec(prop_oneof![3 => scalar(), 1 => vec(scalar(), 0..3).prop_map(Value::from)], 1..200)
    ) {
        let names = table().map(|(.., name)| name).chain(["userId", "user", "source", "a.b"]);
        let columns: Map<_, _> = names.map(str::to_owned).zip(values.iter().cycle().cloned()).collect();
        let document = document(&columns, vec![Threat { tactic: entry("TA1"), techniques: vec![entry("T1.2")] }]);
        check(&document, "");
        // No column is lost.
        for (name, value) in &columns {
            let place = name.split('.').try_fold(&document, |at, part| at.get(part));
            let is_placed = Field::of(name).is_some_and(|field| field.hold(value).as_ref() == place && place.is_some());
            let is_time = name == "@timestamp" && place.is_some();
            prop_assert!(is_placed || is_time || document["trommel"]["columns"].get(name) == Some(value), "{}", name);
        }
    }
}

#[test]
fn what_does_not_fit_stands_aside() {
    let document = document(
        &columns(json!({
            "@timestamp": "2026-11-05 10:02:03",
            "source.ip": "cloudtrail.amazonaws.com",
            "destination.ip": "198.51.100.7",
            "client.ip": ["2001:db8::1"],
            "server.ip": ["198.51.100.7", "198.51.100.8"],
            "source.port": "443",
            "destination.port": 443,
            "client.port": "https",
            "user.id": 0,
            "user.name": ["alice", "bob"],
            "related.ip": ["198.51.100.7", "unknown"],
            "host.ip": "198.51.100.7",
            "tags": ["a", 1],
        })),
        vec![],
    );
    let at = |path: &str| path.split('.').fold(&document, |at, part| &at[part]).clone();
    assert_eq!(at("@timestamp"), "2026-11-05T10:02:03.000Z");
    assert_eq!((at("destination.ip"), at("client.ip")), (json!("198.51.100.7"), json!("2001:db8::1")));
    assert_eq!((at("source.port"), at("destination.port"), at("user.id")), (json!(443), json!(443), json!("0")));
    assert_eq!((at("host.ip"), at("tags")), (json!(["198.51.100.7"]), json!(["a", "1"])));
    assert_eq!(
        document["trommel"]["columns"],
        json!({
            "source.ip": "cloudtrail.amazonaws.com",
            "server.ip": ["198.51.100.7", "198.51.100.8"],
            "client.port": "https",
            "user.name": ["alice", "bob"],
            "related.ip": ["198.51.100.7", "unknown"],
        })
    );
}

#[test]
fn sub_techniques_have_a_place_of_their_own() {
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
fn fields_are_named_once_and_lie_in_none() {
    for (.., one) in table() {
        let within = format!("{one}.");
        assert!(!table().any(|(.., other)| other.starts_with(&within)), "{one}");
        assert_eq!(table().filter(|(.., other)| *other == one).count(), 1, "{one}");
    }
}

/// The compiler of rules has the types of ECS for a purpose of its own.
#[cfg(feature = "compile")]
#[test]
fn types_are_those_of_ecs() {
    use crate::compile::types::Type as Ecs;
    for (of, _, name) in table() {
        let known = match Ecs::of(name) {
            Ecs::Keyword | Ecs::Wildcard | Ecs::Text(_) => "text",
            Ecs::Whole => "long",
            Ecs::Float => "float",
            Ecs::Ip => "ip",
            Ecs::Date => "date",
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(of, known, "{name}");
    }
}
