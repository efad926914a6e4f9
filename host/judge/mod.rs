//! Judging: of a block's lines, the few that can matter go to the rules, and what they say of each is kept.
//!
//! Where lines come from, and what is written of them, is left to others.

use std::sync::Arc;

use memchr::{memchr, memchr_iter, memrchr};
use serde::Deserializer as _;
use serde::de::IgnoredAny;

use crate::input::block::{Block, Kind, is_blank};
use crate::prefilter::Needles;
use crate::sandbox::metadata::Finding;
use crate::sandbox::{Failure, FailureKind};

/// Which lines are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sifting {
    /// Whether a line that holds no needle is passed over.
    pub(crate) needles: bool,
    /// Whether every line is checked to be a JSON object.
    pub(crate) validate: bool,
    /// Whether blank lines must be told from others, because lines are copied.
    pub(crate) blanks: bool,
}

/// Passes events by needles and by rules.
///
/// `judge` hands an event to the component with this number; `note` makes of a finding what will be written.
pub(crate) struct Sieve<J, N> {
    pub(crate) sifting: Sifting,
    pub(crate) needles: Arc<Needles>,
    pub(crate) components: usize,
    pub(crate) judge: J,
    pub(crate) note: N,
    /// The components to which the last event can matter.
    pub(crate) concerned: Vec<bool>,
}

/// What was found in a block.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    /// The lines of which there is something to say, in their order.
    pub(crate) lines: Vec<Line>,
}

/// A line of which there is something to say.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it begins in the block.
    pub(crate) start: usize,
    /// Where it ends, its line end included.
    pub(crate) end: usize,
    /// How many lines of the block come before it.
    pub(crate) before: u64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// Nothing but white space: no event.
    Blank,
    /// No JSON object.
    Malformed {
        /// Why.
        why: String,
        /// The components that said something of it. None: every line is checked, whoever sees it.
        by: Vec<usize>,
    },
    /// What components said, in their order; not those that found nothing.
    Judged(Vec<Verdict>),
}

/// What a component said of an event.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) component: usize,
    /// What will be written of each finding, or the failure.
    pub(crate) result: Result<Vec<String>, Failure>,
    /// Whether the event can matter to the component, by its needles.
    pub(crate) concerned: bool,
}

impl<J, N> Sieve<J, N>
where
    J: FnMut(usize, &[u8]) -> Option<Result<Vec<Finding>, Failure>>,
    N: Fn(usize, &Finding, &[u8]) -> String,
{
    /// Judges a block's events.
    pub(crate) fn sift(&mut self, block: &Block) -> Sifted {
        let mut sifted = Sifted::default();
        if block.kind != Kind::Lines {
            return sifted;
        }
        let bytes = block.bytes();
        let each = !self.sifting.needles
            || self.needles.see_all()
            || self.sifting.validate
            || (self.sifting.blanks && block.blanks > 0);
        let mut at = 0;
        let (mut before, mut counted) = (0, 0);
        let needles = self.needles.clone();
        let mut scan = (!each).then(|| needles.scan(bytes));
        while at < bytes.len() {
            if let Some(scan) = &mut scan {
                let Some(found) = scan.next(at) else { break };
                at = memrchr(b'\n', &bytes[at..found]).map_or(at, |line_end| at + line_end + 1);
            }
            let end = memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |line_end| at + line_end + 1);
            if let Some(what) = self.line(event_of(&bytes[at..end])) {
                before += memchr_iter(b'\n', &bytes[counted..at]).count() as u64;
                counted = at;
                sifted.lines.push(Line { start: at, end, before, what });
            }
            at = end;
        }
        sifted
    }

    fn line(&mut self, event: &[u8]) -> Option<What> {
        if is_blank(event) {
            return self.sifting.blanks.then_some(What::Blank);
        }
        if self.sifting.needles {
            self.needles.concerned(event, &mut self.concerned);
        }
        let mut verdicts = Vec::new();
        for component in 0..self.components {
            if self.sifting.needles && !self.concerned[component] {
                continue;
            }
            let Some(result) = (self.judge)(component, event) else { continue };
            if matches!(&result, Ok(findings) if findings.is_empty()) {
                continue;
            }
            let result = result.map(|findings| findings.iter().map(|f| (self.note)(component, f, event)).collect());
            verdicts.push(Verdict { component, result, concerned: true });
        }
        if verdicts.is_empty() && !self.sifting.validate {
            return None;
        }
        // A rule's word is not enough: neither for an event being none, nor for writing something beside it.
        if let Err(why) = check_event(event) {
            let all = self.sifting.validate;
            let by = if all { Vec::new() } else { verdicts.iter().map(|verdict| verdict.component).collect() };
            return Some(What::Malformed { why, by });
        }
        if verdicts.is_empty() {
            return None;
        }
        if !self.sifting.needles {
            self.needles.concerned(event, &mut self.concerned);
        }
        for verdict in &mut verdicts {
            verdict.concerned = self.concerned[verdict.component];
            if let Err(failure) = &mut verdict.result
                && failure.kind == FailureKind::Malformed
                && !nests_deeper(event, DEPTH_MAX)
            {
                failure.kind = FailureKind::Internal;
                failure.text = format!("takes the event for malformed, which it is not: {}", failure.text);
            }
        }
        Some(What::Judged(verdicts))
    }
}

/// A line's event: the line without its end.
pub(crate) fn event_of(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// So deep an event may nest before a rule may take it for malformed.
const DEPTH_MAX: usize = 127;

/// Whether a JSON text nests deeper than so many objects and arrays.
fn nests_deeper(json: &[u8], levels: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    json.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        depth > levels
    })
}

/// Checks that an event is one JSON object. `Err` says why not, with the column: the byte, from 1.
pub(crate) fn check_event(event: &[u8]) -> Result<(), String> {
    let text =
        std::str::from_utf8(event).map_err(|error| format!("invalid UTF-8 at column {}", error.valid_up_to() + 1))?;
    match text.trim_ascii_start().chars().next() {
        Some('{') => {}
        Some(first) => return Err(format!("begins with `{first}`")),
        None => return Err("is empty".into()),
    }
    let mut json = serde_json::Deserializer::from_str(text);
    match json.deserialize_map(Object).and_then(|()| json.end()) {
        Ok(()) => Ok(()),
        // The deserializer reads the names of members as Rust's strings, which cannot hold half a surrogate pair. JSON's can.
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => Ok(()),
        // The line is always 1.
        Err(error) => Err(error
            .to_string()
            .replace(" at line 1 column ", " at column ")
            .replace("EOF while parsing", "ends within")),
    }
}

struct Object;

impl<'de> serde::de::Visitor<'de> for Object {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::sandbox::metadata::Severity;

    /// Whether the text holds the needle, also in a string in it, whatever its escapes, and in JSON in such a string.
    fn holds(text: &str, needle: &str) -> bool {
        fn any_string(value: &Value, holds: &dyn Fn(&str) -> bool) -> bool {
            match value {
                Value::String(text) => holds(text),
                Value::Array(values) => values.iter().any(|value| any_string(value, holds)),
                Value::Object(members) => members.iter().any(|(name, value)| holds(name) || any_string(value, holds)),
                _ => false,
            }
        }
        text.contains(needle)
            || serde_json::from_str(text).is_ok_and(|value| any_string(&value, &|text| holds(text, needle)))
            // Half a text in a string, as a rule that searches in it would read it.
            || text.contains('\\') && serde_json::from_str::<String>(&format!("\"{text}\"")).is_ok_and(|text| holds(&text, needle))
    }

    /// Where each line begins of which a rule says that it holds one of its needles.
    fn found(lines: &[u8], rules: &[Vec<Vec<String>>], needles: bool, validate: bool) -> Vec<(usize, u64, Vec<usize>)> {
        let all = Needles::new(rules.iter().map(|rules| rules.iter().map(Vec::as_slice).collect()));
        let judge = |component: usize, event: &[u8]| {
            let text = String::from_utf8_lossy(event);
            let mut found = Vec::new();
            for (rule, needles) in rules[component].iter().enumerate() {
                let matches = needles.is_empty() && event.len().is_multiple_of(3);
                if matches || needles.iter().any(|needle| holds(&text, needle)) {
                    let columns = "{}".to_owned();
                    found.push(Finding { rule, columns, severity: Severity::Low, risk_score: 0, event_id: None });
                }
            }
            Some(Ok(found))
        };
        let note = |_: usize, finding: &Finding, _: &[u8]| finding.rule.to_string();
        let sifting = Sifting { needles, validate, blanks: true };
        let mut sieve =
            Sieve { sifting, needles: Arc::new(all), components: rules.len(), judge, note, concerned: Vec::new() };
        let judged = |line: Line| match line.what {
            What::Judged(verdicts) => {
                assert!(verdicts.iter().all(|verdict| verdict.concerned), "what was found concerns whom it should");
                let components = verdicts.iter().map(|verdict| verdict.component).collect();
                Some((line.start, line.before, components))
            }
            What::Blank | What::Malformed { .. } => None,
        };
        sieve.sift(&Block::of(lines)).lines.into_iter().filter_map(judged).collect()
    }

    /// A JSON string with the characters escaped for which the pattern has a bit.
    fn quoted(text: &str, pattern: u32, capital: bool) -> String {
        let mut json = String::from("\"");
        for (at, character) in text.chars().enumerate() {
            match character {
                _ if pattern >> (at % 32) & 1 == 1 && capital => json += &format!("\\u{:04X}", u32::from(character)),
                _ if pattern >> (at % 32) & 1 == 1 => json += &format!("\\u{:04x}", u32::from(character)),
                '/' if pattern >> 31 == 1 => json.push_str("\\/"),
                '"' | '\\' => json.extend(['\\', character]),
                _ => json.push(character),
            }
        }
        json.push('"');
        json
    }

    fn line() -> impl Strategy<Value = String> {
        let layer = (
            prop_oneof![
                Just(0),
                (0..32_u32).prop_map(|bit| 1 << bit),
                any::<u32>(),
                any::<u32>().prop_map(|bits| bits & 0x8000_0041)
            ],
            any::<bool>(),
        );
        let inner = prop_oneof![2 => "[abuU0169/<]{0,12}", 1 => "[abu0169/<\\\\]{0,12}"];
        (inner, vec(layer, 1..4), any::<bool>()).prop_map(|(text, layers, as_name)| {
            layers.into_iter().fold(text, |text, (pattern, capital)| {
                let string = quoted(&text, pattern, capital);
                if as_name { format!("{{{string}:1}}") } else { format!("{{\"z\":{string}}}") }
            })
        })
    }

    proptest! {
        // Few texts have just the one escape that matters, so many are tried; `PROPTEST_CASES` times sixteen.
        #![proptest_config(ProptestConfig { cases: 16 * ProptestConfig::default().cases, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_needle_hides(
            lines in vec(prop_oneof![8 => line(), 1 => "[ -~]{0,8}", 1 => "[ \t]{0,2}"], 0..8),
            rules in vec(vec(vec("[abuU0169/<]{1,4}", 0..3), 1..3), 1..4),
            first_sees_all in prop::bool::weighted(0.2), validate in prop::bool::weighted(0.2), ends in any::<bool>(),
        ) {
            let mut rules = rules;
            if !first_sees_all {
                rules.iter_mut().flatten().filter(|needles| needles.is_empty()).for_each(|n| n.push("a".into()));
            }
            let mut text = lines.join("\r\n") + if ends { "\n" } else { "" };
            text = text.replace("\r\n", if validate { "\r\n" } else { "\n" });
            let bytes = text.as_bytes();
            prop_assert_eq!(found(bytes, &rules, true, validate), found(bytes, &rules, false, validate), "{}", text);
        }
    }

    #[test]
    fn an_event_is_one_json_object() {
        for event in [
            "{}",
            " {\"a\":1} ",
            r#"{"\ud800":"\udc00","a":1e999}"#,
            &format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500)),
        ] {
            assert_eq!(check_event(event.as_bytes()), Ok(()), "{event}");
        }
        for event in ["", "[]", "1", "{} {}", "{\"a\":1,}", r#"{"\ud800":}"#, r#"["\ud800"]"#, "\u{a0}{}", "\u{b}{}"] {
            assert!(check_event(event.as_bytes()).is_err(), "{event}");
        }
        assert_eq!(check_event(b"{\"\xff\":1}"), Err("invalid UTF-8 at column 3".into()));
    }

    #[test]
    fn knows_how_deep_an_event_nests() {
        for (json, levels) in [("{}", 1), (r#"{"a":[{}]}"#, 3), (r#"{"[{\"[":"\\","b":[1,[]]}"#, 3)] {
            assert!(nests_deeper(json.as_bytes(), levels - 1), "{json}");
            assert!(!nests_deeper(json.as_bytes(), levels), "{json}");
        }
    }
}
