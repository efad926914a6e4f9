//! Azure IoT Operations: an adapted rule as an operator. Its runtime is a Kubernetes cluster, so wasmtime stands in for it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::pipeline::{INSTALL, alerts, events, installed, json_lines, missing};
use crate::support::{component, ebs, root, run, trommel, untraced};

/// Adapts a rule, with a file of settings where there are some, and calls the operator with settings of its own.
fn called(kind: &str, baked: Option<&str>, given: &[&str], input: &str) -> crate::support::Ran {
    let python = installed("wasmtime/bin/python").expect("it was looked for");
    let folder = tempfile::tempdir().expect("a folder");
    let module = folder.path().join("share.azure-iot-operations.wasm");
    let mut adapt = trommel();
    adapt.args(["adapt", "--to", "azure-iot-operations", "-o"]).arg(&module).arg(ebs());
    adapt.args((kind == "map").then_some("--tag"));
    if let Some(baked) = baked {
        fs::write(folder.path().join("settings.json"), baked).expect("written");
        adapt.arg("--settings").arg(folder.path().join("settings.json"));
    }
    let ran = run(&mut adapt, b"");
    let graph = module.with_extension("yaml");
    assert_eq!((ran.code, ran.stdout), (0, format!("{}\n{}\n", module.display(), graph.display())), "{}", ran.stderr);
    let graph = fs::read_to_string(graph).expect("the graph");
    for line in [format!("name: \"trommel/{kind}\""), "module: \"share:0.1.0\"".into()] {
        assert!(graph.contains(&line), "{line} in {graph}");
    }
    let mut command = Command::new(python);
    command.arg(root().join("tests/pipelines/azure/host.py")).arg(module).arg(kind).args(given);
    run(&mut command, input.as_bytes())
}

fn host() -> Option<PathBuf> {
    installed("wasmtime/bin/python")
}

fn input() -> String {
    let sample = fs::read_to_string(root().join("tests/sample.ndjson")).expect("the sample");
    // Larger than what its predecessors have left room for.
    let share = events(8).lines().last().expect("an event").to_owned();
    let large = share.replacen('{', &format!(r#"{{"pad":"{}","#, "x".repeat(300_000)), 1);
    format!("{}{sample}{large}\nnope\n{{}}\n{}", events(1_000), events(200))
}

fn written(emit: &str, input: &str) -> String {
    let mut command = trommel();
    command.args(["run", "--quiet", "--unwrap", "none", "--emit", emit, "--rule"]).arg(ebs());
    run(&mut command, input.as_bytes()).stdout
}

#[test]
fn operators_give_what_run_gives() {
    if host().is_none() {
        return missing("Python's wasmtime", INSTALL);
    }
    let filtered = called("filter", None, &[], &input());
    assert_eq!(filtered.stdout, written("matched", &input()), "{}", filtered.stderr);
    let tagged = called("map", None, &[], &input());
    assert_eq!(tagged.stdout, untraced(&written("tagged", &input())), "{}", tagged.stderr);
    assert_eq!(json_lines(&filtered.stdout).len(), alerts(&ebs(), &input()).len());
}

#[test]
fn operators_take_settings() {
    if host().is_none() {
        return missing("Python's wasmtime", INSTALL);
    }
    let (trusted, other) = (r#"{"trusted_accounts":["222222222222"]}"#, r#"{"trusted_accounts":["444455556666"]}"#);
    let passed = |baked, given: &[&str]| called("filter", baked, given, &events(300)).stdout.lines().count();
    assert_eq!(passed(None, &[]), 6);
    assert_eq!(passed(Some(trusted), &[]), 0);
    assert_eq!(passed(None, &[trusted]), 0);
    // What is given takes the place of what was baked in.
    assert_eq!(passed(Some(trusted), &[other]), 6);
    let refused = called("filter", None, &[r#"{"trusted_accounts":["me"]}"#], "");
    assert_eq!((refused.code, refused.stderr.trim_end()), (1, "the settings are refused"));
}

#[test]
fn tag_is_for_operators_alone() {
    let mut command = trommel();
    command.args(["adapt", "--to", "fluent-bit", "--tag"]).arg(component("tests/rules/faulty"));
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--tag is for --to azure-iot-operations alone"), "{}", ran.stderr);
}
