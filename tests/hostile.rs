//! Rules from a stranger who means harm: none of them does any. See `tests/hostile/README.md`.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use support::{Ran, run, trommel, wat::binary};

/// The longest that the program may take over any of these rules, on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(60);
/// What it may take of the processor's time, in seconds: a second to start each of three instances, and little else.
const CPU_SECONDS_MAX: u64 = 15;
/// The memory that it may take: that of three instances of each of two rules, and little else.
const MEMORY_BYTES_MAX: u64 = 900 << 20;

/// Lines that hold one event that matters to the project's rule, and some that do not.
fn events(count: usize) -> Vec<String> {
    let matters = fs::read_to_string(support::root().join("tests/cases/detection/one-outside/in.ndjson")).unwrap();
    let matters = matters.lines().next().unwrap();
    (0..count).map(|number| if number == 1 { matters.into() } else { format!(r#"{{"number":{number}}}"#) }).collect()
}

fn input(events: &[String]) -> String {
    events.join("\n") + "\n"
}

/// The project's rule.
static EBS: LazyLock<PathBuf> = LazyLock::new(support::ebs);

/// The program, to run with the project's rule and perhaps one more.
fn command(hostile: Option<&Path>) -> std::process::Command {
    let mut command = support::bounded(CPU_SECONDS_MAX, MEMORY_BYTES_MAX);
    command.arg("run").arg("--rule").arg(&*EBS);
    if let Some(hostile) = hostile {
        command.current_dir(hostile.parent().unwrap()).arg("--rule").arg(hostile.file_name().unwrap());
    }
    command
}

/// The lines of comment at the beginning of a file that begin with this.
fn comments<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = text.lines().take_while(|line| line.starts_with(";;"));
    lines.find_map(|line| line.strip_prefix(&format!(";; {name}: ")))
}

/// The dead letters without their times; checks that each has its event's exact bytes.
fn letters(file: &Path, events: &[String]) -> String {
    let mut shown = String::new();
    for line in fs::read_to_string(file).unwrap_or_default().lines() {
        let letter: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = letter["line"].as_u64().unwrap() as usize;
        assert_eq!(letter["event"].as_str(), Some(events[at - 1].as_str()), "{line}");
        assert_eq!(letter["file"], "<stdin>");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().escape_debug().to_string();
        let (kind, why) = (text(&letter["error"]["kind"]), text(&letter["error"]["text"]));
        let _ = writeln!(
            shown,
            "letter {at}: {}: {kind}: {why}",
            letter["rules"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(", ")
        );
    }
    shown
}

/// The first and the last lines of a text that may have many.
fn shortened(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    if lines.len() <= 12 {
        return text.to_owned();
    }
    format!("{}\n… {} lines …\n{}\n", lines[..3].join("\n"), lines.len() - 6, lines[lines.len() - 3..].join("\n"))
}

/// Runs the program on one hostile rule. Answers with all that it said.
fn tell(file: &Path, dir: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let name = file.file_stem().unwrap().to_str().unwrap();
    let events = events(comments(&text, "events").map_or(5, |count| count.parse().unwrap()));
    let rule = dir.join(format!("{name}.wasm"));
    fs::write(&rule, binary(&text)).unwrap();
    fs::write(dir.join("settings.json"), "{}").unwrap();
    let args: Vec<_> = comments(&text, "args").unwrap_or_default().split_whitespace().collect();
    let args: Vec<_> =
        args.into_iter().map(|word| if word == "$SETTINGS" { "hostile=settings.json" } else { word }).collect();
    LazyLock::force(&EBS);
    let run_with = |more: &[&str]| {
        let before = std::time::Instant::now();
        let ran = run(command(Some(&rule)).args(&args).args(more), input(&events).as_bytes());
        assert!(before.elapsed() < TIME_MAX, "{name} took {:?}", before.elapsed());
        ran
    };
    let dead = dir.join(format!("{name}.dead"));
    let ran = run_with(&["--threads", "1", "--dead-letter", dead.to_str().unwrap()]);
    assert!(!ran.stderr.contains('\u{1b}') && !ran.stderr.contains("panicked"), "{name}: {}", ran.stderr);
    let (own, others): (Vec<_>, Vec<_>) = ran.stdout.lines().partition(|line| line.contains(r#""id":"hostile""#));
    let letters = letters(&dead, &events);
    let told = format!(
        "code {}\n{}{}{}",
        ran.code,
        shortened(&ran.stderr),
        shortened(&letters),
        shortened(&own.iter().map(|alert| format!("alert {}\n", support::untraced(alert))).collect::<String>())
    );
    if ran.code == 2 {
        // A rule that cannot be loaded is the operator's to decide: nothing runs without it.
        assert_eq!(ran.stdout, "", "{name}");
        return told;
    }
    let alone = run(&mut command(None), input(&events).as_bytes());
    assert_eq!(others.join("\n") + "\n", alone.stdout, "{name}: the other rule's alerts");
    assert_eq!(alone.stdout.lines().count(), 1);

    // With several threads all is the same, except to which instance an event comes.
    let many = run_with(&["--threads", "3"]);
    assert_eq!(many.stdout.lines().filter(|line| !line.contains(r#""id":"hostile""#)).collect::<Vec<_>>(), others);

    // Where lines are copied, none is lost.
    let [matched, unmatched, tagged] =
        ["matched", "unmatched", "tagged"].map(|emit| run_with(&["--emit", emit]).stdout);
    for event in &events {
        assert!(matched.lines().chain(unmatched.lines()).any(|line| line == event), "{name}: {event} is lost");
    }
    assert_eq!(tagged.lines().count(), events.len(), "{name}");
    for (event, line) in events.iter().zip(tagged.lines()) {
        let untagged = line.strip_prefix(&event[..event.len() - 1]).unwrap_or_else(|| panic!("{name}: {line}"));
        assert!(untagged == "}" || untagged.starts_with(",\"trommel\":["), "{name}: {line}");
    }
    told
}

#[test]
fn no_rule_does_harm() {
    let folder = support::root().join("tests/hostile");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "wat"));
    files.sort();
    let dir = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("KEEP").map(PathBuf::from);
    let mut wrong = Vec::new();
    for file in &files {
        let told = tell(file, keep.as_deref().unwrap_or(dir.path()));
        let golden = file.with_extension("txt");
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if told != expected {
            if std::env::var_os("BLESS").is_some() {
                fs::write(golden, told).unwrap();
            } else {
                wrong.push(format!("{}\n expected\n{expected}\n got\n{told}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} hostile rules:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    assert!(files.len() > 70, "only {} hostile rules were found", files.len());
}

/// What the program says of a file that is no good component.
fn refusal(name: &str, bytes: &[u8], more: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), bytes).unwrap();
    run(trommel().current_dir(dir.path()).args(["run", "--no-cache", "--rule", name]).args(more), b"{}\n")
}

#[test]
fn a_huge_component_is_not_even_looked_at() {
    let ran = refusal("huge.wasm", &vec![0; 100 << 20], &[]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.starts_with("trommel: huge.wasm: is larger than 33554432 bytes\n"), "{}", ran.stderr);
}

#[test]
fn a_broken_component_is_refused_or_harmless() {
    let good = binary("");
    let sandbox = trommel::Sandbox::new(trommel::Limits::default(), false).unwrap();
    assert!(sandbox.load("good", &good).is_ok());
    for length in 0..good.len() {
        // A component may lose the custom sections at its end.
        let whole = sandbox.load("short", &good[..length]).is_ok();
        assert!(!whole || length > good.len() / 2, "cut at {length}");
    }
    // Each bit of the component's own structure, and some of the rest.
    for at in (0..good.len()).step_by(3) {
        let mut flipped = good.clone();
        flipped[at] ^= 1 << (at % 8);
        if let Ok(component) = sandbox.load("flipped", &flipped) {
            let _ = std::sync::Arc::new(component).instance(false).evaluate(b"{}", None);
        }
    }
    let ran = refusal("cut.wasm", &good[..good.len() / 2], &[]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.starts_with("trommel: cut.wasm: is no valid component: "), "{}", ran.stderr);
}

#[test]
fn an_instance_is_kept_unless_it_has_grown() {
    // Finds something in the second event that it sees.
    let rule = |memory: &str, grows: &str| {
        binary(&format!(
            r#"{memory} (global $events (mut i32) (i32.const 0))
            (func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) {grows}
              (global.set $events (i32.add (global.get $events) (i32.const 1)))
              (if (result i32) (i32.eq (global.get $events) (i32.const 2)) (then (i32.const 416)) (else (i32.const 400))))"#
        ))
    };
    let (small, large) = (r#"(memory (export "memory") 2)"#, r#"(memory (export "memory") 1000)"#);
    let (little, much) = ("(drop (memory.grow (i32.const 100)))", "(drop (memory.grow (i32.const 200)))");
    for (memory, grows, kept) in [
        (small, "", true),
        (large, "", true),
        (small, little, true),
        (large, little, true),
        (small, much, false),
        (large, much, false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("r.wasm"), rule(memory, grows)).unwrap();
        let mut command = trommel();
        command.current_dir(dir.path()).args(["run", "--no-cache", "--threads", "1", "--rule", "r.wasm"]);
        let ran = run(&mut command, b"{}\n{}\n");
        assert_eq!((ran.code, ran.stdout.lines().count()), (0, usize::from(kept)), "{memory} {grows}: {ran:?}");
    }
}

/// A rule whose calls lie so deep in each other.
fn deep(calls: usize) -> String {
    format!(
        r#"(func $deeper (param i32) (result i32)
          (if (result i32) (local.get 0)
            (then (i32.add (call $deeper (i32.sub (local.get 0) (i32.const 1))) (local.get 0)))
            (else (i32.const 1))))
        (func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
          (drop (call $deeper (i32.const {calls}))) (i32.const 400))"#
    )
}

#[test]
fn a_stack_may_be_larger() {
    let bytes = binary(&deep(100_000));
    assert_eq!(refusal("r.wasm", &bytes, &[]).code, 1);
    assert_eq!(refusal("r.wasm", &bytes, &["--stack-bytes-max", "50000000"]).code, 0);
    let ran = refusal("r.wasm", &bytes, &["--stack-bytes-max", "18446744073709551615"]);
    assert!(ran.code == 2 && ran.stderr.starts_with("trommel: no threads can be had"), "{ran:?}");
}

#[test]
fn each_flag_is_a_limit() {
    let finds = r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))"#;
    let traps = r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (unreachable))"#;
    let table = "(table 10 funcref)";
    let deep = &*deep(10_000);
    // Compiling it takes more memory than what an allocator may have at hand.
    let large = &*format!("(func {})", "(drop (i32.mul (i32.const 3) (i32.const 7)))".repeat(40_000));
    for (text, args, limit, why) in [
        ("", "--component-bytes-max", "10", "is larger than 10 bytes"),
        ("", "--function-bytes-max", "2", "has a function of more than 2 bytes"),
        ("", "--compile-seconds-max", "0", "was not compiled within 0 seconds"),
        (large, "--compile-bytes-max", "1", "was not compiled within 1 bytes of memory"),
        ("", "--load-fuel-max", "1", "fuel: did more work than its limit"),
        ("", "--byte-fuel-max 0 --event-fuel-max", "1", "fuel: did more work than its limit"),
        ("", "--event-fuel-max 0 --byte-fuel-max", "1", "fuel: did more work than its limit"),
        ("", "--memory-bytes-max", "65536", "memory: wanted more than 65536 bytes"),
        (table, "--table-elements-max", "5", "memory: wanted more than"),
        (deep, "--stack-bytes-max", "65536", "stack: overflowed its stack"),
        (deep, "--stack-bytes-max", "0", "stack: overflowed its stack"),
        (finds, "--answer-bytes-max", "10", "answer: is larger than its limit"),
        ("", "--metadata-bytes-max", "10", "answer: is larger than its limit"),
        ("", "--event-bytes-max", "1", "the event is longer than --event-bytes-max"),
        (traps, "--failures-max", "1", "rests after 1 failure "),
    ] {
        let bytes = binary(text);
        let args: Vec<_> = args.split_whitespace().chain([limit]).collect();
        let flag = args[args.len() - 2];
        let ran = refusal("r.wasm", &bytes, &args);
        assert!(ran.code != 0 && ran.stderr.contains(why), "{flag}: {ran:?}");
        let ran = refusal("r.wasm", &bytes, &["--quiet"]);
        let fails_anyway = text == traps;
        assert_eq!(ran.code, i32::from(fails_anyway), "without {flag}: {ran:?}");
    }
}
