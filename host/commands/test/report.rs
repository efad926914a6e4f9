//! What a test run is told by: to people, to programs, and to JUnit's readers.
//!
//! A component may carry cases of a stranger: nothing of them reaches a terminal or a file as it is.

use std::fmt::Write as _;

use serde_json::json;
use trommel::cases::{Line, Outcome, Share};
use trommel::diagnostics::{is_plain, printable};

/// For people: a line a case, what is wrong below it, and the sum.
pub(super) fn text(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let verdict = if outcome.passed() { "ok" } else { "FAILED" };
        let _ = writeln!(text, "test {} ... {verdict}", printable(&outcome.name));
        for line in wrong(outcome) {
            let _ = writeln!(text, "  {line}");
        }
    }
    let (fuel, memory) = highest(outcomes);
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let tests = if outcomes.len() == 1 { "test" } else { "tests" };
    let _ = writeln!(
        text,
        "\n{} {tests}, {} passed, {failed} failed; at most {:.1} % of the fuel and {:.1} % of the memory allowed",
        outcomes.len(),
        outcomes.len() - failed,
        fuel.percent(),
        memory.percent(),
    );
    text
}

/// For programs: all of it, in one line.
pub(super) fn json(outcomes: &[Outcome]) -> String {
    let (fuel, memory_bytes) = highest(outcomes);
    let tests: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "name": outcome.name,
                "passed": outcome.passed(),
                "mistakes": outcome.mistakes,
                "difference": outcome.difference,
                "found": outcome.found,
                "fuel": outcome.fuel,
                "memory_bytes": outcome.memory_bytes,
            })
        })
        .collect();
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    let report = json!({
        "passed": passed,
        "failed": outcomes.len() - passed,
        "fuel": fuel,
        "memory_bytes": memory_bytes,
        "tests": tests,
    });
    format!("{report}\n")
}

/// As JUnit's XML, one suite.
pub(super) fn junit(rule: &str, outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\">\n",
        escaped(rule),
        outcomes.len(),
    );
    for outcome in outcomes {
        let (name, rule) = (escaped(&outcome.name), escaped(rule));
        if outcome.passed() {
            let _ = writeln!(xml, "<testcase classname=\"{rule}\" name=\"{name}\"/>");
            continue;
        }
        let wrong: Vec<_> = wrong(outcome).iter().map(|line| escaped(line)).collect();
        let first = wrong.first().map_or("", String::as_str);
        let _ = writeln!(
            xml,
            "<testcase classname=\"{rule}\" name=\"{name}\"><failure message=\"{first}\">{}</failure></testcase>",
            wrong.join("\n"),
        );
    }
    xml + "</testsuite>\n</testsuites>\n"
}

/// What is wrong with a case, line by line.
fn wrong(outcome: &Outcome) -> Vec<String> {
    let mut lines: Vec<_> = outcome.mistakes.iter().map(|mistake| printable(mistake)).collect();
    lines.extend(outcome.difference.iter().map(|line| match line {
        Line::Same(line) => format!("  {}", printable(line)),
        Line::Missing(line) => format!("- {}", printable(line)),
        Line::Unexpected(line) => format!("+ {}", printable(line)),
    }));
    lines
}

fn highest(outcomes: &[Outcome]) -> (Share, Share) {
    let over = |share: fn(&Outcome) -> Share| outcomes.iter().map(share).fold(Share::default(), Share::max);
    (over(|outcome| outcome.fuel), over(|outcome| outcome.memory_bytes))
}

/// Text as XML has it. Some characters XML cannot hold at all, however they are written.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            plain if is_plain(plain) && !matches!(plain, '\u{fffe}' | '\u{ffff}') => xml.push(plain),
            other => xml.extend(other.escape_unicode()),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_obeys_nothing() {
        let passed = Outcome { name: "plain".into(), ..Outcome::default() };
        let failed = Outcome {
            name: "\u{1b}[2J<&\"".into(),
            mistakes: vec!["event 1: trap".into()],
            difference: vec![Line::Same("{}".into()), Line::Missing("1".into()), Line::Unexpected("2".into())],
            ..Outcome::default()
        };
        let outcomes = [passed, failed];
        assert_eq!(
            text(&outcomes),
            "test plain ... ok\ntest \\u{1b}[2J<&\" ... FAILED\n  event 1: trap\n    {}\n  - 1\n  + 2\n\n\
             2 tests, 1 passed, 1 failed; at most 0.0 % of the fuel and 0.0 % of the memory allowed\n"
        );
        let xml = junit("rule", &outcomes);
        assert!(xml.contains("<testcase classname=\"rule\" name=\"plain\"/>"), "{xml}");
        let case =
            "name=\"\\u{1b}[2J&lt;&amp;&quot;\"><failure message=\"event 1: trap\">event 1: trap\n  {}\n- 1\n+ 2<";
        assert!(xml.contains(case), "{xml}");
        let json: serde_json::Value = serde_json::from_str(&json(&outcomes)).unwrap();
        assert_eq!((&json["passed"], &json["failed"]), (&1.into(), &1.into()));
        assert_eq!(json["tests"][1]["difference"][1], json!({"is": "missing", "line": "1"}));
    }
}
