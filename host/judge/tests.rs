//! That no needle hides, whatever escapes and layers of JSON stand before it.

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

/// Where each line begins of which a rule says that it holds one of its needles, and which rules say so.
fn found(lines: &[u8], rules: &[Vec<String>], needles: bool, validate: bool) -> Vec<(usize, u64, Vec<usize>)> {
    let all = Rules::of_needles(rules);
    let ask = |call: Call<'_>| {
        let text = String::from_utf8_lossy(call.event);
        let mut found = Vec::new();
        for (rule, needles) in rules.iter().enumerate() {
            if call.asked.is_some_and(|asked| !asked.contains(&(rule as u32))) {
                continue;
            }
            let matches = needles.is_empty() && call.event.len().is_multiple_of(3);
            if matches || needles.iter().any(|needle| holds(&text, needle)) {
                let columns = "{}".to_owned();
                found.push(Finding { rule, columns, severity: Severity::Low, risk_score: 0, event_id: None, nth: 0 });
            }
        }
        Some(Ok(found))
    };
    let selection = Selection { needles, validate, blanks: true, failures_max: 0 };
    let resting = Arc::new(Resting::none_of(rules.len()));
    let mut judge = Judge::new(selection, Arc::new(all), resting, ask);
    let judged = |line: Line| match line.what {
        What::Verdict(verdict) => {
            assert!(verdict.failures.is_empty(), "what was found concerns whom it should: {:?}", verdict.failures);
            let rules = verdict.findings.iter().map(|finding| finding.rule).collect();
            Some((line.start, line.before, rules))
        }
        What::Blank | What::Malformed { .. } => None,
    };
    judge.judge(&Block::of(lines), 0, 0).lines.into_iter().filter_map(judged).collect()
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
        rules in vec(vec("[abuU0169/<]{1,4}", 0..3), 1..8),
        first_sees_all in prop::bool::weighted(0.2), validate in prop::bool::weighted(0.2), ends in any::<bool>(),
    ) {
        let mut rules = rules;
        if !first_sees_all {
            rules.iter_mut().filter(|needles| needles.is_empty()).for_each(|n| n.push("a".into()));
        }
        let mut text = lines.join("\r\n") + if ends { "\n" } else { "" };
        text = text.replace("\r\n", if validate { "\r\n" } else { "\n" });
        let bytes = text.as_bytes();
        prop_assert_eq!(found(bytes, &rules, true, validate), found(bytes, &rules, false, validate), "{}", text);
    }
}
