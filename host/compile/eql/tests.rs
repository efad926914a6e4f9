use super::*;
use crate::compile::problem::{Reason, What};
use crate::compile::testing::fires;

fn holds(condition: &str, event: &str) -> bool {
    fires(&compile(&format!("any where {condition}"), "event.category").unwrap(), event)
}

#[test]
fn reads_strings_of_both_sorts() {
    assert!(holds(r#"a == "x\\y\t\u{e9}""#, r#"{"a":"x\\y\té"}"#));
    assert!(holds(r#"a == """x\y"z"""""#, r#"{"a":"x\\y\"z\""}"#));
    assert!(holds("/* one */ a == \"x\" // two", r#"{"a":"x"}"#));
    assert!(holds(r#"`a-b` == "x" and ?c == null"#, r#"{"a-b":"x"}"#));
}

#[test]
fn binds_not_before_and_before_or() {
    assert!(holds("not a == 1 and b == 1 or c == 1", r#"{"a":1,"c":1}"#));
    assert!(!holds("not (a == 1 or b == 1)", r#"{"b":1}"#));
    assert!(holds("a + 2 * 3 == 7", r#"{"a":1}"#));
    assert!(holds("-2 == a", r#"{"a":-2}"#));
}

#[test]
fn refuses_what_needs_several_events() {
    for (query, construct) in [
        ("sequence by host.id [any where true] [any where true]", "sequence"),
        ("sample by host.id [any where true]", "sample"),
        ("any where true | head 5", "| head"),
    ] {
        let problem = compile(query, "event.category").unwrap_err();
        assert_eq!(problem.what, What::Refusal { reason: Reason::SeveralEvents, construct: construct.into() });
    }
}

#[test]
fn tells_mistakes_with_their_place() {
    for (query, at, message) in [
        ("process where a = 1", 16, "`=` is nothing of EQL"),
        ("process where a == 'x'", 19, "EQL has no strings in single quotes"),
        ("process where a == \"x", 19, "a string without its closing quote"),
        ("process where size(a) > 1", 14, "EQL has no function `size`"),
        ("process where a == 1 b", 21, "expected the end, `and` or `or`"),
        ("process a == 1", 8, "expected `where`"),
        ("any where a == b", 10, "EQL does not compare two fields"),
        ("any where a : \"\\q\"", 15, "EQL has no escape `\\q`"),
    ] {
        let problem = compile(query, "event.category").unwrap_err();
        let What::Mistake { message: found, .. } = &problem.what else { panic!("{query}: {problem:?}") };
        assert_eq!((problem.span.start, found.as_str()), (at, message), "{query}");
    }
}

#[test]
fn takes_any_text_without_a_panic() {
    let deep = format!("any where {}a == 1", "(".repeat(5_000));
    assert!(compile(&deep, "event.category").is_err());
    let negated = format!("any where {}a == 1", "not ".repeat(5_000));
    assert!(compile(&negated, "event.category").is_err());
    for query in [
        "",
        "any where",
        "any where \u{1f600}",
        "any where a[0] == 1",
        "any where (",
        "any where a in ()",
        "any where -",
    ] {
        assert!(compile(query, "event.category").is_err(), "{query}");
    }
}
