//! What a rule can have the host do: each of these components would take it minutes or gigabytes, and must not take it
//! seconds. They are too large, or too many, to be written by hand: see `tests/hostile.rs` for the others.

mod support;

use std::fs;

use support::wat::binary;
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
