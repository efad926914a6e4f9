//! Shows the way of an author: a new rule that works at once, its tests, and the same tests from the component alone.

mod support;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use support::{Ran, component, root, run, trommel};

fn test(arguments: &[&str]) -> Ran {
    run(trommel().arg("test").args(arguments), b"")
}

fn text(path: &Path) -> String {
    path.to_str().expect("a temporary path is text").to_owned()
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
}

#[test]
fn a_new_rule_builds_passes_its_tests_and_alerts() {
    let folder = tempfile::tempdir().expect("a folder");
    let sdk = text(&root().join("guest/sdk"));
    let made = run(trommel().current_dir(&folder).args(["new", "root-login", "--sdk", &sdk]), b"");
    assert_eq!(made.code, 0, "{made:?}");
    let again = run(trommel().current_dir(&folder).args(["new", "root-login"]), b"");
    assert_eq!(again.code, 2);
    assert_eq!(
        again.stderr,
        "trommel: root-login: is there already\ntrommel: hint: take another name, or remove it first\n"
    );
    let rule = text(&folder.path().join("root-login"));

    let tested = test(&[&rule]);
    assert_eq!(tested.code, 0, "{tested:?}");
    assert!(tested.stdout.contains("\n4 tests, 4 passed, 0 failed; at most 0."), "{}", tested.stdout);

    let sample = format!("{rule}/tests/root-signs-in/event.json");
    let alerted = run(trommel().args(["run", "--quiet", "--rule", &rule, &sample]), b"");
    assert!(
        alerted.stdout.starts_with("{\"time\":\"2026-01-10T09:12:44Z\",\"address\":\"203.0.113.7\","),
        "{alerted:?}"
    );

    // Whoever receives the file alone can run the tests.
    let alone = text(&folder.path().join("received.wasm"));
    fs::copy(format!("{rule}/target/rules/root-login.wasm"), &alone).expect("it was built");
    assert_eq!(test(&[&alone]).stdout, tested.stdout);
    let blessed = test(&[&alone, "--bless"]);
    assert_eq!(blessed.code, 0, "nothing is to be blessed: {blessed:?}");

    // A finding that differs is told, is in the component from the next build on, and is blessed.
    let findings = folder.path().join("root-login/tests/root-signs-in/findings.ndjson");
    let good = fs::read_to_string(&findings).expect("the template has it");
    write(&findings, "{\"time\":\"2026-01-10T09:12:44Z\",\"address\":\"203.0.113.8\"}\n");
    let failed = test(&[&rule, "root-signs-in"]);
    let (report, _) = failed.stdout.split_once("; at most 0.").expect("shares of the limits");
    assert_eq!(
        (failed.code, report),
        (
            1,
            "test root-signs-in ... FAILED\n  \
             - {\"time\":\"2026-01-10T09:12:44Z\",\"address\":\"203.0.113.8\"}\n  \
             + {\"time\":\"2026-01-10T09:12:44Z\",\"address\":\"203.0.113.7\"}\n\n\
             1 test, 0 passed, 1 failed"
        )
    );
    fs::copy(format!("{rule}/target/rules/root-login.wasm"), &alone).expect("it was built");
    let from_file = test(&[&alone, "--bless"]);
    assert_eq!(from_file.code, 2);
    assert!(from_file.stderr.contains("--bless cannot write into a component"), "{from_file:?}");
    let junit = text(&folder.path().join("tests.xml"));
    assert_eq!(test(&[&alone, "--junit", &junit, "--format", "json"]).code, 1);
    let xml = fs::read_to_string(&junit).expect("it was written");
    assert!(xml.contains("tests=\"4\" failures=\"1\""), "{xml}");
    assert_eq!(test(&[&rule, "--bless"]).code, 0);
    assert_eq!(fs::read_to_string(&findings).expect("it was written"), good);

    // It is built again because the findings are others, and then no more.
    let component = folder.path().join("root-login/target/rules/root-login.wasm");
    let written = || fs::metadata(&component).and_then(|found| found.modified()).expect("it is there");
    let before = written();
    let silent = run(trommel().args(["run", "--quiet", "--rule", &rule, &sample]), b"");
    assert_eq!((&*silent.stdout, &*silent.stderr), (&*alerted.stdout, ""));
    assert!(written() > before);
    let built = written();
    let started = Instant::now();
    assert_eq!(run(trommel().args(["run", "--quiet", "--rule", &rule, &sample]), b""), silent);
    assert!(written() == built && started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());

    build_refuses_what_would_not_run(&folder.path().join("root-login"));
}

/// `trommel build` in this crate, whose rule is changed from one text to another.
fn build_refuses_what_would_not_run(rule: &Path) {
    let built = |out: &str| run(trommel().args(["build", &text(rule), "--out"]).arg(rule.join(out)), b"");
    let ran = built("dist");
    assert_eq!(
        (ran.code, ran.stdout),
        (0, format!("{}\n", text(&rule.join("dist/root-login.wasm")))),
        "{}",
        ran.stderr
    );
    let ran = run(trommel().arg("inspect").arg(rule.join("dist/root-login.wasm")), b"");
    assert!(ran.stdout.contains("\n  tests:       4\n"), "{ran:?}");
    let source = rule.join("src/lib.rs");
    let good = fs::read_to_string(&source).expect("it is there");
    for (from, to, why) in [
        ("trommel_rule::export!(RootLogin);", "", "exports no rule"),
        ("needles: vec![", "settings_schema: \"{\".into(), needles: vec![", "settings schema"),
        ("columns: vec![\"time\"", "columns: vec![\"rule\"", "column"),
        (
            "Metadata {\n",
            "Metadata { description: [][..].concat(), ..panic!(\"not today\") };\n Metadata {\n",
            "not today",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        // The tests of the crate are not built.
        let (head, _) = good.split_once("#[cfg(test)]").expect("it has some");
        write(&source, &head.replacen(from, to, 1));
        let ran = built("refused");
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(why), "{why} is not in {}", ran.stderr);
        assert!(!rule.join("refused").exists(), "{why}");
    }
    write(&source, &good);
}

#[test]
fn the_rules_of_the_project_carry_tests_and_pass_them() {
    let rules = fs::read_dir(root().join("guest/rules")).expect("it is there").flatten();
    for rule in rules.map(|entry| format!("guest/rules/{}", entry.file_name().to_string_lossy())) {
        let ran = test(&[&text(&component(&rule))]);
        assert!(ran.code == 0 && ran.stdout.contains(" passed, 0 failed"), "{rule}: {ran:?}");
    }
}

/// The rule `three`, and cases of these files.
fn three(files: &[(&str, &str)]) -> (Ran, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    files.iter().for_each(|(path, text)| write(&folder.path().join(path), text));
    let rule = text(&component("tests/rules/three"));
    (test(&[&rule, "--cases", &text(folder.path())]), folder)
}

#[test]
fn several_rules_and_events_are_told_apart() {
    let events = "{\"fruit\":\"apple\",\"colour\":\"red\"}\n{\"n\":1}\n{\"colour\":\"green\",\"size\":\"large\"}\n";
    let findings = "{\"rule\":\"fruit\",\"event\":1,\"fruit\":\"apple\"}\n\
                    {\"rule\":{\"id\":\"colour\",\"severity\":\"critical\",\"risk_score\":99},\"event\":3,\
                    \"colour\":\"green\",\"size\":\"large\"}\n";
    let (ran, folder) = three(&[
        ("green/events.ndjson", events),
        ("green/findings.ndjson", findings),
        ("green/settings.json", "{\"colour\":{\"colour\":\"green\"}}"),
        // The settings of the case before are gone.
        ("red/event.json", "{\n  \"colour\": \"red\"\n}\n"),
        ("red/findings.ndjson", "{ \"colour\": \"red\", \"size\": null, \"rule\": \"colour\" }\n"),
        ("nothing/event.json", "{\"every\":true}"),
        ("odd-settings/event.json", "{}"),
        ("odd-settings/settings.json", "{\"color\":{}}"),
        ("wrong-settings/event.json", "{}"),
        ("wrong-settings/settings.json", "{\"colour\":{\"colour\":\"blue\"}}"),
        ("no-object/event.json", "[1]"),
    ]);
    drop(folder);
    assert_eq!(ran.code, 1, "{ran:?}");
    for line in [
        "test green ... ok\n",
        "test red ... ok\n",
        "test nothing ... FAILED\n  + {\"rule\":\"every\"}\n",
        "test odd-settings ... FAILED\n  settings.json: no rule has the id `color`\n",
        "test wrong-settings ... FAILED\n  settings of `colour`, /colour: expected one of red, green\n",
        "test no-object ... FAILED\n  event 1: malformed: ",
        "\n6 tests, 2 passed, 4 failed; ",
    ] {
        assert!(ran.stdout.contains(line), "{line} is not in {}", ran.stdout);
    }
}

#[test]
fn broken_promises_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = text(&component("tests/rules/faulty"));
    // `quiet` stands for no needle: the rule finds something where it may not.
    write(&folder.path().join("e.ndjson"), "{\"quiet\":\"find\"}\n{\"do\":\"find\"}\n");
    let ran = test(&[&rule, "--on", &text(&folder.path().join("e.ndjson"))]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("  event 1: another answer when its needles are heeded: 0 findings instead of 1\n"),
        "{ran:?}"
    );
    assert!(!ran.stdout.contains("event 2"), "{ran:?}");
    write(&folder.path().join("e.ndjson"), "{\"do\":\"crash\"}\n{\"do\":\"run\"}\n");
    let ran = test(&[&rule, "--on", &text(&folder.path().join("e.ndjson"))]);
    // A panic says where.
    let source = fs::read_to_string(root().join("tests/rules/faulty/src/lib.rs")).expect("it is there");
    let line = source.lines().position(|line| line.contains("panic!(")).expect("it panics") + 1;
    let place = format!("\n  event 1: trap: panicked at tests/rules/faulty/src/lib.rs:{line}: as told\n");
    assert!(ran.stdout.contains(&place) && ran.stdout.contains("\n  event 2: fuel: "), "{ran:?}");
    let none = test(&[&rule]);
    assert_eq!((none.code, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains("has no tests\ntrommel: hint: "), "{none:?}");
}

#[test]
fn a_bench_says_what_each_rule_costs() {
    let folder = tempfile::tempdir().expect("a folder");
    let rule = text(&component("tests/rules/three"));
    let events = folder.path().join("e.ndjson");
    write(&events, &"{\"fruit\":\"apple\",\"colour\":\"red\"}\n{\"nothing\":1}\n\n".repeat(20));
    let bench = |more: &[&str]| run(trommel().args(["bench", &rule, &text(&events), "--rounds", "3"]).args(more), b"");
    let ran = bench(&["--vs", &rule]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for line in [": 3 rules, 40 events of ", "  with needles ", "  without ", "  fuel of ", "\nwith needles: "] {
        assert!(ran.stdout.contains(line), "{line} is not in {}", ran.stdout);
    }
    let told: serde_json::Value = serde_json::from_str(&bench(&["--format", "json"]).stdout).expect("JSON");
    let rules = told[0]["rules"].as_array().expect("a list");
    // Of the rules one looks at every event, and none at an event without its needles.
    let seen: u64 = rules.iter().filter_map(|rule| rule["events"].as_u64()).sum();
    assert_eq!((rules.len(), &told[0]["seen"]["events"], seen > 0), (3, &40.into(), true), "{told}");
    assert!(rules.iter().all(|rule| rule["median"].as_u64() <= rule["highest"].as_u64()), "{told}");
    let none = run(trommel().args(["bench", &rule]), b"");
    assert_eq!((none.code, none.stdout.as_str()), (2, ""));
    assert!(none.stderr.contains("has no tests whose events could be taken"), "{none:?}");
}
