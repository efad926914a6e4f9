//! Accounts for every line of a stream: an independent, plain reading of what may become of each.

#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use serde_json::Value;
use trommel::{Emit, Letter, OnError};

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
        let event = Letter::parse(letter.to_string().as_bytes()).expect("a letter").event;
        let whole = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        assert_eq!(event.as_deref(), (!line.too_long).then_some(whole), "the letter's event");
        assert_eq!(kind == "too_long", line.too_long, "{letter}");
        let rules = letter["rules"].as_array().expect("a list");
        let is_none = line.too_long || (!is_object(line.bytes) && kind != "resting");
        assert_eq!(rules.is_empty(), is_none, "{letter}");
        if rules.is_empty() {
            seen.push((number, String::new()));
        }
        seen.extend(rules.iter().map(|rule| (number, rule.to_string())));
    }
    let count = seen.len();
    seen.dedup();
    assert_eq!(seen.len(), count, "an event is told of twice");
    let of = |kind: &str| out.letters.iter().filter(|letter| letter["error"]["kind"] == kind).count() as u64;
    assert_eq!(of("too_long"), too_long);
    let no_objects =
        out.letters.iter().filter(|letter| letter["rules"] == serde_json::json!([])).count() as u64 - too_long;
    assert_eq!(no_objects, out.counts.malformed);
    if how.validate {
        let expected = events.iter().filter(|line| !line.too_long && !is_object(line.bytes)).count() as u64;
        assert_eq!(out.counts.malformed, expected, "malformed");
    }
}

/// Checks that matched and unmatched lines together are all lines: each once, and where a rule failed, as `on_error` says.
pub(crate) fn parted(input: &[u8], how: &How, matched: &Out, unmatched: &Out) {
    let (yes, no) = (matched.lines(), unmatched.lines());
    let failed = |number: u64| {
        matched.letters.iter().any(|letter| letter["line"] == number && letter["rules"] != serde_json::json!([]))
    };
    // How many lines of each may have been passed: where two lines are alike, either may be the one that is missing.
    let mut passed = BTreeSet::from([(0, 0)]);
    for line in events(input, how) {
        // In which of both it may stand. What cannot matter to the rule that failed is not dropped.
        let places: &[(usize, usize)] = match (failed(line.number), how.on_error) {
            (false, _) => &[(1, 0), (0, 1)],
            (true, OnError::Pass) => &[(1, 0), (0, 1), (1, 1)],
            (true, _) => &[(0, 0), (1, 0), (0, 1)],
        };
        let mut next = BTreeSet::new();
        for (before, place) in passed.iter().flat_map(|before| places.iter().map(move |place| (before, place))) {
            let fits = |lines: &[&[u8]], at: usize, count: usize| count == 0 || lines.get(at) == Some(&line.bytes);
            if fits(&yes, before.0, place.0) && fits(&no, before.1, place.1) {
                next.insert((before.0 + place.0, before.1 + place.1));
            }
        }
        assert!(!next.is_empty(), "{}: `{}` is lost", line.number, String::from_utf8_lossy(line.bytes));
        passed = next;
    }
    assert!(passed.contains(&(yes.len(), no.len())), "nothing else is written");
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

/// The events of a line that wraps some, byte by byte, and how often what wraps them is broken off.
///
/// An event is what stands in an array of objects or in `{"Records":[…]}`, and any value outside of them; what stands
/// behind an array up to the object's end is none.
pub(crate) fn values(line: &[u8]) -> (Vec<&[u8]>, u64) {
    let (mut events, mut broken_off, mut at) = (Vec::new(), 0, 0);
    // Around this place: an array of objects, an array in an object.
    let (mut in_array, mut in_records) = (false, false);
    let separates = |byte: &u8| b", \t\r".contains(byte);
    let skip = |at: usize, skips: &dyn Fn(&u8) -> bool| at + line[at..].iter().take_while(|byte| skips(byte)).count();
    loop {
        at = skip(at, &separates);
        let rest = &line[at..];
        if rest.is_empty() {
            return (events, broken_off + u64::from(in_array || in_records));
        }
        if rest[0] == b']' && in_records {
            in_records = false;
            at = skip(at + 1, &|byte| b" \t\r".contains(byte));
            match line.get(at) {
                Some(b',' | b'}') => match end(&line[at..], 1) {
                    Some(end) => at += end,
                    None => return (events, broken_off + 1),
                },
                _ => {
                    // Of all arrays around nobody knows any more where they end.
                    broken_off += 1;
                    in_array = false;
                }
            }
        } else if rest[0] == b']' && in_array {
            in_array = false;
            at += 1;
        } else if let (false, Some(inside)) = (in_records, head(rest, &[b"{", b"\"Records\"", b":", b"["])) {
            in_records = true;
            at += inside;
        } else if let (false, Some(inside)) =
            (in_records, head(rest, &[b"["]).filter(|_| head(rest, &[b"[", b"{"]).is_some()))
        {
            in_array = true;
            at += inside;
        } else {
            let len = if b"]}:".contains(&rest[0]) { None } else { end(rest, 0) }.unwrap_or(rest.len());
            events.push(&rest[..len]);
            at += len;
        }
    }
}

/// The length of these tokens at the front of a text, if it begins with them.
fn head(text: &[u8], tokens: &[&[u8]]) -> Option<usize> {
    let mut rest = text;
    for token in tokens {
        rest = rest.trim_ascii_start().strip_prefix(*token)?;
    }
    Some(text.len() - rest.len())
}

/// The end of a value, or of the outermost of so many brackets around it.
fn end(text: &[u8], around: usize) -> Option<usize> {
    let (mut depth, mut in_string, mut is_escaped) = (around, false, false);
    for (at, byte) in text.iter().enumerate() {
        let was_escaped = std::mem::replace(&mut is_escaped, false);
        match byte {
            b'\\' if !was_escaped => is_escaped = in_string || depth > 0,
            b'"' if depth == 0 && !in_string && at > 0 => return Some(at),
            b'"' if !was_escaped => in_string = !in_string,
            _ if in_string => continue,
            b'{' | b'[' if depth == 0 && at > 0 => return Some(at),
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return Some(at),
            b'}' | b']' => depth -= 1,
            b',' | b':' | b' ' | b'\t' | b'\r' if depth == 0 => return Some(at),
            _ => continue,
        }
        if depth == 0 && !in_string && b"\"}]".contains(byte) {
            return Some(at + 1);
        }
    }
    None
}
