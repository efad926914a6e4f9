//! Tries a pack on cases: events of which it is known whether a rule fires.
//!
//! A case is a line of JSON: `{"rule": "ID or name", "expect": true, "event": {…}}`. It is judged by the engine that the
//! component holds, without a sandbox.

use std::fmt;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::Value;
use trommel_engine::Engine;

use super::Compiled;

#[derive(Deserialize)]
struct Case {
    rule: String,
    expect: bool,
    event: Value,
}

/// What came of the cases.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How many came out as expected.
    pub right: usize,
    /// What did not.
    pub wrong: Vec<Wrong>,
}

/// A case that did not come out as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}

/// Tries the cases, one a line; empty lines are passed over.
///
/// # Errors
///
/// The lines cannot be read.
pub fn run(compiled: &Compiled, lines: impl BufRead) -> std::io::Result<Report> {
    let mut report = Report::default();
    let mut engine = match Engine::new(&compiled.pack.image) {
        Ok(engine) => engine,
        Err(corrupt) => return Err(std::io::Error::other(corrupt.0)),
    };
    for (nth, line) in lines.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match try_one(compiled, &mut engine, &line) {
            Ok(()) => report.right += 1,
            Err(why) => report.wrong.push(Wrong { line: nth + 1, why }),
        }
    }
    Ok(report)
}

fn try_one(compiled: &Compiled, engine: &mut Engine<'_>, line: &str) -> Result<(), String> {
    let case: Case = serde_json::from_str(line).map_err(|why| format!("no case: {why}"))?;
    let place = compiled.rules.iter().position(|(id, name)| *id == case.rule || *name == case.rule);
    let Some(rule) = place.and_then(|place| u32::try_from(place).ok()) else {
        return Err(format!("the pack has no rule {}", case.rule));
    };
    let findings = engine
        .evaluate(case.event.to_string().as_bytes(), Some(&[rule]))
        .map_err(|(_, stop)| format!("{}: {stop}", case.rule))?;
    if findings.is_empty() == case.expect {
        let what = if case.expect { "does not fire, and should" } else { "fires, and should not" };
        return Err(format!("{} {what}", case.rule));
    }
    Ok(())
}
