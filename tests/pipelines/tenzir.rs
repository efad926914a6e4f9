//! Tenzir: the operator `shell`.

use std::fs;
use std::process::Command;

use crate::pipeline::{INSTALL, alerts, events, installed, json_lines, missing, untraced};
use crate::support::{ebs, root, run};

#[test]
fn shell_gives_the_alerts_of_run() {
    let Some(program) = installed("tenzir/bin/tenzir") else { return missing("tenzir", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let input = events(5_000);
    fs::write(folder.path().join("events.ndjson"), &input).expect("written");
    let pipeline = fs::read_to_string(root().join("tests/pipelines/tenzir/shell.tql")).expect("the pipeline");
    // TQL has no variables of the environment.
    let pipeline = pipeline
        .replace("events.ndjson", folder.path().join("events.ndjson").to_str().expect("text"))
        .replace("trommel", env!("CARGO_BIN_EXE_trommel"))
        .replace("share.wasm", ebs().to_str().expect("text"));
    let mut command = Command::new(program);
    command.arg(pipeline).env("HOME", folder.path()).env("TMPDIR", folder.path()).current_dir(folder.path());
    let ran = run(&mut command, b"");
    assert_eq!(untraced(json_lines(&ran.stdout)), alerts(&ebs(), &input), "{}", ran.stderr);
}
