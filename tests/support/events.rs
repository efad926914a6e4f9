//! Random events: lines that rules of the tests act on, and lines that are anything else.

#![allow(dead_code, reason = "each test uses its part")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

/// So many cases of a property, or as many as `PROPTEST_CASES` says.
pub(crate) fn cases(cases: u32) -> Config {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let default = Config::default();
    Config { cases: if asked { default.cases } else { cases }, failure_persistence: None, ..default }
}

/// How characters of a string are escaped: none, or those for which the pattern has a bit, in small or capital hex.
type Escaping = (u32, bool);

pub(crate) fn escaping() -> impl Strategy<Value = Escaping> {
    prop_oneof![3 => Just((0, false)), 1 => (any::<u32>(), any::<bool>()), 1 => (Just(u32::MAX), any::<bool>())]
}

/// A JSON string in which characters are escaped that need not be.
pub(crate) fn quoted(text: &str, (pattern, capital): Escaping) -> String {
    let mut json = String::from("\"");
    for (at, character) in text.chars().enumerate() {
        let needs = matches!(character, '"' | '\\' | '\0'..' ');
        if needs || pattern >> (at % 32) & 1 == 1 {
            for unit in character.encode_utf16(&mut [0; 2]) {
                json += &if capital { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
            }
        } else {
            json.push(character);
        }
    }
    json.push('"');
    json
}

/// A call that shares a snapshot, raw.
pub(crate) const SHARE: &str = r#"{"eventSource":"ec2.amazonaws.com","eventName":"ModifySnapshotAttribute","userIdentity":{"accountId":"111111111111"},"requestParameters":{"snapshotId":"snap-1","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"222222222222"}]}}}}"#;

/// A JSON object with members that the rules of the tests look at.
pub(crate) fn object() -> impl Strategy<Value = String> {
    let told = |name: &'static str, values: &'static [&'static str]| {
        (select(values), escaping(), escaping()).prop_map(move |(value, of_name, of_value)| {
            format!("{}:{}", quoted(name, of_name), quoted(value, of_value))
        })
    };
    let member = prop_oneof![
        told("fruit", &["apple", "pear", "kiwi", "Apple"]),
        told("colour", &["red", "green", "blue"]),
        told("do", &["find", "twice", "crash", "run", "take", "lie", "find", "nothing"]),
        told("quiet", &["find", "crash", "lie", "nothing"]),
        Just(r#""every":true"#.to_owned()),
        Just(r#""a":{"b":[1,"}",{"c":"]"}]}"#.to_owned()),
        ("[ -~äß€😀]{0,12}", escaping()).prop_map(|(text, how)| format!("\"text\" : {}", quoted(&text, how))),
    ];
    vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(",")))
}

/// A line without its end: mostly an event.
pub(crate) fn line() -> impl Strategy<Value = Vec<u8>> {
    let share = (0..3_u32, escaping()).prop_map(|(deep, how)| {
        (0..deep).fold(SHARE.to_owned(), |inner, _| format!("{{\"message\":{}}}", quoted(&inner, how)))
    });
    let bytes = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'\n').collect::<Vec<u8>>();
    prop_oneof![
        8 => object().prop_map(String::into_bytes),
        2 => share.prop_map(String::into_bytes),
        1 => (object(), any::<prop::sample::Index>())
            .prop_map(|(text, cut)| text.as_bytes()[..cut.index(text.len())].to_vec()),
        1 => vec(any::<u8>(), 0..20).prop_map(bytes),
        1 => select(vec!["", " ", "\t \r", "[]", "null", "{} {}", "apple", "do", "{\"do\":\"find\"", "  {}  "])
            .prop_map(|text| text.as_bytes().to_vec()),
        1 => (100..300_usize).prop_map(|deep| {
            format!("{{\"do\":\"find\",\"deep\":{}{}}}", "[".repeat(deep), "]".repeat(deep)).into_bytes()
        }),
    ]
}

/// Lines with their ends; the last one may have none, and there may be a byte order mark.
pub(crate) fn stream() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    (any::<bool>(), vec((line(), end), 0..16), any::<bool>()).prop_map(|(mark, lines, ends)| {
        let mut bytes = if mark { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
        for (line, end) in lines {
            bytes.extend_from_slice(&line);
            bytes.extend_from_slice(end.as_bytes());
        }
        if !ends {
            bytes.pop();
        }
        bytes
    })
}

/// Cuts bytes into pieces of these lengths, again and again.
pub(crate) fn pieces(bytes: &[u8], lengths: &[usize]) -> Vec<Vec<u8>> {
    let (mut rest, mut pieces) = (bytes, Vec::new());
    for length in lengths.iter().cycle().take(bytes.len()) {
        let (piece, others) = rest.split_at((*length).clamp(1, rest.len().max(1)).min(rest.len()));
        if piece.is_empty() {
            break;
        }
        pieces.push(piece.to_vec());
        rest = others;
    }
    pieces.push(rest.to_vec());
    pieces
}
