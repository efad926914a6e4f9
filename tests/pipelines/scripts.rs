//! Node and Python as hosts: each a script that is short enough for a page.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::pipeline::{INSTALL, alerts, events, installed, json_lines, missing};
use crate::support::{ebs, root, run};

/// What was found, without what only `trommel run` says of the rule.
fn found(mut alerts: Vec<Value>, rule: &Value) -> Vec<Value> {
    alerts.iter_mut().for_each(|alert| alert["rule"] = rule.clone());
    alerts
}

fn input() -> String {
    events(2_000) + "nope\n{}\n" + &events(10)
}

#[test]
fn node_gives_the_alerts_of_run() {
    let Some(jco) = installed("jco/node_modules/.bin/jco") else { return missing("jco", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let mut transpile = Command::new(jco);
    transpile.args(["transpile", "--quiet", "--instantiation", "sync", "--name", "share", "-o"]);
    let ran = run(transpile.arg(folder.path()).arg(ebs()), b"");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    fs::write(folder.path().join("package.json"), r#"{"type":"module"}"#).expect("written");
    let mut node = Command::new("node");
    node.arg(root().join("tests/pipelines/node/filter.mjs")).arg(folder.path());
    let ran = run(&mut node, input().as_bytes());
    let expected = alerts(&ebs(), &input());
    let rule = expected[0]["rule"]["id"].clone();
    assert_eq!(json_lines(&ran.stdout), found(expected, &rule), "{}", ran.stderr);
}

#[test]
fn python_gives_the_alerts_of_run() {
    let Some(python) = installed("wasmtime/bin/python") else { return missing("Python's wasmtime", INSTALL) };
    let mut command = Command::new(python);
    command.arg(root().join("tests/pipelines/python/filter.py")).arg(ebs().with_extension("core.wasm"));
    let ran = run(&mut command, input().as_bytes());
    assert_eq!(json_lines(&ran.stdout), found(alerts(&ebs(), &input()), &Value::from(0)), "{}", ran.stderr);
}
