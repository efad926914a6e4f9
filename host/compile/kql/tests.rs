use super::*;
use crate::compile::problem::{Reason, What};
use crate::compile::testing::fires;

fn holds(query: &str, event: &str) -> bool {
    fires(&compile(query).unwrap(), event)
}

#[test]
fn lets_bare_values_hold_blanks() {
    assert!(holds("a: foo bar  and b: 1", r#"{"a":"foo bar","b":1}"#));
    assert!(holds("a:(foo bar or baz)", r#"{"a":"foo bar"}"#));
    assert!(holds(r"a: this \or that", r#"{"a":"this or that"}"#));
    assert!(holds("a: (x AND not y)", r#"{"a":["x","z"]}"#));
}

#[test]
fn a_star_acts_only_bare() {
    assert!(holds("a: f*o", r#"{"a":"f?o"}"#));
    assert!(!holds("a: \"f*o\"", r#"{"a":"foo"}"#));
    assert!(holds(r"a: f\*o", r#"{"a":"f*o"}"#));
    assert!(!holds("a: f?o*", r#"{"a":"foo"}"#));
    assert!(holds("a: *", r#"{"a":""}"#));
    assert!(!holds("a: *", r#"{"a":[null]}"#));
}

#[test]
fn quoted_backslashes_are_mostly_themselves() {
    assert!(holds(r#"a: "C:\Users\\x""#, r#"{"a":"C:\\Users\\x"}"#));
    assert!(holds(r#"a: "\\\\*\\IPC$""#, r#"{"a":"\\\\*\\IPC$"}"#));
}

#[test]
fn looks_in_fields_by_pattern_and_in_all() {
    assert!(holds("x.*: y", r#"{"x":{"a":{"b":"y"}}}"#));
    assert!(!holds("x.*: y", r#"{"z":"y"}"#));
    assert!(holds("y", r#"{"z":["y"]}"#));
    assert!(holds("\"two words\"", r#"{"message":"it has TWO words"}"#));
}

#[test]
fn tells_mistakes_with_their_place() {
    for (query, at) in
        [("a: (b", 5), ("a: \"b", 3), ("a: b)", 4), ("a: \\q", 3), ("destination.port: x", 18), ("and", 0)]
    {
        let problem = compile(query).err().map(|problem| problem.span.start);
        if query == "and" {
            // A word alone is a value.
            assert_eq!(problem, None);
        } else {
            assert_eq!(problem, Some(at), "{query}");
        }
    }
}

#[test]
fn refuses_what_it_does_not_build() {
    for (query, reason) in [
        ("a: {b: c}", Reason::Construct),
        ("a: null", Reason::Construct),
        ("@timestamp > now-5m", Reason::Unknowable),
        ("destination.port: 5*", Reason::Construct),
    ] {
        let problem = compile(query).unwrap_err();
        assert!(matches!(problem.what, What::Refusal { reason: found, .. } if found == reason), "{query}: {problem:?}");
    }
}

#[test]
fn takes_any_text_without_a_panic() {
    let deep = format!("{}a: b", "(".repeat(5_000));
    assert!(compile(&deep).is_err());
    assert!(compile(&format!("{}a: b", "not ".repeat(5_000))).is_err());
    for query in ["(", ":", "a:", "a: (", "a: (b or", "\"", "\\", "a: \\u12"] {
        assert!(compile(query).is_err(), "{query}");
    }
}
