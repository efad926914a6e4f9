//! The rules of Sigma, compiled, against an obvious reading of them, on random rules and events.

#[path = "support/sigma.rs"]
mod plain;

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use trommel::compile::{pack, sigma};
use trommel_engine::Engine;

use plain::{REGEXES, Tree};

const NAMES: [&str; 3] = ["selection_1", "selection_2", "filter"];
const FIELDS: [&str; 2] = ["a", "o.x"];
const TEXTS: [&str; 16] = [
    "",
    "x",
    "X",
    "xyz",
    "cmd.exe",
    r"C:\Temp\cmd.exe",
    "run -x /cmd",
    "run /x \u{2013}cmd",
    "ÄK",
    "5",
    "1.5",
    "true",
    "10.1.2.3",
    "c3h5eg==",
    "a*b",
    "aeh5eg==",
];
const WANTED: [&str; 18] = [
    "",
    "x",
    "XYZ",
    "x*",
    "*z",
    "?yz",
    "cmd",
    r"\cmd.exe",
    r"C:\\Temp\*",
    r"a\*b",
    "*",
    " -x",
    "/cmd",
    "ä\u{212a}",
    "5",
    "1.5",
    "true",
    "*e?e*",
];

fn wanted() -> impl Strategy<Value = Value> {
    prop_oneof![
        8 => prop::sample::select(&WANTED[..]).prop_map(Value::from),
        1 => (0_i64..7).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
    ]
}

/// A field with modifiers, and values that go with them.
fn item() -> impl Strategy<Value = (String, Value)> {
    let words = [
        "",
        "|contains",
        "|startswith",
        "|endswith",
        "|contains|all",
        "|endswith|all",
        "|cased",
        "|contains|cased",
        "|startswith|cased",
        "|neq",
        "|contains|neq",
        "|windash",
        "|windash|contains",
    ];
    let texts = (prop::sample::select(words.to_vec()), prop::collection::vec(wanted(), 1..4));
    let regex = prop::sample::select(REGEXES.map(|(regex, _)| regex).to_vec());
    let encoded = prop::sample::select(vec!["x", "xyz", "yz", "cmd.exe"]);
    let compared = prop_oneof![
        12 => texts.prop_map(|(words, values)| (words.to_owned(), Value::from(values))),
        1 => prop::collection::vec(prop_oneof![wanted(), Just(Value::Null)], 1..3)
            .prop_map(|values| (String::new(), Value::from(values))),
        1 => Just((String::new(), Value::Null)),
        2 => (regex, any::<bool>())
            .prop_map(|(regex, fold)| (if fold { "|re|i" } else { "|re" }.to_owned(), regex.into())),
        1 => (0_i64..6, any::<bool>()).prop_map(|(n, less)| (if less { "|lt" } else { "|gte" }.to_owned(), n.into())),
        1 => any::<bool>().prop_map(|there| ("|exists".to_owned(), there.into())),
        1 => prop::sample::select(&FIELDS[..]).prop_map(|field| ("|fieldref".to_owned(), field.into())),
        1 => Just(("|cidr".to_owned(), "10.0.0.0/8".into())),
        1 => encoded.prop_map(|text| ("|base64offset|contains".to_owned(), text.into())),
    ];
    (prop::sample::select(&FIELDS[..]), compared)
        .prop_map(|(field, (words, values))| (format!("{field}{words}"), values))
}

fn selection() -> impl Strategy<Value = Value> {
    let map = || prop::collection::vec(item(), 1..3).prop_map(|items| Value::Object(items.into_iter().collect()));
    prop_oneof![
        6 => map(),
        1 => prop::collection::vec(map(), 1..3).prop_map(Value::from),
        1 => prop::collection::vec(wanted(), 1..3).prop_map(Value::from),
        1 => (wanted(), map()).prop_map(|(keyword, map)| json!([keyword, map])),
    ]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        4 => prop::sample::select(&NAMES[..]).prop_map(Tree::Name),
        1 => (any::<bool>(), prop::sample::select(vec!["them", "selection_*", "f*"])).prop_map(|(all, of)| Tree::Of(all, of)),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        8 => prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        2 => (-2_i64..7).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    // Long ones are searched in another way than short ones.
    let long = prop::collection::vec(prop::sample::select(&TEXTS[..]), 5..12).prop_map(|texts| texts.join(" ").into());
    prop_oneof![4 => scalar.clone(), 1 => long, 1 => prop::collection::vec(scalar, 0..3).prop_map(Value::from)]
}

fn event() -> impl Strategy<Value = Value> {
    let members = prop::collection::vec((prop::sample::select(&FIELDS[..]), value()), 0..5);
    (members, any::<bool>()).prop_map(|(members, nested)| {
        let mut event = json!({});
        for (path, value) in members {
            match path.split_once('.') {
                Some((outer, inner)) if nested => event[outer][inner] = value,
                _ => event[path] = value,
            }
        }
        event
    })
}

static SOURCES: LazyLock<sigma::Sources> = LazyLock::new(sigma::Sources::built_in);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_compiled_is_what_is_written(
        rules in prop::collection::vec((prop::array::uniform3(selection()), tree()), 1..8),
        events in prop::collection::vec(event(), 4..12),
    ) {
        let mut compiled = Vec::new();
        let mut written = Vec::new();
        for (selections, tree) in &rules {
            let mut detection = json!({"condition": tree.text()});
            NAMES.iter().zip(selections).for_each(|(name, selection)| detection[name] = selection.clone());
            let rule = json!({"title": "a rule", "logsource": {"product": "any"}, "detection": detection}).to_string();
            match sigma::rules(&rule, &SOURCES).remove(0).rule {
                Ok(rule) => compiled.push(rule),
                Err(problem) => prop_assert!(false, "{rule}: {problem:?}"),
            }
            written.push(rule);
        }
        let image = pack::write(&compiled, pack::Options { triage: false, needles: false }).image;
        let mut engine = Engine::new(&image).unwrap();
        for event in &events {
            let expected: Vec<u32> = (0..)
                .zip(&rules)
                .filter(|(_, (selections, tree))| {
                    let selections: Vec<_> = NAMES.into_iter().zip(selections.iter().cloned()).collect();
                    tree.holds(&selections, event)
                })
                .map(|(nth, _)| nth)
                .collect();
            let findings = engine.evaluate(event.to_string().as_bytes(), None).unwrap();
            let found: Vec<u32> = findings.iter().map(|finding| finding.rule).collect();
            prop_assert_eq!(found, expected, "{} of\n{}", event, written.join("\n"));
        }
    }
}
