//! Accounts for every line of a stream: an independent, plain reading of what may become of each.

#![allow(dead_code, reason = "each test uses its part")]

use serde::de::IgnoredAny;
use serde_json::Value;
use trommel::{Emit, OnError, event_of_letter};

use super::through::{How, Out, lines};

/// A line of the input that is not skipped.
#[derive(Debug)]
pub(crate) struct Line<'i> {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its bytes without the line feed.
    pub(crate) bytes: &'i [u8],
    pub(crate) too_long: bool,
}

/// The lines of an input that are events, or too long to be any.
pub(crate) fn events<'i>(input: &'i [u8], how: &How) -> Vec<Line<'i>> {
    let input = input.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(input);
    let all = lines(input).into_iter().zip(1..);
    let event = |bytes: &'i [u8]| bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let too_long = |bytes| event(bytes).len() > how.event_bytes_max;
    let all = all.map(|(bytes, number)| Line { number, bytes, too_long: too_long(bytes) });
    all.filter(|line| line.too_long || !line.bytes.iter().all(|byte| b" \t\r".contains(byte))).collect()
}

fn is_object(line: &[u8]) -> bool {
    let is_json = std::str::from_utf8(line).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok());
    is_json && line.trim_ascii_start().starts_with(b"{")
}

/// Checks that the dead letters and the counts speak of the input's lines, each at its place and once.
pub(crate) fn letters(input: &[u8], how: &How, out: &Out) {
    let events = events(input, how);
    assert_eq!(out.counts.events, events.len() as u64, "events");
    let too_long = events.iter().filter(|line| line.too_long).count() as u64;
    assert_eq!(out.counts.too_long, too_long, "too long");
    let mut seen = Vec::new();
    for letter in &out.letters {
        let number = letter["line"].as_u64().expect("a line's number");
        let line = events.iter().find(|line| line.number == number).expect("a line of the input");
        let kind = letter["error"]["kind"].as_str().expect("a kind");
        let event = event_of_letter(&letter.to_string()).expect("a letter");
        let whole = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        assert_eq!(event.as_deref(), (!line.too_long).then_some(whole), "the letter's event");
        assert_eq!(kind == "too_long", line.too_long, "{letter}");
        assert_eq!(letter["rule"].is_null(), line.too_long || !is_object(line.bytes), "{letter}");
        seen.push((number, letter["rule"].to_string()));
    }
    let count = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), count, "an event is told of twice");
    let of = |kind: &str| out.letters.iter().filter(|letter| letter["error"]["kind"] == kind).count() as u64;
    assert_eq!(of("too_long"), too_long);
    let no_objects = out.letters.iter().filter(|letter| letter["rule"].is_null()).count() as u64 - too_long;
    assert_eq!(no_objects, out.counts.malformed);
    if how.validate {
        let expected = events.iter().filter(|line| !line.too_long && !is_object(line.bytes)).count() as u64;
        assert_eq!(out.counts.malformed, expected, "malformed");
    }
}

/// Checks that matched and unmatched lines together are all lines: each once, and where a rule failed, as `on_error` says.
pub(crate) fn parted(input: &[u8], how: &How, matched: &Out, unmatched: &Out) {
    let (mut yes, mut no) = (matched.lines().into_iter().peekable(), unmatched.lines().into_iter().peekable());
    let failed =
        |number: u64| matched.letters.iter().any(|letter| letter["line"] == number && !letter["rule"].is_null());
    for line in events(input, how) {
        let there = (yes.next_if_eq(&line.bytes).is_some(), no.next_if_eq(&line.bytes).is_some());
        let text = String::from_utf8_lossy(line.bytes);
        match (failed(line.number), how.on_error) {
            (false, _) => assert!(there.0 != there.1, "{}: `{text}`: {there:?}", line.number),
            (true, OnError::Pass) => assert!(there.0 || there.1, "{}: `{text}` is lost", line.number),
            // What cannot matter to the rule that failed is not dropped.
            (true, _) => assert!(!(there.0 && there.1), "{}: `{text}` stands twice", line.number),
        }
    }
    assert_eq!((yes.next(), no.next()), (None, None), "nothing else is written");
}

/// Checks that every line went out once and unchanged, but for what was added.
pub(crate) fn tagged(input: &[u8], how: &How, out: &Out) {
    assert_eq!((how.emit, how.on_error), (Emit::Tagged, OnError::Pass));
    let (events, tagged) = (events(input, how), out.lines());
    assert_eq!(tagged.len(), events.len(), "lines");
    let mut matched = 0;
    for (line, tagged) in events.iter().zip(tagged) {
        if line.bytes == tagged {
            continue;
        }
        matched += 1;
        let close = line.bytes.iter().rposition(|byte| *byte == b'}').expect("a tagged line is an object");
        let (head, tail) = line.bytes.split_at(close);
        let added = tagged.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail)).expect("nothing else changes");
        assert!(is_object(tagged), "{}", String::from_utf8_lossy(tagged));
        let added = String::from_utf8_lossy(added);
        let added = added.trim_start_matches(',').strip_prefix("\"trommel\":").expect("the member's name");
        let found: Vec<Value> = serde_json::from_str(added).expect("the member is a list");
        assert!(!found.is_empty() && found.iter().all(|alert| alert["rule"]["id"].is_string()), "{added}");
    }
    assert_eq!(out.counts.matched, matched);
}
