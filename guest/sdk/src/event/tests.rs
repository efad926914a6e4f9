//! Fields that are found, and by which names.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value as Json;

use super::*;

#[test]
fn finds_fields_nested_dotted_and_mixed() {
    for (event, expected) in [
        (r#"{"a":{"b":{"c":"x"}}}"#, &["x"] as &[&str]),
        (r#"{"a.b.c":"x"}"#, &["x"]),
        (r#"{"a":{"b.c":"x"}}"#, &["x"]),
        (r#"{"a.b":{"c":"x"}}"#, &["x"]),
        (r#"{"a":{"b":{"c":"x"},"b.c":"y"},"a.b":{"c":"z"},"a.b.c":"0"}"#, &["x", "y", "z", "0"]),
        (r#"{"a":{"b":{"c":["x","y"]}},"a.b.c":["z"]}"#, &["x", "y", "z"]),
        // Arrays on the way are gone through, also arrays in arrays.
        (r#"{"a":[{"b":{"c":1}},{"b":[{"c":2},[{"c":3}]]},{"b":4}]}"#, &["1", "2", "3"]),
        (r#"{"a":[[[{"b":{"c":1}}]]]}"#, &["1"]),
        // Names are compared as what they say.
        (r#"{"\u0061":{"b\u002ec":"x"}}"#, &["x"]),
        (r#"{"a":{"b":{"\u0063":"\u0078"}}}"#, &["x"]),
        // Null among others is no value; what holds members is none either.
        (r#"{"a":{"b":{"c":null}},"a.b":{"c":"x"},"a.b.c":{"d":1}}"#, &["x"]),
        (r#"{"a":{"b":{"c":null}}}"#, &[]),
        (r#"{"a":{"b":{"c":{"d":1}}}}"#, &[]),
        (r#"{"a":{"b":{"C":1}},"A":{"b":{"c":1}}}"#, &[]),
        (r#"{"a":{"bc":1},"a.bc":1,"ab":{"c":1},"a.b":1}"#, &[]),
        (r#"{"a":"b.c","x":{"a":{"b":{"c":1}}}}"#, &[]),
        (r#"{"":{"a":{"b":{"c":1}}},"a":{"":{"b":{"c":1}}},"a..b":{"c":1},".a":{"b":{"c":1}}}"#, &[]),
        (r#"{"a":{"b":{"c":1,"c":2}},"a":{"b":{"c":3}}}"#, &["1", "2", "3"]),
    ] {
        let event_view = Event::parse(event.as_bytes()).unwrap();
        assert_eq!(event_view.field("a.b.c").iter().collect::<Vec<_>>(), expected, "{event}");
        assert_eq!(event_view.field("a.b.c"), event_view.root().field("a.b.c"), "remembered: {event}");
    }
}

#[test]
fn an_odd_name_finds_nothing() {
    let event = Event::parse(br#"{"":1,"a":{"":2,"b":3},".":4}"#.as_slice()).unwrap();
    for name in ["", "a.", ".a", "a..b", "b", "a.b.c", "a.b."] {
        assert_eq!(event.field(name), Values::Null, "{name}");
    }
    assert_eq!(event.field("."), "4".into());
}

#[test]
fn more_fields_than_are_remembered_are_found_all_the_same() {
    let names: Vec<&'static str> = (0..200).map(|number| &*Box::leak(format!("f{number}").into_boxed_str())).collect();
    let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":\"{name}\"")).collect();
    let text = format!("{{{}}}", members.join(","));
    let event = Event::parse(text.as_bytes()).unwrap();
    for _ in 0..2 {
        for &name in &names {
            assert_eq!(event.field(name), name.into());
        }
    }
    // Two names in different places of memory are one.
    let again: &'static str = Box::leak("f7".to_owned().into_boxed_str());
    assert_eq!(event.field(again), "f7".into());
}

#[test]
fn memory_that_was_given_back_holds_nothing_of_the_event_before() {
    let first = Event::parse(br#"{"a":{"b":[1,2,3]},"c":4}"#.as_slice()).unwrap();
    let second = Event::parse_reusing(br#"{"c":5}"#.as_slice().into(), first.into_scratch()).unwrap();
    assert_eq!((second.field("c"), second.field("a.b")), ("5".into(), Values::Null));
    assert_eq!(second.root().children().count(), 1);
}

#[test]
fn values_say_what_they_are() {
    let event =
        Event::parse(r#" {"s":"ä\n","n":-1.50,"t":true,"z":null,"a":[[1],[]],"o":{"x":[]}} "#.as_bytes()).unwrap();
    let members: Vec<_> = event
        .root()
        .children()
        .map(|v| (v.name().into_owned(), v.kind(), v.json().to_owned(), v.text().map(Cow::into_owned)))
        .collect();
    let expected = [
        ("s", Kind::String, r#""ä\n""#, Some("ä\n")),
        ("n", Kind::Number, "-1.50", Some("-1.50")),
        ("t", Kind::Boolean, "true", Some("true")),
        ("z", Kind::Null, "null", None),
        ("a", Kind::Array, "[[1],[]]", None),
        ("o", Kind::Object, r#"{"x":[]}"#, None),
    ]
    .map(|(name, kind, json, text)| (name.to_owned(), kind, json.to_owned(), text.map(str::to_owned)));
    assert_eq!(members, expected);
    let array = event.root().children().nth(4).unwrap();
    assert_eq!(array.elements().iter().map(|v| v.json()).collect::<Vec<_>>(), ["1"]);
    assert_eq!(format!("{array:?}"), "[[1],[]]");
    assert_eq!(format!("{event:?}").trim(), event.root().json());
}

/// Every value with the dotted name that leads to it. Lists are no step of the way.
fn named<'j>(value: &'j Json, name: &str, all: &mut Vec<(String, &'j Json)>) {
    match value {
        Json::Array(elements) => elements.iter().for_each(|element| match element {
            Json::Array(_) | Json::Object(_) => named(element, name, all),
            _ => {}
        }),
        Json::Object(members) => {
            for (own, value) in members.iter().filter(|(own, _)| !own.is_empty()) {
                let name = if name.is_empty() { own.clone() } else { format!("{name}.{own}") };
                all.push((name.clone(), value));
                named(value, &name, all);
            }
        }
        _ => {}
    }
}

fn tree() -> impl Strategy<Value = Json> {
    let name = || prop::sample::select(vec!["a", "b", "a.b", "b.a", "", "a.", "ä"]);
    let leaf = prop_oneof![Just(Json::Null), any::<u8>().prop_map(Json::from), "[a-z.]{0,3}".prop_map(Json::from)];
    let value = leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            1 => vec(inner.clone(), 0..4).prop_map(Json::from),
            2 => vec((name(), inner), 0..4).prop_map(|members| members.into_iter().collect::<Json>()),
        ]
    });
    vec((name(), value), 0..4).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn finds_what_the_names_on_the_way_spell(tree in tree()) {
        let text = tree.to_string();
        let event = Event::parse(text.as_bytes()).unwrap();
        let mut all = Vec::new();
        named(&tree, "", &mut all);
        for name in ["a", "b", "a.b", "b.a", "a.b.a", "a.a.b.b", "a.", "ä", "ä.a", "a..b"] {
            let found: Vec<Json> =
                event.root().at_name(name).iter().map(|v| serde_json::from_str(v.json()).unwrap()).collect();
            let expected: Vec<Json> =
                all.iter().filter(|(own, _)| own == name).map(|(_, value)| (*value).clone()).collect();
            prop_assert_eq!(found, expected, "{} in {}", name, text);
        }
    }
}
