//! Values, compared and written.

use super::*;
use crate::Event;

#[test]
fn one_or_many() {
    let cases: [(&str, Values<'_>); 12] = [
        (r#"{"f":"x"}"#, "x".into()),
        (r#"{"f":["x"]}"#, "x".into()),
        (r#"{"f":[[["x"]],[]]}"#, "x".into()),
        (r#"{"f":["x",null]}"#, "x".into()),
        (r#"{"f":["x","y"]}"#, ["x", "y"].into_iter().collect()),
        (r#"{"f":["x","x"]}"#, ["x", "x"].into_iter().collect()),
        (r#"{"f":[]}"#, Values::Null),
        (r#"{"f":null}"#, Values::Null),
        (r#"{"f":{"g":1}}"#, Values::Null),
        (r#"{"f":-1.50e3}"#, "-1.50e3".into()),
        (r#"{"f":true}"#, "true".into()),
        (r#"{"f":""}"#, "".into()),
    ];
    for (event, expected) in cases {
        assert_eq!(Event::parse(event.as_bytes()).unwrap().field("f"), expected, "{event}");
    }
}

#[test]
fn writes_json_strings() {
    let text = (0..0x100).filter_map(char::from_u32).collect::<String>();
    let mut json = String::new();
    write_json_string(&text, &mut json);
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    json.clear();
    write_json_string("\u{1f}\u{b}ä\n", &mut json);
    assert_eq!(json, r#""\u001f\u000bä\n""#);
}

#[test]
fn three_valued() {
    use Truth::{False, True, Unknown};
    assert_eq!(equal(Some("a"), Some("a")), True);
    assert_eq!(equal(Some("a"), Some("A")), False);
    assert_eq!(equal(Some("a"), None), Unknown);
    assert_eq!(equal(None, None), Unknown);
    assert_eq!([!True, !False, !Unknown], [False, True, Unknown]);
    for (left, right, both) in [
        (True, True, True),
        (True, False, False),
        (True, Unknown, Unknown),
        (False, Unknown, False),
        (False, False, False),
        (Unknown, Unknown, Unknown),
    ] {
        assert_eq!((left & right, right & left), (both, both), "{left:?} & {right:?}");
    }
    for (left, right, either) in [
        (True, True, True),
        (True, False, True),
        (True, Unknown, True),
        (False, Unknown, Unknown),
        (False, False, False),
        (Unknown, Unknown, Unknown),
    ] {
        assert_eq!((left | right, right | left), (either, either), "{left:?} | {right:?}");
    }
    assert!(!Unknown.holds());
}

#[test]
fn texts_are_numbers_booleans_and_times() {
    let values = |text| Values::from(text);
    for (text, number) in [
        ("1", Some(1.0)),
        ("-1.50e3", Some(-1500.0)),
        ("inf", None),
        ("NaN", None),
        ("", None),
        ("1 ", None),
        ("-", None),
    ] {
        assert_eq!(values(text).number(), number, "{text}");
    }
    assert_eq!(["true", "False", "1", ""].map(|text| values(text).boolean()), [Some(true), Some(false), None, None]);
    assert_eq!(values("1970-01-01T00:00:01Z").timestamp().map(Timestamp::unix_millis), Some(1000));
    let many: Values<'_> = ["1", "2"].into_iter().collect();
    assert_eq!((many.number(), many.boolean(), many.number_is(|_| true)), (None, None, Truth::Unknown));
    assert_eq!((Values::Null.is(|_| true), many.is(|_| true)), (Truth::Unknown, Truth::Unknown));
    assert_eq!((values("b").is_one_of(&["a", "b"]), values("B").is_one_of(&["a", "b"])), (Truth::True, Truth::False));
    assert_eq!((values("aB").equals_any_case("Ab"), values("a").equals_any_case("b")), (Truth::True, Truth::False));
}
