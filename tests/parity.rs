//! The rule natively and in the sandbox, and the rule against an obvious reading of the query that it stands for.

#[path = "support/esql.rs"]
mod esql;
#[path = "support/events.rs"]
mod events;
#[path = "support/pair.rs"]
mod pair;
mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use trommel::{Component, Limits, Sandbox};

use events::cases;
use pair::Pair;

const ESQL: &str = r#"{"parity":"esql"}"#;

/// The rule with these settings, natively and in the sandbox. Each is compiled once.
fn pair(settings: &str) -> Pair {
    static COMPONENTS: Mutex<BTreeMap<String, Arc<Component>>> = Mutex::new(BTreeMap::new());
    let mut components = COMPONENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let component = components.entry(settings.to_owned()).or_insert_with(|| {
        let sandbox = Sandbox::new(Limits::default(), false).expect("a sandbox");
        let bytes = std::fs::read(support::ebs()).expect("the component");
        let mut component = sandbox.load("ebs", &bytes).expect("the component is loaded");
        component.configure(0, settings).expect("the settings are taken");
        Arc::new(component)
    });
    Pair::new(component, settings)
}

/// The query that the rule stands for, as a rule's text that is compiled.
struct Text(trommel::compile::pack::Pack);

impl Text {
    fn new() -> Self {
        let text = read(&support::root().join("tests/elastic"), "snapshot-shared.toml");
        let rule = trommel::compile::elastic::rule(&text).rule.expect("the rule is compiled");
        Self(trommel::compile::pack::write(&[rule], trommel::compile::pack::Options { triage: false, needles: false }))
    }

    fn columns(&self, event: &str) -> Vec<String> {
        let mut engine = trommel_engine::Engine::new(&self.0.image).expect("a pack");
        let findings = engine.evaluate(event.as_bytes(), None).expect("an event");
        findings.into_iter().map(|finding| finding.columns).collect()
    }
}

#[test]
fn the_text_of_the_query_finds_the_same_in_every_case_of_elastics_form() {
    let (text, mut pair, mut found, mut count) = (Text::new(), pair(ESQL), 0, 0);
    for folder in case_folders() {
        for line in read(&folder, "in.ndjson").lines() {
            let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
            // Other forms are brought into this one by the rule, which no query does.
            if esql::is_document(&event) {
                let columns: Vec<_> =
                    pair.evaluate(line.as_bytes()).unwrap_or_default().into_iter().map(|one| one.columns).collect();
                // A value may be written as the event has it, with the escapes that it has there.
                let plain = |columns: &str| serde_json::from_str::<Value>(columns).expect("columns").to_string();
                let texts: Vec<_> = text.columns(line).iter().map(|columns| plain(columns)).collect();
                assert_eq!(texts, columns, "{}: {line}", folder.display());
                found += columns.len();
                count += 1;
            }
        }
    }
    assert!(count > 50 && found > 10, "{count} documents, {found} alerts");
}

thread_local! {
    static PAIRS: std::cell::RefCell<Vec<Pair>> =
        std::cell::RefCell::new([ESQL, "{}", r#"{"trusted_accounts":["333333333333"]}"#].map(pair).into());
}

/// Checks that both agree, with every kind of settings.
fn agree(event: &[u8]) {
    PAIRS.with_borrow_mut(|pairs| pairs.iter_mut().for_each(|pair| drop(pair.evaluate(event))));
}

/// Forms that the host takes apart before a rule sees an event: values on many lines, gzip, base64.
const OPENED_BY_HOST: [&str; 9] = [
    "array-of-records",
    "cloudwatch-subscription",
    "delivery-file-compressed",
    "delivery-file-pretty",
    "firehose",
    "firehose-cloudwatch-subscription",
    "kinesis",
    "kinesis-cloudwatch-subscription",
    "lookup-events-pretty",
];

fn case_folders() -> Vec<std::path::PathBuf> {
    let in_folder = |name| {
        let entries = std::fs::read_dir(support::root().join("tests/cases").join(name)).expect("cases of the rule");
        entries.map(|entry| entry.expect("a folder").path()).collect::<Vec<_>>()
    };
    let mut folders = ["detection", "forms"].map(in_folder).concat();
    let all = folders.len();
    folders.retain(|folder| !OPENED_BY_HOST.iter().any(|form| folder.ends_with(form)));
    assert_eq!(folders.len(), all - OPENED_BY_HOST.len(), "a form that is not there any more");
    folders.sort();
    folders
}

fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap_or_default()
}

#[test]
fn every_case_gives_the_same_natively_and_in_the_sandbox() {
    let needle = "ModifySnapshotAttribute";
    let (mut count, mut found) = (0, 0);
    for folder in case_folders() {
        let settings = read(&folder, "settings.json");
        let mut pair = pair(if settings.is_empty() { "{}" } else { &settings });
        let mut columns = Vec::new();
        for event in read(&folder, "in.ndjson").lines().filter(|line| !line.trim().is_empty()) {
            let findings = pair.evaluate(event.as_bytes()).unwrap_or_default();
            let hidden = findings.is_empty() || event.contains(needle) || event.contains("\\u00");
            assert!(hidden, "{}: an alert without the needle", folder.display());
            columns.extend(findings.into_iter().map(|finding| finding.columns));
            count += 1;
        }
        let mut expected = Vec::new();
        for alert in read(&folder, "out.ndjson").lines() {
            let mut alert: Value = serde_json::from_str(alert).expect("an alert");
            for written_by_host in ["rule", "alert"] {
                alert.as_object_mut().and_then(|members| members.shift_remove(written_by_host)).expect(written_by_host);
            }
            expected.push(alert.to_string());
        }
        found += expected.len();
        assert_eq!(columns, expected, "{}", folder.display());
    }
    assert!(count > 300 && found > 100, "{count} events, {found} alerts");
}

/// A text with characters changed, if it is to be.
fn bent(text: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let change = (any::<Index>(), 0..3, select("{}[]=, \"\\:au0".chars().collect::<Vec<_>>()));
    let changes = prop_oneof![2 => Just(Vec::new()), 1 => vec(change, 1..3)];
    (text, changes).prop_map(|(text, changes)| {
        let mut text: Vec<char> = text.chars().collect();
        for (at, change, character) in changes {
            let at = at.index(text.len() + 1);
            match change {
                0 => text.insert(at, character),
                _ if at == text.len() => {}
                1 => text[at] = character,
                _ => drop(text.remove(at)),
            }
        }
        text.into_iter().collect()
    })
}

/// Mostly the first of these values, or a list of some, or nothing.
fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        12 => Just(json!(values[0])),
        2 => select(values).prop_map(Value::from),
        1 => vec(select(values), 0..3).prop_map(Value::from),
        1 => select(vec![json!(null), json!(""), json!([null]), json!({}), json!(7), json!(true), json!([[values[0]]])]),
    ]
}

fn account() -> impl Strategy<Value = Value> {
    one_of(&["111111111111", "222222222222", "333333333333"])
}

/// The parameters of a call, as AWS writes them.
fn parameters() -> impl Strategy<Value = Value> {
    let user = select(vec!["222222222222", "111111111111", "333333333333", "", "a=b, c"]);
    let item = prop_oneof![
        6 => user.clone().prop_map(|user| json!({"userId": user})),
        2 => select(vec!["all", "some", ""]).prop_map(|group| json!({"group": group})),
        1 => user.prop_map(|user| json!({"group": "all", "userId": user})),
        1 => select(vec![json!(null), json!("x"), json!({"userId": 222222222222_u64}), json!({"userId": ["1", "2"]}), json!([])]),
    ];
    let items = prop_oneof![6 => vec(item.clone(), 1..4).prop_map(Value::from), 1 => item];
    let operation = select(vec!["add", "add", "add", "remove", "Add"]);
    let permission = (operation, items).prop_map(|(operation, items)| json!({operation: {"items": items}}));
    let extra = (
        select(vec!["dryRun", "Aa", "BB", "ä€😀", "force", "", "snapshotIdSet", "k0", "k1", "k2", "k3", "k4", "k5"]),
        select(vec![
            json!(true),
            json!(0),
            json!("x"),
            json!(""),
            json!({}),
            json!([null, "y", [1, {"a": null, "b": -5}]]),
        ]),
    );
    let members = (one_of(&["snap-1", "snap-2"]), one_of(&["CREATE_VOLUME_PERMISSION", "PRODUCT_CODES"]), permission);
    let extras = prop_oneof![3 => vec(extra.clone(), 0..2), 1 => vec(extra, 0..18)];
    let shuffled = (members, extras, any::<u64>()).prop_map(|((snapshot, attribute, permission), extras, order)| {
        let mut members: Vec<(String, Value)> =
            extras.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for (at, member) in
            [("snapshotId", snapshot), ("attributeType", attribute), ("createVolumePermission", permission)]
                .into_iter()
                .enumerate()
        {
            let place = (order >> (at * 8)) as usize % (members.len() + 1);
            members.insert(place, (member.0.to_owned(), member.1));
        }
        members.into_iter().collect::<Value>()
    });
    prop_oneof![12 => shuffled, 1 => select(vec![json!(null), json!({}), json!(""), json!("{a=b}"), json!([])])]
}

/// A record as AWS writes it.
fn raw() -> impl Strategy<Value = Value> {
    let error = prop_oneof![6 => Just(None), 1 => one_of(&["Client.UnauthorizedOperation"]).prop_map(Some)];
    let time = one_of(&["2026-11-05T10:20:30Z", "2026-11-05T10:20:30.5Z", "5"]);
    let calls =
        (one_of(&["ec2.amazonaws.com", "s3.amazonaws.com"]), one_of(&["ModifySnapshotAttribute", "CopySnapshot"]));
    let arn = one_of(&["arn:aws:iam::111111111111:user/a", "arn:aws:iam::111111111111:root"]);
    (calls, error, time, (arn, account(), account()), parameters()).prop_map(
        |((source, name), error, time, (arn, owner, recipient), parameters)| {
            let mut record = json!({
                "eventVersion": "1.08", "userIdentity": {"arn": arn, "accountId": owner}, "eventTime": time,
                "eventSource": source, "eventName": name, "requestParameters": parameters, "recipientAccountId": recipient,
            });
            if let Some(error) = error {
                record["errorCode"] = error;
            }
            record
        },
    )
}

/// Puts a field into a document: nested, dotted, or between.
fn put(document: &mut Value, name: &str, value: Value, form: u8) {
    let parts: Vec<&str> = name.split('.').collect();
    let cut = match form % 3 {
        0 => 0,
        1 => parts.len() - 1,
        _ => usize::from(form) % parts.len(),
    };
    let mut at = document;
    for part in &parts[..cut] {
        if !at[*part].is_object() {
            at[*part] = json!({});
        }
        at = &mut at[*part];
    }
    at[parts[cut..].join(".")] = value;
}

/// A document as Elastic's integration makes it.
fn elastic() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        3 => select(vec!["222222222222", "111111111111", "111111111111}, {userId=222222222222", "all", ""]).prop_map(|user| {
            format!("{{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={{add={{items=[{{userId={user}}}]}}}}}}")
        }),
        1 => parameters().prop_map(|parameters| esql::java_text(&parameters).unwrap_or_default()),
        1 => parameters().prop_map(|parameters| parameters.to_string()),
    ];
    let text = bent(text).prop_map(Value::from).boxed();
    let texts = prop_oneof![8 => text.clone(), 1 => vec(text, 0..3).prop_map(Value::from), 1 => parameters()];
    let fields = (
        one_of(&["2026-11-05T10:20:30.000Z", "5"]),
        one_of(&["arn:aws:iam::111111111111:user/a", "b"]),
        account(),
        one_of(&["ModifySnapshotAttribute", "CopySnapshot", "modifysnapshotattribute"]),
        one_of(&["ec2.amazonaws.com", "s3.amazonaws.com"]),
        one_of(&["success", "failure", "unknown"]),
        texts,
    );
    (fields, any::<[u8; 7]>()).prop_map(|(fields, forms)| {
        let (time, arn, account, action, provider, outcome, texts) = fields;
        let mut document = json!({});
        let all = [
            ("@timestamp", time),
            ("aws.cloudtrail.user_identity.arn", arn),
            ("cloud.account.id", account),
            ("event.action", action),
            ("event.provider", provider),
            ("event.outcome", outcome),
            ("aws.cloudtrail.request_parameters", texts),
        ];
        for ((name, value), form) in all.into_iter().zip(forms) {
            if form % 32 > 0 {
                put(&mut document, name, value, form);
            }
        }
        document
    })
}

/// Any JSON.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,10}".prop_map(Value::from),
        select(vec!["ModifySnapshotAttribute", "ec2.amazonaws.com", "success"]).prop_map(Value::from),
    ];
    let name = prop_oneof![
        select(vec![
            "event",
            "action",
            "eventName",
            "eventSource",
            "detail",
            "message",
            "log",
            "Records",
            "requestParameters",
            "createVolumePermission",
            "add",
            "items",
            "userId",
            "event.original",
            "aws.cloudtrail.request_parameters",
            "",
        ])
        .prop_map(str::to_owned),
        ".{0,4}",
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name.clone(), inner.clone()), 0..6).prop_map(|members| members.into_iter().collect::<Value>()),
            inner.prop_map(|value| value.to_string().into()),
        ]
    })
}

proptest! {
    #![proptest_config(cases(250))]

    #[test]
    fn any_json_gives_the_same(tree in any_json()) {
        agree(tree.to_string().as_bytes());
        agree(json!({"message": tree}).to_string().as_bytes());
    }

    #[test]
    fn any_bytes_give_the_same(bytes in vec(any::<u8>(), 0..60)) {
        agree(&bytes);
        agree(&[b"{\"eventName\":\"ModifySnapshotAttribute\",\"a\":\"", &bytes[..], b"\"}"].concat());
    }

    #[test]
    fn records_and_documents_give_the_same(
        record in prop_oneof![raw(), elastic()], envelopes in vec(select(vec!["detail", "message", "log", "Records", "event.original"]), 0..6),
    ) {
        let mut event = record;
        for envelope in envelopes {
            event = match envelope {
                "message" | "log" | "event.original" => json!({envelope: event.to_string()}),
                "Records" => json!({envelope: [event.clone(), 1, event]}),
                _ => json!({envelope: event}),
            };
        }
        agree(event.to_string().as_bytes());
    }

    #[test]
    fn bent_texts_give_the_same(text in bent(prop_oneof![raw(), elastic()].prop_map(|record| record.to_string()))) {
        agree(text.as_bytes());
    }

    #[test]
    fn documents_are_judged_as_the_query_judges_them(document in elastic()) {
        let event = document.to_string();
        let found = PAIRS.with_borrow_mut(|pairs| pairs[0].evaluate(event.as_bytes())).expect("an event");
        let columns: Vec<String> = found.into_iter().map(|finding| finding.columns).collect();
        let expected: Vec<String> = esql::document(&document).into_iter().collect();
        prop_assert_eq!(&columns, &expected, "{}", event);
        prop_assert_eq!(Text::new().columns(&event), columns, "{}", event);
    }

    #[test]
    fn records_are_judged_as_the_query_judges_the_documents_of_them(record in raw()) {
        let event = record.to_string();
        let found = PAIRS.with_borrow_mut(|pairs| pairs[0].evaluate(event.as_bytes())).expect("an event");
        let columns: Vec<String> = found.into_iter().map(|finding| finding.columns).collect();
        let expected: Vec<String> = esql::record(&record).into_iter().collect();
        prop_assert_eq!(columns, expected, "{}", event);
    }
}

/// The properties above say something only if enough of what they try is found.
#[test]
fn the_records_that_are_tried_are_often_found() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut count = [0; 4];
    for _ in 0..400 {
        let (record, document) = (raw(), elastic()).new_tree(&mut runner).expect("a record").current();
        count[0] += usize::from(esql::record(&record).is_some());
        count[1] += usize::from(esql::document(&document).is_some());
        let events = [record.to_string(), document.to_string()];
        for (event, count) in events.iter().zip(&mut count[2..]) {
            *count += PAIRS.with_borrow_mut(|pairs| pairs[1].evaluate(event.as_bytes())).expect("an event").len();
        }
    }
    assert!(count.iter().all(|found| *found > 40), "{count:?}");
}

/// An event that is nearly as long as one may be: this many times the same, between the two.
fn long(before: &str, again: &str, after: &str) -> String {
    let room = trommel::EVENT_BYTES_MAX - before.len() - after.len();
    [before, &again.repeat(room / again.len()), after].concat()
}

/// Whoever can write events must not be able to switch a rule off: no shape of them takes too much memory or work.
#[test]
fn events_as_long_as_they_may_be_are_judged() {
    let nested = format!("{}1{},", r#"{"":["#.repeat(60), "]}".repeat(60));
    let arrays = format!("{}{},", "[".repeat(120), "]".repeat(120));
    for event in [
        long(r#"{"a":["#, "1,", "1]}"),
        long(r#"{"a":["#, "[],", "1]}"),
        long(r#"{"a":["#, "{},", "1]}"),
        long(r#"{"a":["#, r#""","#, "1]}"),
        long(r#"{"a":["#, r#"{"":0},"#, "1]}"),
        long("{", r#""":0,"#, r#""a":1}"#),
        long(r#"{"a":["#, &nested, "1]}"),
        long(r#"{"a":["#, &arrays, "1]}"),
        long(r#"{"a":""#, "é", r#""}"#),
        long(r#"{"a":""#, r#"\""#, r#""}"#),
        long(r#"{"a":""#, r"\u0041", r#""}"#),
        long(r#"{"message":"{\"eventName\":\"a\",\"b\":["#, "[],", r#"1]}"}"#),
        long(r#"{"message":"{\"eventName\":\"a\",\"b\":["#, r#"\"\","#, r#"1]}"}"#),
        long(" ", " ", "{}"),
        // Malformed at the very end.
        long(r#"{"a":["#, "1,", "]}"),
        long(r#"{"a":["#, "[],", "]"),
        long(r#"{"a":""#, "a", ""),
        long("{", r#""":0,"#, ""),
    ] {
        agree(event.as_bytes());
    }
}
