//! Rules in other languages than Rust, each made of the WIT alone: they run in the sandbox, and find what the rule in Rust
//! finds.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::pipeline::{INSTALL, alerts, events, installed, json_lines, missing, untraced};
use crate::support::{component, root, run, trommel};

/// How many events are timed.
const EVENTS: usize = 20_000;

/// Events of which every tenth is a sign-in, and every twentieth one of the root user.
fn input(count: usize) -> String {
    let lines = events(count);
    let changed = lines.lines().enumerate().map(|(number, line)| match number % 20 {
        3 => line.replace("DescribeSnapshots", "ConsoleLogin").replace("IAMUser", "Root") + "\n",
        13 => line.replace("DescribeSnapshots", "ConsoleLogin") + "\n",
        _ => line.to_owned() + "\n",
    });
    changed.collect()
}

/// Runs a rule over events, each of which it is shown.
fn ran(rule: &Path, input: &str) -> (Vec<serde_json::Value>, Duration) {
    let mut command = trommel();
    command.args(["run", "--quiet", "--threads", "1", "--no-needles", "--unwrap", "none", "--rule"]).arg(rule);
    let start = Instant::now();
    let ran = run(&mut command, input.as_bytes());
    (untraced(json_lines(&ran.stdout)), start.elapsed())
}

/// Checks that a rule finds what the one in Rust finds, and says what an event costs in both.
fn compare(language: &str, rule: &Path) {
    let rust = component("tests/rules/root-login");
    let small = input(60);
    let odd = "nope\n[]\n{}\n{\"eventName\":\"ConsoleLogin\",\"userIdentity\":7}\n";
    let expected = alerts(&rust, &small);
    assert_eq!(expected.len(), 3);
    assert_eq!(ran(rule, &format!("{small}{odd}{small}")).0, [expected.as_slice(), &expected].concat(), "{language}");
    let mut many = trommel();
    many.args(["run", "--no-needles", "--unwrap", "none", "--rule"]).arg(rule);
    let told = run(&mut many, odd.as_bytes()).stderr;
    assert!(told.ends_with("4 events, 0 matched, 0 alerts, 2 malformed\n"), "{language}: {told}");
    // In one run, the best of three, less what it takes to start.
    let large = input(EVENTS);
    let best = |rule: &Path, input: &str| (0..3).map(|_| ran(rule, input).1).min().expect("three");
    let cost = |rule: &Path| best(rule, &large).saturating_sub(best(rule, &small)) / EVENTS as u32;
    assert_eq!(ran(rule, &large).0.len(), EVENTS / 20, "{language}");
    eprintln!("{language}: {:?} an event, Rust {:?}", cost(rule), cost(&rust));
}

#[test]
fn a_rule_in_python() {
    let Some(program) = installed("componentize-py/bin/componentize-py") else {
        return missing("componentize-py", INSTALL);
    };
    let folder = tempfile::tempdir().expect("a folder");
    let rule = folder.path().join("rule.wasm");
    // Beside a module it leaves what it has compiled.
    let source = root().join("tests/pipelines/languages/root_login.py");
    fs::copy(source, folder.path().join("root_login.py")).expect("a copy");
    let mut command = Command::new(program);
    command.arg("-d").arg(root().join("wit")).args(["-w", "filter", "componentize", "root_login", "-p"]);
    let ran = run(command.arg(folder.path()).arg("-o").arg(&rule), b"");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    compare("Python", &rule);
}

#[test]
fn a_rule_in_javascript() {
    let Some(program) = installed("componentize-js/node_modules/.bin/componentize-js") else {
        return missing("componentize-js", INSTALL);
    };
    let folder = tempfile::tempdir().expect("a folder");
    let rule = folder.path().join("rule.wasm");
    let mut command = Command::new(program);
    command.arg(root().join("tests/pipelines/languages/root-login.js")).arg("--wit").arg(root().join("wit"));
    command.args(["-n", "filter", "-o"]).arg(&rule);
    for feature in ["stdio", "random", "clocks", "http", "fetch-event"] {
        command.args(["-d", feature]);
    }
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    compare("JavaScript", &rule);
}

#[test]
fn a_rule_in_c() {
    let Some(python) = installed("zig/bin/python") else { return missing("zig, a compiler of C", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let (core, rule) = (folder.path().join("core.wasm"), folder.path().join("rule.wasm"));
    let mut command = Command::new(python);
    command.args(["-m", "ziglang", "cc", "--target=wasm32-freestanding", "-mcpu=generic", "-O2", "-nostdlib", "-s"]);
    command.args(["-Wl,--no-entry", "-o"]).arg(&core).arg(root().join("tests/pipelines/languages/root_login.c"));
    // Of what it compiles for each target it keeps a copy.
    command.env("ZIG_GLOBAL_CACHE_DIR", folder.path()).env("ZIG_LOCAL_CACHE_DIR", folder.path());
    let ran = run(&mut command, b"");
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // As `wasm-tools component embed` and `new` do it.
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(root().join("wit")).expect("the contract");
    let world = resolve.select_world(&[package], Some("filter")).expect("its world");
    let mut module = fs::read(core).expect("the module");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).expect("embedded");
    let encoded = ComponentEncoder::default().validate(true).module(&module).and_then(|mut module| module.encode());
    fs::write(&rule, encoded.expect("a component")).expect("written");
    compare("C", &rule);
    // It is made of one core module and imports nothing, so it goes wherever ours go.
    for host in ["fluent-bit", "proxy-wasm", "azure-iot-operations", "core"] {
        let adapted = run(trommel().args(["adapt", "--to", host]).arg(&rule), b"");
        assert_eq!(adapted.code, 0, "{host}: {}", adapted.stderr);
    }
}
