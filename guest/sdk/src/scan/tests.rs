//! Texts that are read, and texts that are not, against what other readers say of them.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::IgnoredAny;
use serde_json::Value as Json;

use super::block::Bytes;
use super::*;
use crate::event::{Event, Value};

/// The same tree, as another reader builds it.
fn tree(value: Value<'_>) -> Json {
    match value.kind() {
        Kind::Null => Json::Null,
        Kind::Boolean | Kind::Number => serde_json::from_str(value.json()).unwrap(),
        Kind::String => value.text().unwrap().into_owned().into(),
        Kind::Array => value.children().map(tree).collect(),
        Kind::Object => value.children().map(|member| (member.name().into_owned(), tree(member))).collect(),
    }
}

/// Whether the text is one JSON object, as another reader sees it: one that has no limit of depth, takes numbers of
/// any size, and does not pair surrogates.
fn is_object(text: &[u8]) -> bool {
    let is_json = std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    is_json && text.trim_ascii_start().starts_with(b"{")
}

fn agrees(text: &[u8]) {
    let shown = String::from_utf8_lossy(text);
    let read = Event::parse(text);
    assert_eq!(read.is_ok(), is_object(text), "{shown}: {read:?}");
    index_agrees(text);
    if let (Ok(event), Ok(expected)) = (read, serde_json::from_slice::<Json>(text)) {
        assert_eq!(tree(event.root()), expected, "{shown}");
    }
}

/// Both first stages lead to the same: what one takes, the other takes, and both write down the same members.
fn index_agrees(text: &[u8]) {
    let (mut scalar, mut indexed, mut memory) = (Vec::new(), Vec::new(), Memory::default());
    let taken = scalars(text, &mut scalar, &mut memory).ok();
    let shown = String::from_utf8_lossy(text);
    assert_eq!(vectors::<Bytes>(text, &mut indexed, &mut memory), taken, "{shown}");
    if taken.is_some() {
        let [scalar, indexed] = [scalar, indexed].map(|nodes| nodes[..nodes[0].next as usize].to_vec());
        assert_eq!(indexed, scalar, "{shown}");
    }
}

fn what(text: &[u8]) -> (&'static str, usize) {
    let error = Event::parse(text).expect_err("malformed");
    (error.what, error.at)
}

#[test]
fn takes_what_the_grammar_takes() {
    for text in [
        "{}",
        " \t\r\n{ \t\r\n} \t\r\n",
        r#"{"":{"":[]}}"#,
        r#"{"a":1,"b":[],"c":{},"d":[1,[2,[3]],{"e":null}],"f":true,"g":false}"#,
        r#"{ "a" : [ 1 , 2 ] , "b" : { } }"#,
        r#"{"n":[0,-0,0.0,-0.5,1e5,1E+5,1e-5,10,1234567890,0e0,1.25e10]}"#,
        r#"{"s":"\"\\\/\b\f\n\r\t\u0000\u00e9\uD83D\ude00"}"#,
        "{\"s\":\"\u{7f}é€😀\u{2028}\"}",
    ] {
        assert!(is_object(text.as_bytes()), "{text}");
        agrees(text.as_bytes());
    }
}

#[test]
fn refuses_what_the_grammar_refuses() {
    for (text, error) in [
        ("", ("unexpected end", 0)),
        (" ", ("unexpected end", 1)),
        ("[]", ("expected `{`", 0)),
        ("null", ("expected `{`", 0)),
        ("\u{feff}{}", ("expected `{`", 0)),
        ("{", ("unexpected end", 1)),
        ("{]", ("expected a member's name in quotes", 1)),
        ("{a:1}", ("expected a member's name in quotes", 1)),
        ("{,}", ("expected a member's name in quotes", 1)),
        (r#"{"a":1,}"#, ("expected a member's name in quotes", 7)),
        (r#"{"a""b"}"#, ("expected `:`", 4)),
        (r#"{"a"}"#, ("expected `:`", 4)),
        (r#"{"a":}"#, ("expected a value", 5)),
        (r#"{"a":[1,]}"#, ("expected a value", 8)),
        (r#"{"a":[,1]}"#, ("expected a value", 6)),
        (r#"{"a":tru}"#, ("expected a value", 5)),
        (r#"{"a":NaN}"#, ("expected a value", 5)),
        (r#"{"a":+1}"#, ("expected a value", 5)),
        (r#"{"a":.5}"#, ("expected a value", 5)),
        (r#"{"a":truex}"#, ("expected `,` or `}`", 9)),
        (r#"{"a":1 "b":2}"#, ("expected `,` or `}`", 7)),
        (r#"{"a":01}"#, ("expected `,` or `}`", 6)),
        (r#"{"a":[1 2]}"#, ("expected `,` or `]`", 8)),
        (r#"{"a":[1}"#, ("expected `,` or `]`", 7)),
        (r#"{"a":-}"#, ("expected a digit", 6)),
        (r#"{"a":1.}"#, ("expected a digit", 7)),
        (r#"{"a":1e}"#, ("expected a digit", 7)),
        (r#"{"a":1e+}"#, ("expected a digit", 8)),
        (r#"{"a":1"#, ("unexpected end", 6)),
        (r#"{"a":-"#, ("unexpected end", 6)),
        (r#"{"a":"b"#, ("unexpected end", 7)),
        (r#"{"a":"\x"}"#, ("invalid escape", 6)),
        (r#"{"a":"\u12G4"}"#, ("invalid escape", 6)),
        (r#"{"a":"\u123"}"#, ("invalid escape", 6)),
        (r#"{"\U0041":1}"#, ("invalid escape", 2)),
        ("{\"a\":\"\t\"}", ("control character in a string", 6)),
        ("{\"a\0\":1}", ("control character in a string", 3)),
        ("{}{}", ("expected the end of the text", 2)),
        ("{} x", ("expected the end of the text", 3)),
        ("{\"a\":1}\0", ("expected the end of the text", 7)),
        ("{\u{b}}", ("expected a member's name in quotes", 1)),
        ("{\u{a0}}", ("expected a member's name in quotes", 1)),
    ] {
        assert!(!is_object(text.as_bytes()), "{text}");
        assert_eq!(what(text.as_bytes()), error, "{text}");
    }
}

#[test]
fn text_that_is_no_utf8_is_malformed_wherever_it_stands() {
    for bad in [&b"\x80"[..], b"\xC3", b"\xC0\x80", b"\xED\xA0\x80", b"\xF5\x80\x80\x80", b"\xFF"] {
        for (before, after) in [("{\"a\":\"", "\"}"), ("{\"", "\":1}"), ("{\"a\":\"12345678", "12345678\"}")] {
            let text = [before.as_bytes(), bad, after.as_bytes()].concat();
            assert_eq!(what(&text), ("invalid UTF-8", before.len()), "{bad:?}");
        }
        for (before, after) in [("", "{}"), ("{", "}"), ("{}", ""), ("{\"a\":1", "}")] {
            let text = [before.as_bytes(), bad, after.as_bytes()].concat();
            assert_eq!(what(&text).1, before.len(), "{bad:?}");
        }
    }
}

#[test]
fn strings_are_read_alike_wherever_their_words_and_blocks_begin() {
    let marks: Vec<Vec<u8>> = (0..=0xFF_u8)
        .map(|byte| vec![byte])
        .chain(
            [
                r"\n",
                r#"\""#,
                r"\\",
                r"\\\\",
                r"\u0041",
                r"\uD83D\uDE00",
                r"\uD800",
                r"\u",
                "é",
                "€",
                "😀",
                "\"\"",
                "\"}",
            ]
            .map(|mark| mark.as_bytes().to_vec()),
        )
        .collect();
    for mark in &marks {
        for before in (0..17).chain(46..66) {
            for (shift, after) in [(0, 0), (3, 1), (5, 8), (1, 17)] {
                let (before, after) = ("a".repeat(before), "z".repeat(after));
                let spaces = " ".repeat(shift);
                let head = format!("{spaces}{{\"{before}");
                for (head, tail) in [
                    (&head, format!("{after}\":1}}")),
                    (&format!("{spaces}{{\"k\":\"{before}"), format!("{after}\",\"l\":2}}")),
                ] {
                    agrees(&[head.as_bytes(), mark, tail.as_bytes()].concat());
                }
            }
        }
    }
}

#[test]
fn the_index_goes_on_from_block_to_block_and_from_one_go_to_the_next() {
    let pieces = [
        r#""a":1,"#,
        r#""b":"\\","#,
        r#""c":["é","\"","\u00e9"],"#,
        r#""d":{"e":"x","f":{}},"#,
        "\t\n ",
        r#""g":null,"#,
    ];
    for first in 0..pieces.len() {
        for shift in 0..70 {
            let many: String = (0..3000).map(|at| pieces[(first + at * (at / 7)) % pieces.len()]).collect();
            let text = format!("{}{{{many}\"z\":0}}", " ".repeat(shift));
            index_agrees(text.as_bytes());
            let cut = text.len() - 1 - shift * 97;
            index_agrees(&text.as_bytes()[..cut]);
        }
    }
    // Strings longer than what is indexed in one go, and none for as long.
    for (before, again, after) in
        [("{\"a\":\"", "x", "\"}"), ("{\"a\":[", "1,", "1]}"), ("{\"a\":\"", "é", "\"}"), ("{\"a\":\"", "\\\\", "\"}")]
    {
        for times in [2000, 4085, 4096, 20_000] {
            let text = [before, &again.repeat(times), after].concat();
            assert!(is_object(text.as_bytes()));
            agrees(text.as_bytes());
            agrees(&text.as_bytes()[..text.len() - after.len()]);
        }
    }
}

#[test]
fn half_a_surrogate_pair_becomes_the_replacement_character() {
    for (inside, expected) in [
        (r"\ud800", "\u{fffd}"),
        (r"\udc00", "\u{fffd}"),
        (r"\ud83d\ude00", "😀"),
        (r"\uDBFF\uDFFF", "\u{10ffff}"),
        (r"\ud800\ud83d\ude00", "\u{fffd}😀"),
        (r"\ud800\u0041", "\u{fffd}A"),
        (r"\ud800A", "\u{fffd}A"),
        (r"\ud800\n", "\u{fffd}\n"),
        (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
    ] {
        let text = format!(r#"{{"{inside}":"{inside}"}}"#);
        let event = Event::parse(text.as_bytes()).unwrap();
        let member = event.root().children().next().unwrap();
        assert_eq!((&*member.name(), &*member.text().unwrap()), (expected, expected), "{inside}");
    }
}

#[test]
fn numbers_of_any_size_are_kept_as_they_are_written() {
    let digits = "9".repeat(10_000);
    for number in ["1e999", "-1e-999", "123456789012345678901234567890", "0.1000", &digits] {
        let text = format!(r#"{{"n":{number}}}"#);
        assert_eq!(Event::parse(text.as_bytes()).unwrap().field("n").single(), Some(number));
    }
}

#[test]
fn a_name_that_stands_twice_is_kept_twice() {
    let event = Event::parse(br#"{"a":1,"b":2,"\u0061":[3,4],"a":null}"#.as_slice()).unwrap();
    assert_eq!(event.field("a").iter().collect::<Vec<_>>(), ["1", "3", "4"]);
    assert_eq!(event.root().children().count(), 4);
}

#[test]
fn nests_as_deep_as_serde_json_goes() {
    for levels in 1..200 {
        let arrays = format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let objects = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        for text in [arrays, objects] {
            let text = if levels == 1 { "{}".to_owned() } else { text };
            assert_eq!(Event::parse(text.as_bytes()).is_ok(), levels <= DEPTH_MAX, "{levels}");
            assert_eq!(serde_json::from_str::<Json>(&text).is_ok(), levels <= DEPTH_MAX, "{levels}");
        }
    }
}

#[test]
fn endless_nesting_is_an_error() {
    for text in ["[".repeat(1 << 20), "{\"a\":".repeat(1 << 18), "{\"a\":".to_owned() + &"[".repeat(1 << 20)] {
        assert!(matches!(what(text.as_bytes()).0, "nested too deep" | "expected `{`"));
    }
    // Behind what is nested there is room again.
    let wide = format!("{{\"a\":[{}1]}}", format!("{}{},", "[".repeat(125), "]".repeat(125)).repeat(100));
    assert!(Event::parse(wide.as_bytes()).is_ok());
}

/// The text of a value, with white space where it may stand and any escapes.
fn json() -> impl Strategy<Value = String> {
    let space = || "[ \t\r\n]{0,2}";
    let character = prop_oneof![
        6 => "[ !#-\\[\\]-~äß€😀\u{2028}]",
        1 => Just(r"\\".to_owned()),
        1 => Just(r#"\""#.to_owned()),
        1 => "\\\\[/bfnrt]",
        1 => any::<u16>().prop_filter("half a pair", |unit| !(0xD800..0xE000).contains(unit)).prop_map(|unit| format!("\\u{unit:04x}")),
        1 => any::<char>().prop_map(|c| c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect()),
    ];
    let string = vec(character, 0..20).prop_map(|characters| format!("\"{}\"", characters.concat())).boxed();
    let leaf = prop_oneof![
        string.clone(),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        Just("true".to_owned()),
        Just("false".to_owned()),
        Just("null".to_owned()),
    ];
    let value = leaf.prop_recursive(5, 40, 5, move |inner| {
        let member = (space(), string.clone(), space(), inner.clone(), space())
            .prop_map(|(a, name, b, value, c)| format!("{a}{name}{b}:{c}{value}{a}"));
        let element = (space(), inner, space()).prop_map(|(a, value, b)| a + &value + &b);
        prop_oneof![
            vec(element, 0..5).prop_map(|all| format!("[{}]", all.join(","))),
            vec(member, 0..5).prop_map(|all| format!("{{{}}}", all.join(","))),
        ]
    });
    (space(), vec(value, 0..4), space()).prop_map(|(a, values, b)| {
        let members: Vec<String> = values.iter().enumerate().map(|(at, value)| format!("\"{at}\":{value}")).collect();
        format!("{a}{{{}}}{b}", members.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reads_what_another_reader_reads(text in json()) {
        prop_assert!(is_object(text.as_bytes()), "{}", text);
        agrees(text.as_bytes());
    }

    #[test]
    fn refuses_what_another_reader_refuses(
        text in json(),
        changes in vec((any::<prop::sample::Index>(), 0..3, prop_oneof![any::<u8>(), prop::sample::select(b"{}[]:,\"\\u0 -.e".to_vec())]), 1..4),
    ) {
        let mut text = text.into_bytes();
        for (at, change, byte) in changes {
            let at = at.index(text.len());
            match change {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.drain(at..(at + 1 + usize::from(byte) % 3).min(text.len()))),
            }
            if text.is_empty() {
                break;
            }
        }
        agrees(&text);
    }

    #[test]
    fn reads_long_texts(texts in vec(json(), 1..40), change in any::<(prop::sample::Index, u8)>()) {
        let members: Vec<String> = texts.iter().map(|text| format!("\"a\":{text}")).collect();
        let mut text = format!("{{{}}}", members.join(",")).into_bytes();
        agrees(&text);
        let at = change.0.index(text.len());
        text[at] = change.1;
        agrees(&text);
    }

    #[test]
    fn reads_any_bytes(text in vec(any::<u8>(), 0..40)) {
        agrees(&text);
        agrees(&[b"{\"a\":\"", &text[..], b"\"}"].concat());
    }
}
