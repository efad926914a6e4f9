//! Holds the engine that lies in the program against its source, and a pack in the sandbox against the engine outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use trommel::build;
use trommel::compile::{Options, compile};
use trommel_engine::Engine;

fn engine_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/engine")
}

/// Is the compiler as it names itself: another one makes other bytes.
fn compiler() -> String {
    let rustc = Command::new("rustc").arg("-V").output().expect("rustc is there");
    String::from_utf8(rustc.stdout).unwrap().trim().to_owned()
}

/// `BLESS=1` writes the engine anew. Of another compiler than the one that is named beside it, the bytes are others, and
/// nothing is compared; the engine is built all the same.
#[test]
fn the_engine_is_what_its_source_says() {
    let folder = engine_folder();
    let out = tempfile::tempdir().unwrap();
    let built = build::build(&folder, Some(out.path()), |_| Ok::<_, build::BuildError>(()), &mut |_| {})
        .expect("the engine is built");
    let bytes = fs::read(&built.core).unwrap();
    let (engine, named) = (folder.join("engine.wasm"), folder.join("engine.rustc.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&engine, &bytes).unwrap();
        fs::write(&named, compiler() + "\n").unwrap();
    }
    if fs::read_to_string(named).unwrap().trim() == compiler() {
        assert!(
            fs::read(engine).unwrap() == bytes,
            "guest/engine/engine.wasm is not what its source compiles to: BLESS=1 cargo test --release --test engine"
        );
    }
}

/// The sample rules, as the program compiles and runs them, find what the engine finds outside of the sandbox.
#[test]
fn a_pack_of_elastics_rules_finds_the_same_in_the_sandbox() {
    finds_the_same("tests/elastic", &["15 rules, 1 refused\n", "refused: 1 that count over events\n"], 15);
}

#[test]
fn a_pack_of_sigmas_rules_finds_the_same_in_the_sandbox() {
    let said =
        ["14 rules, 1 refused\n", "refused: 1 that correlate other rules\n", "left out of 3 rules: the log source"];
    finds_the_same("tests/sigma", &said, 14);
}

fn finds_the_same(folder: &str, expected: &[&str], findings: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let out = tempfile::tempdir().unwrap();
    let pack = out.path().join("pack.wasm");
    let trommel = env!("CARGO_BIN_EXE_trommel");
    let compiled = Command::new(trommel).arg("compile").arg(&folder).arg("-o").arg(&pack).output().unwrap();
    let said = String::from_utf8(compiled.stderr).unwrap();
    assert!(compiled.status.success(), "{said}");
    assert!(expected.iter().all(|one| said.contains(one)), "{said}");

    let events = fs::File::open(folder.join("events.ndjson")).unwrap();
    let ran = Command::new(trommel).arg("run").arg("--rule").arg(&pack).stdin(Stdio::from(events)).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let alerts: Vec<Value> = ran
        .stdout
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();

    let library = compile(std::slice::from_ref(&folder), &Options { needles: true, ..Options::default() }).unwrap();
    assert_eq!(library.component, fs::read(&pack).unwrap(), "the same rules give the same bytes");
    let mut engine = Engine::new(&library.pack.image).unwrap();
    let mut found = 0;
    for event in fs::read_to_string(folder.join("events.ndjson")).unwrap().lines() {
        for finding in engine.evaluate(event.as_bytes(), None).unwrap() {
            let columns: Value = serde_json::from_str(&finding.columns).unwrap();
            for (name, value) in columns.as_object().unwrap() {
                assert_eq!(&alerts[found][name], value, "{name} of {event}");
            }
            found += 1;
        }
    }
    assert_eq!((found, alerts.len()), (findings, findings), "one finding of each rule");
}
