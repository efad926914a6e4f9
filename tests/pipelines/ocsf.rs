//! `--format ocsf`: findings that OCSF's own schema and a program that reads OCSF take as they are.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::pipeline::{INSTALL, installed, json_lines, missing};
use crate::support::{ebs, root, run, three, trommel};

/// Columns of all kinds, and none.
const OTHERS: &str = r#"{"fruit":["apple"],"every":true}
{"colour":"red","size":{"cm":[1,2.5,null,true]},"@timestamp":"2026-11-05T10:02:03+01:00"}
{"colour":"red","size":"large"}
"#;

/// Findings in every form of CloudTrail's events, and others.
fn findings(more: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let others = folder.path().join("others.ndjson");
    fs::write(&others, OTHERS).expect("written");
    let forms = fs::read_dir(root().join("tests/cases/forms")).expect("the cases");
    let mut files: Vec<PathBuf> = forms.map(|form| form.expect("a case").path().join("in.ndjson")).collect();
    files.sort();
    let mut command = trommel();
    command.args(["run", "--quiet", "--format", "ocsf", "--rule"]).arg(ebs()).arg("--rule").arg(three()).args(more);
    let ran = run(command.args(files).arg(others), b"");
    let findings: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert!(findings.len() > 100, "{} findings: {}", findings.len(), ran.stderr);
    findings
}

#[test]
fn findings_are_valid() {
    let Some(python) = installed("ocsf-json-schema/bin/python") else { return missing("ocsf-json-schema", INSTALL) };
    let validate = |findings: &[String]| {
        let mut command = Command::new(&python);
        run(command.arg(root().join("tests/pipelines/ocsf/validate.py")), (findings.join("\n") + "\n").as_bytes())
    };
    for more in [&[][..], &["--include-event"]] {
        let findings = findings(more);
        let ran = validate(&findings);
        assert_eq!(ran.stdout, format!("{}\n", findings.len()), "{}", ran.stderr);
    }
    // The validator does find what is wrong.
    let mut finding: Value = serde_json::from_str(&findings(&[])[0]).expect("JSON");
    finding["finding_info"].as_object_mut().expect("an object").remove("uid");
    let ran = validate(&[finding.to_string()]);
    assert!(ran.stdout.starts_with("1: $.finding_info: ") && ran.stdout.ends_with("\n0\n"), "{}", ran.stdout);
}

#[test]
fn tenzir_casts_findings() {
    let Some(program) = installed("tenzir/bin/tenzir") else { return missing("tenzir", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let findings = findings(&[]);
    let file = folder.path().join("findings.ndjson");
    fs::write(&file, findings.join("\n") + "\n").expect("written");
    let pipeline = fs::read_to_string(root().join("tests/pipelines/tenzir/cast.tql")).expect("the pipeline");
    let pipeline = pipeline.replace("findings.ndjson", file.to_str().expect("text"));
    let mut command = Command::new(program);
    command.arg(pipeline).env("HOME", folder.path()).env("TMPDIR", folder.path()).current_dir(folder.path());
    let ran = run(&mut command, b"");
    let cast = json_lines(&ran.stdout);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    assert_eq!(cast.len(), findings.len());
    for (cast, finding) in cast.iter().zip(&findings) {
        let finding: Value = serde_json::from_str(finding).expect("JSON");
        for member in ["class_uid", "severity_id", "message", "finding_info", "evidences", "metadata"] {
            kept(&finding[member], &cast[member], member);
        }
    }
}

/// Checks that nothing of a value is gone.
fn kept(before: &Value, after: &Value, path: &str) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) if path != "evidences.data" => {
            for (name, value) in before {
                kept(value, after.get(name).unwrap_or(&Value::Null), &format!("{path}.{name}"));
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            before.iter().zip(after).for_each(|(before, after)| kept(before, after, path));
        }
        (Value::Object(_), Value::String(text)) => {
            let after: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"));
            assert_eq!(*before, after, "{path}");
        }
        (before, after) => assert_eq!(before, after, "{path}"),
    }
}
