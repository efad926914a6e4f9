//! Adapted rules: called as Fluent Bit and proxies call them, in wasmtime, so that any machine can.

#[path = "support/events.rs"]
mod events;
#[path = "adapt/needles.rs"]
mod needles;
#[path = "adapt/proxy.rs"]
mod proxy;
mod support;

use std::path::{Path, PathBuf};

use support::filter_host::{Became, FilterHost};
use support::wat::binary;
use support::{ebs, root, run, three, trommel, untraced};
use trommel::adapt::{AdaptErrorKind, Adapting, Target, adapt};
use trommel::{Limits, Sandbox};

/// A rule as it is adapted by the command, with settings of a rule of this id.
fn adapted_to(host: &str, rule: &Path, settings: Option<(&str, &str)>) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("adapted.wasm");
    let mut command = trommel();
    command.args(["adapt", "--no-cache", "--to", host, "-o"]).arg(&output).arg(rule);
    if let Some((id, settings)) = settings {
        let path = folder.path().join("settings.json");
        std::fs::write(&path, settings).expect("written");
        command.arg("--settings").arg(format!("{id}={}", path.display()));
    }
    let ran = run(&mut command, b"");
    assert_eq!((ran.code, ran.stdout.trim_end()), (0, output.to_str().unwrap()), "{}", ran.stderr);
    std::fs::read(output).expect("the file")
}

/// A rule that is adapted to Fluent Bit.
fn adapted(rule: &Path, settings: Option<&str>) -> Vec<u8> {
    adapted_to("fluent-bit", rule, settings.map(|settings| ("4182e486-fc61-11ee-a05d-f661ea17fbce", settings)))
}

/// Memory that is given once and never taken back.
const REALLOC: &str = r#"
(global $heap (mut i32) (i32.const 65536))
(func (export "cabi_realloc") (param $old i32) (param $old_len i32) (param $align i32) (param $len i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (global.set $heap (i32.add (local.get $at) (local.get $len)))
  (if (i32.gt_u (global.get $heap) (i32.shl (memory.size) (i32.const 16)))
    (then
      (if (i32.eq (memory.grow (i32.add (i32.shr_u (local.get $len) (i32.const 16)) (i32.const 1))) (i32.const -1))
        (then (unreachable)))))
  (memory.copy (local.get $at) (local.get $old) (local.get $old_len))
  (local.get $at))
"#;

/// A component of parts of a rule.
fn component(parts: &str) -> Vec<u8> {
    support::wat::component(&format!("{REALLOC}{parts}"), "", "filter")
}

/// A component of parts of a rule, adapted.
fn hostile(parts: &str) -> Vec<u8> {
    let component = component(parts);
    let sandbox = Sandbox::new(Limits::default(), false).expect("a sandbox");
    let loaded = sandbox.load("hostile", &component).expect("a rule");
    adapt(Adapting { rule: &component, rules: loaded.rules(), settings: &[] }, Target::FluentBit).expect("adapted")
}

/// What `trommel run` writes, alerts without where their event lies.
fn written(emit: &str, rule: &Path, input: &str) -> Vec<String> {
    let mut command = trommel();
    command.args(["run", "--quiet", "--no-cache", "--unwrap", "none", "--emit", emit, "--rule"]).arg(rule);
    untraced(&run(&mut command, input.as_bytes()).stdout).lines().map(str::to_owned).collect()
}

fn faulty() -> PathBuf {
    support::component("tests/rules/faulty")
}

fn record(text: &str) -> Became {
    Became::Record(text.to_owned())
}

#[test]
fn gives_what_run_gives() {
    let sample = std::fs::read_to_string(root().join("tests/sample.ndjson")).expect("the sample");
    let fruit = [
        r#"{"fruit":"apple","colour":"red","size":"large"}"#,
        r#"{"every":true,"fruit":"\u0061pple","text":"ä😀\u0000\"}"}"#,
        r#"{ "fruit" : "pear" }"#,
        "{}",
        r#"{"colour":"blue"}"#,
        r#"{"colour":"green","every":true}"#,
    ]
    .join("\n");
    for (rule, input) in [(ebs(), format!("{sample}\n{}", events::SHARE)), (three(), fruit)] {
        agrees_with_run(&rule, &input);
    }
}

#[test]
fn a_pack_of_texts_gives_what_run_gives() {
    let folder = tempfile::tempdir().expect("a folder");
    for texts in ["tests/elastic", "tests/sigma"].map(|texts| root().join(texts)) {
        let pack = folder.path().join("pack.wasm");
        let ran = run(trommel().arg("compile").arg(&texts).arg("-o").arg(&pack), b"");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let input = std::fs::read_to_string(texts.join("events.ndjson")).expect("events");
        assert!(agrees_with_run(&pack, &input) >= 14);
    }
}

/// Checks that an adapted rule passes and tags what `trommel run` does, and says how many events it passes.
fn agrees_with_run(rule: &Path, input: &str) -> usize {
    let adapted = adapted(rule, None);
    let events: Vec<&str> = input.lines().filter(|line| !line.is_empty()).collect();
    let mut filter = FilterHost::new(&adapted, "trommel_filter");
    let passed = events.iter().filter_map(|event| match filter.call(event) {
        Became::Record(record) => Some(record),
        other => {
            assert_eq!(other, Became::Dropped);
            None
        }
    });
    let passed: Vec<String> = passed.collect();
    assert_eq!(passed, written("matched", rule, input));
    let mut tag = FilterHost::new(&adapted, "trommel_tag");
    for (event, tagged) in events.iter().zip(written("tagged", rule, input)) {
        assert_eq!(tag.call(event), record(&tagged));
    }
    passed.len()
}

#[test]
fn settings_are_baked_in() {
    let trusted = r#"{"trusted_accounts":["222222222222"]}"#;
    for (settings, became) in [(None, record(events::SHARE)), (Some(trusted), Became::Dropped)] {
        let mut host = FilterHost::new(&adapted(&ebs(), settings), "trommel_filter");
        assert_eq!(host.call(events::SHARE), became);
    }
}

#[test]
fn settings_that_the_rule_refuses_are_refused_while_adapting() {
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, output) = (folder.path().join("settings.json"), folder.path().join("adapted.wasm"));
    std::fs::write(&settings, r#"{"trusted_accounts":["me"]}"#).expect("written");
    let mut command = trommel();
    command.args(["adapt", "--no-cache", "--to", "fluent-bit"]).arg(ebs()).arg("-o").arg(&output);
    let ran = run(command.arg("--settings").arg(&settings), b"");
    assert_eq!((ran.code, output.exists()), (2, false));
    assert!(ran.stderr.contains("settings refused"), "{}", ran.stderr);
}

#[test]
fn memory_stays_over_a_million_calls() {
    let adapted = adapted(&ebs(), None);
    let padded = |text: &str, bytes: usize| text.replacen('{', &format!(r#"{{"pad":"{}","#, "x".repeat(bytes)), 1);
    let (share, other) = (padded(events::SHARE, 900), padded(r#"{"eventName":"Modify\u0053"}"#, 1000));
    let mut host = FilterHost::new(&adapted, "trommel_tag");
    let mut after_warm_up = 0;
    for number in 0..500_000 {
        assert_ne!(host.call(&share), record(&share), "tagged");
        assert_eq!(host.call(&other), record(&other));
        if number == 1_000 {
            after_warm_up = host.memory_bytes();
        }
    }
    assert_eq!(host.memory_bytes(), after_warm_up);
    assert!(after_warm_up < 3 << 20, "{after_warm_up} bytes");
}

#[test]
fn records_may_be_large() {
    let mut host = FilterHost::new(&adapted(&ebs(), None), "trommel_filter");
    for bytes in [9_000, 70_000, 1_500_000, 40_000_000, 100] {
        let padding = format!(r#"{{"pad":"{}","#, "x".repeat(bytes));
        let share = events::SHARE.replacen('{', &padding, 1);
        assert_eq!(host.call(&share), record(&share), "{bytes}");
        assert_eq!(host.call(&format!("{padding}\"a\":1}}")), Became::Dropped, "{bytes}");
    }
    assert!(host.memory_bytes() < 250 << 20, "{} bytes", host.memory_bytes());
}

#[test]
fn a_record_for_which_there_is_no_memory_is_told_of() {
    for function in ["trommel_filter", "trommel_tag"] {
        let mut host = FilterHost::with_memory(&adapted(&ebs(), None), function, 4 << 20);
        let padding = format!(r#"{{"pad":"{}","#, "x".repeat(3 << 20));
        let large = events::SHARE.replacen('{', &padding, 1);
        let lost = record(r#"{"trommel_error":"a record was lost: there was no memory to take it"}"#);
        for _ in 0..3 {
            assert_eq!(host.call(&large), lost);
            assert!(matches!(host.call(events::SHARE), Became::Record(passed) if record(&passed) != lost));
        }
        // There is memory to take it, and none to judge it.
        let padding = format!(r#"{{"pad":"{}","#, "x".repeat(3 << 19));
        let large = events::SHARE.replacen('{', &padding, 1);
        assert_eq!(host.call(&large), record(&large));
        // Not even for the settings.
        let mut host = FilterHost::with_memory(&adapted(&ebs(), None), function, 17 << 16);
        assert!(matches!(host.call(events::SHARE), Became::Record(_)));
    }
}

#[test]
fn a_rule_starts_afresh_after_a_trap() {
    let mut host = FilterHost::new(&adapted(&faulty(), None), "trommel_filter");
    let mut before = 0;
    for number in 0..20_000 {
        assert_eq!(host.call(r#"{"do":"crash"}"#), Became::Lost);
        assert_eq!(host.call(r#"{"do":"find"}"#), record(r#"{"do":"find"}"#));
        assert_eq!(host.call(r#"{"do":"nothing"}"#), Became::Dropped);
        if number == 10 {
            before = host.memory_bytes();
        }
    }
    assert_eq!(host.memory_bytes(), before);
    // It takes all the memory that there is, and traps.
    for _ in 0..2 {
        assert_eq!(host.call(r#"{"do":"take"}"#), Became::Lost);
        assert_eq!(host.call(r#"{"do":"find"}"#), record(r#"{"do":"find"}"#));
    }
}

#[test]
fn settings_outlive_a_trap() {
    // Traps at an event that begins with `x`; takes a quarter of an MB more each time; counts in a global and in its data.
    let parts = r#"
(global $calls (mut i32) (i32.const 0))
(data (i32.const 4096) "\00")
(func (export "configure") (param i32 i32 i32) (result i32)
  (i32.store (i32.const 8192) (i32.const 77))
  (i32.const 400))
(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32)
  (drop (memory.grow (i32.const 4)))
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (i32.store8 (i32.const 4096) (i32.add (i32.load8_u (i32.const 4096)) (i32.const 1)))
  (if (i32.ne (i32.load8_u (i32.const 4096)) (global.get $calls)) (then (return (i32.const 416))))
  (if (i32.ne (i32.load (i32.const 8192)) (i32.const 77)) (then (return (i32.const 416))))
  (if (i32.gt_u (global.get $calls) (i32.const 1)) (then (return (i32.const 416))))
  (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 120)) (then (unreachable)))
  (i32.const 416))
"#;
    let component = component(parts);
    let sandbox = Sandbox::new(Limits::default(), false).expect("a sandbox");
    let mut loaded = sandbox.load("hostile", &component).expect("a rule");
    loaded.configure(0, "{}").expect("taken");
    let adapting = Adapting { rule: &component, rules: loaded.rules(), settings: loaded.settings() };
    let mut host = FilterHost::new(&adapt(adapting, Target::FluentBit).expect("adapted"), "trommel_filter");
    let mut before = 0;
    for number in 0..1_000 {
        assert_eq!(host.call("x"), Became::Lost, "the first call of a fresh rule");
        if number == 1 {
            before = host.memory_bytes();
        }
    }
    assert_eq!(host.memory_bytes(), before);
}

#[test]
fn what_is_no_finding_changes_no_record() {
    // Columns at 480 with a length at 440, as `tests/hostile/README.md` has it.
    let found = |columns: &str| {
        let text: String = columns.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        let len = columns.len();
        let parts = format!(
            r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
(data (i32.const 1024) "{text}")
(data (i32.const 416) "\00\00\00\00\b0\01\00\00\01\00\00\00")
(data (i32.const 432) "\00\00\00\00\00\04\00\00\{:02x}\{:02x}\00\00")"#,
            len % 256,
            len / 256
        );
        FilterHost::new(&hostile(&parts), "trommel_tag").call(r#"{"a":1}"#)
    };
    let rule = r#""rule":{"id":"hostile","name":"Hostile","version":"1.0.0","severity":"informational","risk_score":0,"attack":[]}"#;
    for good in [
        r#"{"a":1}"#,
        r#"{"a":-0.5e+10,"b":[true,false,null,"\u00e4\\\" ",{}],"c":{"d":[[]]}}"#,
        "{ \"a\" : [ 1 , 2 ] ,\n\"b\":0}",
    ] {
        let inner = &good[..good.len() - 1];
        assert_eq!(found(good), record(&format!(r#"{{"a":1,"trommel":[{inner},{rule}}}]}}"#)));
    }
    assert_eq!(found("{}"), record(&format!(r#"{{"a":1,"trommel":[{{{rule}}}]}}"#)));
    for bad in [
        "",
        "[]",
        "1",
        "{",
        "{}}",
        "{}x",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":tru}",
        "{\"a\":[1}",
        "{\"a\":{1}}",
        "{a:1}",
        "{\"a\":\"",
        "{\"a\":nul",
        "{\"a\":-}",
        "{\"a\":1e}",
    ] {
        assert!(serde_json::from_str::<serde_json::Map<_, _>>(bad).is_err(), "{bad}");
        assert_eq!(found(bad), record(r#"{"a":1}"#), "{bad}");
    }
}

#[test]
fn malformed_records_pass_unharmed() {
    let mut nested = "[".repeat(200) + &"]".repeat(200);
    nested = format!(r#"{{"do":{nested}}}"#);
    for function in ["trommel_filter", "trommel_tag"] {
        let mut host = FilterHost::new(&adapted(&faulty(), None), function);
        for event in ["", "do", "{do", "[\"do\"]", "{\"do\":\"find\"} do", nested.as_str()] {
            let became = host.call(event);
            if event.is_empty() {
                assert!(matches!(became, Became::Dropped), "nothing is nothing");
            } else {
                assert_eq!(became, record(event));
            }
        }
    }
}

#[test]
fn what_cannot_be_adapted_is_refused() {
    let refused = |rule: &[u8]| {
        let adapting = Adapting { rule, rules: &[], settings: &[] };
        let error = adapt(adapting, Target::FluentBit).expect_err("it is refused");
        (error.kind(), error.to_string())
    };
    let imports = binary(r#"(component (import "a:b/c" (instance)) (core module))"#);
    assert_eq!(refused(&imports), (AdaptErrorKind::Imports, "imports a:b/c".into()));
    let several = binary("(component (core module) (core module))");
    assert_eq!(refused(&several), (AdaptErrorKind::SeveralModules, "is made of 2 core modules".into()));
    let module = binary(r#"(module (import "env" "f" (func)))"#);
    assert_eq!(refused(&module), (AdaptErrorKind::Imports, "imports env.f".into()));
    let (kind, text) = refused(&binary("(module)"));
    assert_eq!(kind, AdaptErrorKind::NotARule, "{text}");
    let (kind, text) = refused(&component("(func (drop (i64x2.splat (i64.const 0))))"));
    assert_eq!(kind, AdaptErrorKind::Feature);
    assert!(text.contains("SIMD"), "{text}");
    let table = "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))";
    assert_eq!(refused(&component(table)).0, AdaptErrorKind::Unsupported);
    assert_eq!(refused(b"\0asm").0, AdaptErrorKind::Invalid);
}

#[test]
fn a_core_module_is_taken_as_its_component_is() {
    assert_eq!(adapted(&ebs(), None), adapted(&ebs().with_extension("core.wasm"), None));
}
