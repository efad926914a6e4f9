//! Fluent Bit: an adapted rule in its filter `wasm`. `tests/adapt.rs` makes the same calls without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::pipeline::{Running, alerts, append, events, json_lines, program, text, until};
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

/// The whole lines of a text.
fn whole(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
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
fn a_kill_loses_nothing_that_lies_in_the_file() {
    let Some(program) = fluent_bit() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let input = events(6_000);
    let lines: Vec<&str> = input.split_inclusive('\n').collect();
    let rule = adapted(&ebs(), folder.path());
    let (path, config) = (folder.path().join("events.ndjson"), "fluent-bit.conf");
    append(&path, "");
    let expected = alerts(&ebs(), &input);
    let written = || text(&folder.path().join("alerts.ndjson"));
    let mut running = start(&program, config, &rule, folder.path());
    let kills = 3;
    for (number, chunk) in lines.chunks(lines.len() / (kills + 1)).enumerate() {
        append(&path, &chunk.concat());
        if number < kills {
            // In the middle: it has written something of what it was given, or nothing yet.
            let before = written().len();
            match number {
                1 => std::thread::sleep(Duration::from_millis(300)),
                _ => until("some alerts", || written().len() > before),
            }
            // It dies, and is started again. What it wrote is whole.
            drop(running);
            let written = written();
            assert!(written.is_empty() || written.ends_with('\n'), "{}", written.lines().last().unwrap_or_default());
            json_lines(&written);
            running = start(&program, config, &rule, folder.path());
        }
    }
    // Without a file for where it has come to, it begins anew each time: no event is lost, and alerts come again.
    let all = |records: Vec<Value>| {
        let mut ids: Vec<_> = tagged(&records).iter().map(|alert| alert["snapshotId"].to_string()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let mut ids: Vec<_> = expected.iter().map(|alert| alert["snapshotId"].to_string()).collect();
    ids.sort_unstable();
    until("the alerts", || all(json_lines(whole(&written()))) == ids);
    running.end();
    let records = json_lines(&written());
    assert_eq!(all(records.clone()), ids);
    let again = tagged(&records).into_iter().filter(|alert| !expected.contains(alert)).count();
    assert_eq!(again, 0, "what comes again is the same");
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
