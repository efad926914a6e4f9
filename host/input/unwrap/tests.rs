//! Tests of [`unwrap`](super).

use super::*;

fn look(unwrap: &Unwrap, value: &str) -> Look {
    unwrap.look(value.as_bytes(), false, 1 << 20)
}

const fn inside(at: usize, depth: usize) -> Look {
    Look::Inside { at, depth }
}

#[test]
fn looks_at_the_beginning() {
    let known = Unwrap::default();
    for (value, expected) in [
        (r#"{"Records":[{"#, inside(12, 1)),
        (r#" { "Records" : [ {"#, inside(16, 1)),
        (r#"{"\u0052ecords":[{"#, inside(17, 1)),
        (r#"{"R\u0065cords":[{"#, inside(17, 1)),
        ("{\n  \"Records\": [\n", inside(16, 1)),
        (r#"{"Record"#, Look::More),
        (r#"{"Records":"#, Look::More),
        ("", Look::More),
        (r#"{"Records":{}}"#, Look::Plain),
        (r#"{"Records":[]}"#, inside(12, 1)),
        (r#"{"events":[]}"#, Look::Plain),
        (r#"{"events":[{"#, inside(11, 1)),
        (r#"{"events":["#, Look::More),
        (r#"{"value":[1]}"#, Look::Plain),
        (r#"{"@odata.context":"x","value":[ {"#, inside(31, 1)),
        (r#"{"took":1,"hits":{"total":{"value":1},"hits":[{"#, inside(46, 2)),
        (r#"{"hits":{"total":1},"hits2":[{}]}"#, Look::Plain),
        (r#"{"data":{"Records":[{"#, inside(20, 2)),
        (r#"{"data":{"records":[{"#, inside(20, 2)),
        (r#"{"version":"0","detail":{"records":[{"#, inside(36, 2)),
        (r#"{"messageType":"DATA_MESSAGE","subscriptionFilters":["a"],"logEvents":[{"#, inside(71, 1)),
        (r#"{"awslogs":{"data":"H4sI"}}"#, Look::Encoded),
        (r#"{"a":1,"Records":[{}]}"#, Look::Plain),
        (r#"{"version":"0","events":[{}]}"#, Look::Plain),
        (r#"{"RecordsX":[{}]}"#, Look::Plain),
        (r#"{"Recorded":[{}]}"#, Look::Plain),
        (r#"[{"Records":[]}]"#, inside(1, 0)),
        ("[1]", Look::Plain),
        ("no JSON", Look::Plain),
    ] {
        assert_eq!(look(&known, value), expected, "{value}");
        // Fewer bytes tell the same, or nothing.
        for len in 0..value.len() {
            let told = look(&known, &value[..len]);
            assert!(told == Look::More || told == expected, "{len} of {value}");
        }
    }
    let long = format!(r#"{{"version":"{}","detail":{{"records":[{{"#, "x".repeat(LOOK_BYTES_MAX));
    assert_eq!(look(&known, &long), Look::Plain, "a bounded look");
}

#[test]
fn follows_a_pointer() {
    let deep = Unwrap::at("/a~1b/~0").unwrap();
    for (value, expected) in [
        (r#"{"x":[{"a/b":"]}"}],"a\/b":{"y":1,"~":[1"#, inside(39, 2)),
        (r#"{"x":1}"#, Look::Plain),
        (r#"{"a/b":{"y":1"#, Look::More),
        (r#"{"a/b":{"y":1}}"#, Look::Plain),
        (r#"{"a/b":[]}"#, Look::Plain),
    ] {
        assert_eq!(look(&deep, value), expected, "{value}");
    }
    assert_eq!(look(&Unwrap::at("").unwrap(), "[{}]"), inside(1, 0));
    assert_eq!(Unwrap::at("Records"), Err(NoPointer));
    assert_eq!(look(&Unwrap::none(), r#"{"Records":["#), Look::Plain);
}

#[test]
fn finds_a_text() {
    let value = br#"{"x":{"data":"no"},"kinesis":{"n":1,"data":"a\/b"},"data":7}"#;
    assert_eq!(text_at(value, &["kinesis", "data"]).as_deref(), Some("a/b"));
    assert_eq!(text_at(value, &["data"]), None);
    assert_eq!(text_at(value, &["x", "none"]), None);
    assert_eq!(text_at(br#"{"data":"half"#, &["data"]), None);
}
