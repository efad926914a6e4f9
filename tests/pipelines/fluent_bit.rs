//! Fluent Bit: an adapted rule in its filter `wasm`. `tests/adapt.rs` makes the same calls without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::pipeline::{Running, alerts, events, json_lines, program, text, until};
use crate::support::{component, ebs, root, run, trommel};

fn fluent_bit() -> Option<PathBuf> {
    let found = program("FLUENT_BIT", "fluent-bit");
    if found.is_none() {
        eprintln!(
            "fluent-bit is left out: no registry has it, and FLUENT_BIT does not name it; tests/adapt.rs makes its calls"
        );
    }
    found
}

fn adapted(rule: &Path, folder: &Path) -> PathBuf {
    let output = folder.join("rule.fluent-bit.wasm");
    let ran = run(trommel().args(["adapt", "--to", "fluent-bit", "-o"]).arg(&output).arg(rule), b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    output
}

/// Starts Fluent Bit with a file of the project.
fn start(program: &Path, config: &str, rule: &Path, folder: &Path) -> Running {
    let configs = root().join("tests/pipelines/fluent-bit");
    let mut command = Command::new(program);
    command.args(["--quiet", "--config"]).arg(configs.join(config));
    command.env("CONFIG", &configs).env("RULE", rule).env("EVENTS", folder.join("events.ndjson")).env("OUT", folder);
    Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

/// The alerts in records that were tagged.
fn tagged(records: &[Value]) -> Vec<Value> {
    records.iter().flat_map(|record| record["trommel"].as_array().expect("it is tagged").clone()).collect()
}

#[test]
fn the_configurations_give_the_alerts_of_run() {
    let Some(program) = fluent_bit() else { return };
    let mut input = events(3_000);
    let share = events(8).lines().last().expect("an event").to_owned();
    for bytes in [9_000, 1_500_000] {
        input += &share.replacen('{', &format!(r#"{{"pad":"{}","#, "x".repeat(bytes)), 1);
        input += "\n";
    }
    // As deep as a rule reads; rewrite_tag itself copies no record that lies much deeper than the second.
    for (config, depth) in [("fluent-bit.conf", 120), ("fluent-bit.yaml", 60)] {
        let deep = format!(r#"{{"deep":{}1{},"#, "[".repeat(depth), "]".repeat(depth));
        let input = format!("{input}{}\n", share.replacen('{', &deep, 1));
        let expected = alerts(&ebs(), &input);
        assert_eq!(expected.len(), 63);
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("events.ndjson"), &input).expect("written");
        let rule = adapted(&ebs(), folder.path());
        let running = start(&program, config, &rule, folder.path());
        let written = || text(&folder.path().join("alerts.ndjson"));
        until("the alerts", || written().lines().count() >= expected.len());
        if config.ends_with("yaml") {
            let all = || text(&folder.path().join("all.ndjson")).lines().count();
            until("all events", || all() == input.lines().count());
        }
        running.end();
        assert_eq!(tagged(&json_lines(&written())), expected, "{config}");
    }
}

#[test]
fn a_trap_costs_its_own_event_and_no_other() {
    let Some(program) = fluent_bit() else { return };
    let pairs = 20_000;
    let pair = |number: usize| format!("{{\"do\":\"crash\",\"n\":{number}}}\n{{\"do\":\"find\",\"n\":{number}}}\n");
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("events.ndjson"), (0..pairs).map(pair).collect::<String>()).expect("written");
    let rule = adapted(&component("tests/rules/faulty"), folder.path());
    let running = start(&program, "fluent-bit.conf", &rule, folder.path());
    let written = || text(&folder.path().join("alerts.ndjson"));
    until("the alerts", || written().lines().count() >= pairs);
    let peak = running.peak_bytes();
    running.end();
    let numbers: Vec<_> = json_lines(&written()).iter().map(|record| record["n"].clone()).collect();
    assert_eq!(numbers, (0..pairs).map(|number| json!(number)).collect::<Vec<_>>());
    assert!(peak < 200 << 20, "{peak} bytes");
}
