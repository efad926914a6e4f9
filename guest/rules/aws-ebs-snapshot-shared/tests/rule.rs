//! What the rule says of itself, and which settings it takes. What it finds is in the project's `tests/cases/detection`.

use std::collections::BTreeSet;

use aws_ebs_snapshot_shared::rules;
use serde_json::{Value, json};
use trommel_rule::{ColumnKind, Described, Severity};

fn metadata() -> Described {
    let mut rules = rules().describe();
    assert_eq!(rules.len(), 1);
    rules.remove(0)
}

/// The mistakes in settings, each with its place.
fn mistakes(settings: &str) -> Vec<(String, String)> {
    let errors = rules().configure(0, settings).err().unwrap_or_default();
    errors.into_iter().map(|error| (error.pointer, error.expected)).collect()
}

#[test]
fn says_who_it_is() {
    let rule = metadata();
    assert_eq!(rule.id, "4182e486-fc61-11ee-a05d-f661ea17fbce");
    assert_eq!(rule.name, "AWS EC2 EBS Snapshot Shared with Another Account");
    assert_eq!(rule.version, env!("CARGO_PKG_VERSION"));
    assert_eq!((rule.severity, rule.risk_score), (Severity::Low, 21));
    assert_eq!((rule.authors, rule.license.as_str()), (vec!["Elastic".to_owned()], "Apache-2.0"));
    assert_eq!(rule.threats.len(), 1);
    assert_eq!((rule.threats[0].tactic.id.as_str(), rule.threats[0].tactic.name.as_str()), ("TA0010", "Exfiltration"));
    let techniques: Vec<_> = rule.threats[0].techniques.iter().map(|t| (t.id.as_str(), t.name.as_str())).collect();
    assert_eq!(techniques, [("T1537", "Transfer Data to Cloud Account")]);
    assert_eq!((rule.tags.len(), rule.references.len()), (6, 3));
    assert!(rule.references.iter().all(|url| url.starts_with("https://")));
    let document = rules().document(0);
    assert!(document.description.len() > 200 && document.triage.len() > 200);
    assert_eq!(rule.needles, ["ModifySnapshotAttribute"]);
}

#[test]
fn names_the_columns_of_the_query_in_its_order() {
    let columns = [
        "@timestamp",
        "aws.cloudtrail.user_identity.arn",
        "cloud.account.id",
        "event.action",
        "snapshotId",
        "attributeType",
        "operationType",
        "userId",
    ];
    let named = metadata().columns;
    assert!(named.iter().map(|column| column.name.as_str()).eq(columns));
    assert!(named.iter().all(|column| column.kind == ColumnKind::Text));
}

#[test]
fn refuses_settings_with_every_place_and_reason() {
    let account = "a 12-digit AWS account id";
    for (settings, expected) in [
        (r#"{"trusted_accounts":["11112222333"]}"#, &[("/trusted_accounts/0", account)] as &[_]),
        (
            r#"{"trusted_accounts":["111122223333",111122223333,"1111222233334","11112222333a","１１１１２２２２３３３３",null," 11122223333"]}"#,
            &[
                ("/trusted_accounts/1", account),
                ("/trusted_accounts/2", account),
                ("/trusted_accounts/3", account),
                ("/trusted_accounts/4", account),
                ("/trusted_accounts/5", account),
                ("/trusted_accounts/6", account),
            ],
        ),
        (r#"{"trusted_accounts":"111122223333"}"#, &[("/trusted_accounts", "a list of strings")]),
        (r#"{"parity":"ESQL"}"#, &[("/parity", "one of none, esql")]),
        (
            r#"{"parity":true,"trusted":[]}"#,
            &[
                ("/parity", "one of none, esql"),
                ("/trusted", "nothing: the rule's settings are trusted_accounts, parity"),
            ],
        ),
        (
            r#"{"":1,"a/b~c":2}"#,
            &[
                ("/", "nothing: the rule's settings are trusted_accounts, parity"),
                ("/a~1b~0c", "nothing: the rule's settings are trusted_accounts, parity"),
            ],
        ),
        ("", &[("", "a JSON object (unexpected end at byte 0)")]),
        ("[]", &[("", "a JSON object (expected `{` at byte 0)")]),
        ("{} {}", &[("", "a JSON object (expected the end of the text at byte 3)")]),
    ] {
        let expected: Vec<(String, String)> =
            expected.iter().map(|(at, what)| ((*at).into(), (*what).into())).collect();
        assert_eq!(mistakes(settings), expected, "{settings}");
    }
}

#[test]
fn the_schema_says_what_is_taken() {
    let schema: Value = serde_json::from_str(&metadata().settings_schema).expect("the schema is JSON");
    assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
    let properties = schema["properties"].as_object().expect("the schema has properties");
    let names: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["parity", "trusted_accounts"].into());
    for (name, property) in properties {
        assert!(property["description"].is_string(), "{name}");
        assert_eq!(mistakes(&json!({name: property["default"]}).to_string()), [], "{name}");
        assert_eq!(mistakes(&json!({name: null}).to_string()), [], "{name}");
        assert_ne!(mistakes(&json!({name: {}}).to_string()), [], "{name}");
        for word in property["enum"].as_array().into_iter().flatten() {
            assert_eq!(mistakes(&json!({name: word}).to_string()), [], "{name}: {word}");
        }
    }
    let accounts = &properties["trusted_accounts"];
    assert_eq!((&accounts["type"], &accounts["items"]["type"]), (&json!("array"), &json!("string")));
    assert_eq!(accounts["items"]["pattern"], "^[0-9]{12}$");
    for digits in 10..14 {
        let taken = mistakes(&json!({"trusted_accounts": ["1".repeat(digits)]}).to_string()).is_empty();
        assert_eq!(taken, digits == 12);
    }
}
