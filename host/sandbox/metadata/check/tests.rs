//! Each bound is reached, and what is allowed fits.

use std::time::{Duration, Instant};

use super::*;
use crate::sandbox::metadata::{ColumnKind, Severity, Threat};

fn rule(number: usize) -> Metadata {
    Metadata {
        id: format!("rule-{number}"),
        name: "Name".into(),
        version: "1.0.0".into(),
        authors: Vec::new(),
        license: "MIT".into(),
        severity: Severity::Low,
        risk_score: 0,
        tags: Vec::new(),
        references: Vec::new(),
        threats: Vec::new(),
        columns: Vec::new(),
        settings_schema: "{}".into(),
        needles: Vec::new(),
    }
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text{number}")).collect()
}

fn columns(names: Vec<String>) -> Vec<Column> {
    names.into_iter().map(|name| Column { name, kind: ColumnKind::Text }).collect()
}

fn entry(id: &str) -> AttackEntry {
    AttackEntry { id: id.into(), name: "Name".into() }
}

#[test]
fn each_bound_is_reached_and_not_before() {
    let long = |bytes: usize| "x".repeat(bytes);
    type Set = fn(&mut Metadata, String);
    let set: [(Set, usize, &str); 7] = [
        (|rule, text| rule.id = text, ID_BYTES_MAX, "its id is longer than 255"),
        (|rule, text| rule.name = text, NAME_BYTES_MAX, "its name is longer than 255"),
        (|rule, text| rule.version = text, VERSION_BYTES_MAX, "its version is longer than 64"),
        (|rule, text| rule.license = text, LABEL_BYTES_MAX, "its license is longer than 1024"),
        (|rule, text| rule.tags = vec![text], LABEL_BYTES_MAX, "one of its tags is longer than 1024"),
        (
            |rule, text| rule.columns = columns([text].into()),
            LABEL_BYTES_MAX,
            "the name of a column is longer than 1024",
        ),
        (|rule, text| rule.needles = vec![text], prefilter::NEEDLE_BYTES_MAX, "is not 1 to 255 ASCII letters"),
    ];
    for (set, max, why) in set {
        for (bytes, is_good) in [(max, true), (max + 1, false)] {
            let mut rules = [rule(0)];
            set(&mut rules[0], long(bytes));
            let told = check(&mut rules).err().unwrap_or_default();
            assert_eq!(told.contains(why), !is_good, "{bytes}: {told:.80}");
            assert_eq!(told.is_empty(), is_good, "{bytes}: {told:.80}");
        }
    }
    type SetMany = fn(&mut Metadata, usize);
    let set: [(SetMany, usize, &str); 6] = [
        (|rule, count| rule.authors = texts(count), AUTHORS_MAX, "authors, more than 100"),
        (|rule, count| rule.tags = texts(count), TAGS_MAX, "tags, more than 100"),
        (|rule, count| rule.references = texts(count), REFERENCES_MAX, "references, more than 100"),
        (|rule, count| rule.columns = columns(texts(count)), RULE_COLUMNS_MAX, "columns, more than 1000"),
        (|rule, count| rule.needles = texts(count), NEEDLES_MAX, "needles, more than 20000"),
        (
            |rule, count| {
                rule.threats = vec![Threat { tactic: entry("TA1"), techniques: vec![entry("T1"); count - 1] }];
            },
            ATTACK_ENTRIES_MAX,
            "ATT&CK tactics and techniques, more than 100",
        ),
    ];
    for (set, max, why) in set {
        for (count, is_good) in [(max, true), (max + 1, false)] {
            let mut rules = [rule(0)];
            set(&mut rules[0], count);
            let told = check(&mut rules).err().unwrap_or_default();
            assert_eq!((told.contains(why), told.is_empty()), (!is_good, is_good), "{count}: {told:.80}");
        }
    }
}

#[test]
fn a_component_as_a_whole_is_bounded() {
    let many = |rules: usize, set: &dyn Fn(&mut Metadata)| {
        let mut rules: Vec<_> = (0..rules).map(rule).collect();
        rules.iter_mut().for_each(set);
        check(&mut rules).err().unwrap_or_default()
    };
    assert_eq!(many(RULES_MAX, &|_| {}), "");
    assert_eq!(many(RULES_MAX + 1, &|_| {}), "it has 10001 rules, more than 10000");
    let full = |rule: &mut Metadata| rule.columns = columns(texts(RULE_COLUMNS_MAX));
    assert_eq!(many(COLUMNS_MAX / RULE_COLUMNS_MAX, &full), "");
    assert!(many(COLUMNS_MAX / RULE_COLUMNS_MAX + 1, &full).contains("columns, more than 100000"));
    let needles = |rule: &mut Metadata| rule.needles = vec![rule.id.repeat(10)];
    assert_eq!(many(3_000, &needles), "");
    assert!(many(4_000, &needles).contains("bytes together, more than 262144"));
}

#[test]
fn a_large_pack_fits_and_is_read_at_once() {
    let start = Instant::now();
    let mut rules: Vec<_> = (0..4_000).map(rule).collect();
    for (number, rule) in rules.iter_mut().enumerate() {
        rule.columns = columns(texts(number % 6));
        rule.needles = vec![format!("needle{}", number % 3_000), "eventName".into()];
    }
    assert_eq!(check(&mut rules), Ok(()));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn needles_that_stand_twice_are_taken_out() {
    let mut rules = [rule(0), rule(1)];
    rules[0].needles = ["b", "a", "b", "c", "a"].map(str::to_owned).into();
    rules[1].needles = vec!["e".to_owned(); 160_000];
    assert_eq!(check(&mut rules), Ok(()));
    assert_eq!((&rules[0].needles.concat()[..], &rules[1].needles.concat()[..]), ("bac", "e"));
}
