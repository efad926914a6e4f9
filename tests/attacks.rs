//! What a rule can have the host do: each of these components would take it minutes or gigabytes, and must not take it
//! seconds. They are too large, or too many, to be written by hand: see `tests/hostile.rs` for the others.

mod support;

use std::fmt::Write as _;
use std::fs;

use support::wat::{binary, component};
use support::{Ran, bounded, run};

/// What the program may take of the processor's time over any of them, in seconds, and its compiler for itself.
const CPU_SECONDS_MAX: u64 = 5;
/// The memory that it may take: what the instance of a rule may have, and little else.
const MEMORY_BYTES_MAX: u64 = 400 << 20;

/// Runs a component over some events, with nothing kept from an earlier run.
fn judged(component: &[u8], events: usize, more: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("r.wasm"), component).unwrap();
    let mut command = bounded(CPU_SECONDS_MAX, MEMORY_BYTES_MAX);
    command.current_dir(dir.path()).env("XDG_CACHE_HOME", dir.path());
    let ran = run(
        command.args(["run", "--threads", "1", "--rule", "r.wasm"]).args(more),
        "{\"e\":1}\n".repeat(events).as_bytes(),
    );
    assert!(ran.code >= 0, "it was killed: {ran:?}");
    ran
}

fn refused(component: &[u8], why: &str) {
    let ran = judged(component, 1, &[]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    let told = ran.stderr.lines().next().unwrap_or_default();
    assert!(told.starts_with("trommel: r.wasm: ") && told.contains(why), "{}", ran.stderr);
}

/// A little-endian number, as it stands in a module's data.
fn number(number: usize) -> String {
    (number as u32).to_le_bytes().iter().fold(String::new(), |text, byte| text + &format!("\\{byte:02x}"))
}

/// A rule that says this list of itself, at the place in its record where the list belongs: of `count` elements, each
/// of the bytes that `element` gives.
fn says(place: usize, count: usize, element: impl Fn(usize) -> String) -> Vec<u8> {
    let elements: String = (0..count).map(element).collect();
    binary(&format!(
        "(memory (export \"memory\") 200)\n(data (i32.const {}) \"{}{}\")\n(data (i32.const 65536) \"{elements}\")",
        16 + place,
        number(65536),
        number(count)
    ))
}

/// Where lists lie in the record of a rule, and the name.
const NAME: usize = 8;
const TAGS: usize = 44;
const COLUMNS: usize = 68;
const NEEDLES: usize = 84;

#[test]
fn what_rules_say_of_themselves_is_bounded() {
    // All these texts are one, where the harmless rule's name is.
    let text = |length: usize| number(264) + &number(length);
    refused(&says(NAME, 1_000_000, |_| "x".into()), "its name is longer than 255 bytes");
    refused(&says(TAGS, 100_000, |_| text(1)), "it has 100000 tags, more than 100");
    refused(&says(COLUMNS, 80_000, |_| text(7) + &number(0)), "it has 80000 columns, more than 1000");
    refused(&of_needles(20_001), "it has 20001 needles, more than 20000");
}

/// A rule of so many needles, each of three letters and digits.
fn of_needles(count: usize) -> Vec<u8> {
    const CHARACTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let character = |at: usize| char::from(CHARACTERS[at % CHARACTERS.len()]);
    let places: String = (0..count).map(|at| number(65536 + 8 * count + 3 * at) + &number(3)).collect();
    let texts = (0..count)
        .flat_map(|at| [character(at), character(at / CHARACTERS.len()), character(at / CHARACTERS.len().pow(2))]);
    binary(&format!(
        "(memory (export \"memory\") 200)\n(data (i32.const {}) \"{}{}\")\n(data (i32.const 65536) \"{places}{}\")",
        16 + NEEDLES,
        number(65536),
        number(count),
        texts.collect::<String>()
    ))
}

#[test]
fn as_many_needles_as_may_be_hold_nothing_up() {
    let ran = judged(&of_needles(20_000), 20_000, &[]);
    assert_eq!((ran.code, &*ran.stderr), (0, "trommel: 20000 events, 0 matched, 0 alerts\n"));
}

#[test]
fn a_needle_that_stands_often_is_one_needle() {
    // The `e` of the harmless rule's name.
    let often = says(NEEDLES, 160_000, |_| number(270) + &number(1));
    let ran = judged(&often, 20_000, &[]);
    assert_eq!((ran.code, &*ran.stderr), (0, "trommel: 20000 events, 0 matched, 0 alerts\n"));
}

/// A component of so many instances of one module.
fn instances(module: &str, count: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(count);
    binary(&format!("(component (core module $m {module}) {instances})"))
}

#[test]
fn what_instances_take_of_the_host_is_bounded() {
    let globals = "(global (mut i64) (i64.const 0))".repeat(900_000);
    let items = "has more than 1000000 imports, functions, globals and elements in its instances";
    refused(&instances(&globals, 2), items);
    refused(&instances(&globals, 250), items);
    let elements = format!("(table 1 funcref) (func $f) (elem declare func {})", "$f ".repeat(100_000));
    refused(&instances(&elements, 20), items);
    refused(&instances("", 257), "has more than 256 instances of modules");
    refused(&instances("(memory 0) (memory 0) (memory 0)", 100), "has more than 256 memories");
    refused(&instances("(table 0 funcref) (table 0 funcref)", 200), "has more than 256 tables");
    let data = format!("(memory 16) (data (i32.const 0) \"{}\")", "x".repeat(1 << 20));
    refused(&instances(&data, 200), "has more than 134217728 bytes of data in its instances");
}

/// A world of WASI with one interface.
fn wit(package: &str, interface: &str, content: &str) -> String {
    format!(
        "package test:wasi;\npackage {package} {{ interface {interface} {{ {content} }} }}\n\
         world all {{ include trommel:filter/filter@0.2.0; import {}; }}",
        package.replacen('@', &format!("/{interface}@"), 1)
    )
}

#[test]
fn nothing_is_wasi_that_is_not() {
    for (package, interface) in [("wasi:evil@0.2.0", "evil"), ("wasi:io@0.2.0", "evil"), ("wasi:io@0.3.0", "poll")] {
        let import = package.replacen('@', &format!("/{interface}@"), 1);
        let parts = format!("(import \"{import}\" \"f\" (func $f))\n(func (export \"g\") (call $f))");
        let made = component(&parts, &wit(package, interface, "f: func();"), "all");
        refused(&made, &format!("imports what no rule is given: {import}"));
    }
}

#[test]
fn what_a_component_imports_is_bounded() {
    let resources = |count: usize| {
        let exports = (0..count).fold(String::new(), |mut text, at| {
            let _ = write!(text, "(export \"r{at}\" (type (sub resource)))");
            text
        });
        binary(&format!("(component (import \"wasi:io/poll@0.2.0\" (instance {exports})))"))
    };
    refused(&resources(1_001), "imports more than 1000 functions and resources");
    refused(&resources(100_001), "has more than 100000 declarations of types");
    let interfaces = |count: usize| {
        let imports = (0..count).fold(String::new(), |mut text, at| {
            let _ = write!(text, "(import \"wasi:io/poll@0.2.{at}\" (instance))");
            text
        });
        binary(&format!("(component {imports})"))
    };
    refused(&interfaces(65), "imports 65 interfaces, more than 64");
    refused(&interfaces(900), "imports 900 interfaces, more than 64");
    let long = "n".repeat(90_000);
    let named = binary(&format!(
        "(component (import \"wasi:io/poll@0.2.0\" (instance (type $t (enum \"{long}1\" \"{long}2\"))
           (export \"e\" (type $e (eq $t))) (export \"poll\" (func (param \"p\" $e))))))"
    ));
    refused(&named, "a name of more than 64 bytes");
    let wide = format!("(tuple {})", "(tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8)".repeat(90));
    let wide: String = (0..60).map(|at| format!("(export \"f{at}\" (func (param \"p\" {wide})))")).collect();
    let import = |at: usize| format!("(import \"wasi:io/poll@0.2.{at}\" (instance {wide}))");
    let many = binary(&format!("(component {} {})", import(0), import(1)));
    refused(&many, "have more than 100000 parts");
}

#[test]
fn what_is_handed_to_the_host_is_work() {
    let write = "(import \"wasi:io/poll@0.2.0\" \"poll\" (func $poll (param i32 i32 i32)))";
    for element in ["u8", "tuple<u8, u8, u8, u8>", "string", "option<option<u8>>"] {
        let wit = wit("wasi:io@0.2.0", "poll", &format!("poll: func(in: list<{element}>) -> list<u32>;"));
        let parts = format!(
            "{write}\n(memory (export \"memory\") 100)\n\
             (func (export \"evaluate\") (param i32 i32 i32 i32 i32) (result i32)\n\
             (loop (call $poll (i32.const 1024) (i32.const 15000) (i32.const 2048)) (br 0)) (unreachable))"
        );
        let ran = judged(&component(&parts, &wit, "all"), 50, &[]);
        assert!(
            ran.code == 1 && ran.stderr.ends_with("50 events, 0 matched, 0 alerts, 50 failed\n"),
            "{element}: {ran:?}"
        );
    }
}

#[test]
fn the_newest_version_that_is_spoken_is_called() {
    let older = "package test:wasi;\npackage trommel:filter@0.0.9 { interface event-filter { describe: func(); } }\n\
         world all { include trommel:filter/filter@0.2.0; export trommel:filter/event-filter@0.0.9; }";
    let parts = "(func (export \"trommel:filter/event-filter@0.0.9#describe\") (unreachable))";
    let ran = judged(&component(parts, older, "all"), 1, &[]);
    assert_eq!((ran.code, &*ran.stderr), (0, "trommel: 1 event, 0 matched, 0 alerts\n"));
}
