use super::*;
use crate::compile::ir::{Condition, Field, Fields, Fold, Metadata, Test, TextPattern};
use trommel_engine::Engine;

fn is(path: &str, texts: &[&str], fold: Fold) -> Condition {
    let patterns = texts.iter().map(|text| TextPattern::wildcard(text)).collect();
    Condition::Any(Fields::One(Field { paths: vec![path.into()] }), Test::Text(patterns, fold))
}

fn rule(id: &str, condition: Condition) -> Rule {
    Rule {
        metadata: Metadata { id: id.into(), name: id.into(), ..Metadata::default() },
        expand: Vec::new(),
        condition,
        columns: vec![Column {
            name: "who".into(),
            value: ColumnValue::Field(Field { paths: vec!["user.name".into()] }),
        }],
        severities: Vec::new(),
        risk_scores: Vec::new(),
        event_id: None,
        notices: Vec::new(),
    }
}

const PLAIN: Options = Options { triage: false, needles: false };

fn fired(rules: &[Rule], event: &str) -> Vec<u32> {
    let pack = write(rules, PLAIN);
    let mut engine = Engine::new(&pack.image).unwrap();
    engine.evaluate(event.as_bytes(), None).unwrap().iter().map(|finding| finding.rule).collect()
}

#[test]
fn finds_rules_by_their_witnesses() {
    let rules = [
        rule("a", is("process.name", &["cmd.exe"], Fold::Simple)),
        rule("b", is("process.path", &["?:\\*\\cmd.exe"], Fold::Simple)),
        rule("c", Condition::Not(Box::new(is("process.name", &["cmd.exe"], Fold::Exact)))),
    ];
    assert_eq!(fired(&rules, r#"{"process":{"name":"CMD.EXE","path":"C:\\x\\Cmd.exe"}}"#), [0, 1, 2]);
    assert_eq!(fired(&rules, r#"{"process.name":["x","cmd.exe"]}"#), [0]);
    assert_eq!(fired(&rules, "{}"), [2]);
}

#[test]
fn reports_columns() {
    let rules = [rule("a", is("x", &["*"], Fold::Exact))];
    let pack = write(&rules, PLAIN);
    let mut engine = Engine::new(&pack.image).unwrap();
    let mut columns = |event: &str| engine.evaluate(event.as_bytes(), None).unwrap().remove(0).columns;
    assert_eq!(columns(r#"{"x":1,"user":{"name":"a\"b"}}"#), r#"{"who":"a\"b"}"#);
    assert_eq!(columns(r#"{"x":1,"user":[{"name":"a"},{"name":7}]}"#), r#"{"who":["a","7"]}"#);
    assert_eq!(columns(r#"{"x":1}"#), r#"{"who":null}"#);
}

#[test]
fn functions_have_the_same_names_on_both_sides() {
    let ir = include_str!("../functions.rs");
    let list = ir.split("pub enum Function {").nth(1).unwrap().split("\n}").next().unwrap();
    let names: Vec<&str> = list
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("///"))
        .filter_map(|line| line.strip_suffix(','))
        .collect();
    assert_eq!(names.len(), trommel_engine::image::Function::ALL.len());
    for name in names {
        assert!(trommel_engine::image::Function::named(name).is_some(), "{name}");
    }
}
