//! A pack: a component of very many rules, of which one fails.

mod support;

use std::fmt::Write as _;
use std::fs;

use support::{run, trommel, wat::binary};

const RULES: usize = 1_000;
/// The rule that crashes.
const GUILTY: usize = 617;
/// The rules that find something in every event.
const FINDERS: [usize; 2] = [3, 998];

/// Bytes as component text has them.
fn text(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}

/// A component of a thousand rules. The guilty one crashes on events of this length, if it is asked.
fn pack(crash_bytes: usize) -> Vec<u8> {
    let (mut ids, mut rules) = (String::new(), Vec::new());
    let (ids_at, rules_at) = (0x20000_u32, 0x30000_u32);
    for number in 0..RULES {
        let mut rule = [0_u32; 23];
        // The id; the name, the version, the one column and the schema are those of the harmless rule.
        (rule[0], rule[1]) = (ids_at + ids.len() as u32, 5);
        (rule[2], rule[3], rule[4], rule[5]) = (264, 7, 272, 5);
        (rule[17], rule[18]) = (288, 1);
        (rule[19], rule[20]) = (300, 2);
        let _ = write!(ids, "r{number:04}");
        rules.extend(rule.iter().flat_map(|word| word.to_le_bytes()));
    }
    let finders: String = FINDERS
        .iter()
        .map(|rule| {
            format!(
                r#"(if (call $asked (local.get $some) (local.get $at) (local.get $n) (i32.const {rule})) (then
                  (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $count) (i32.const 28))) (i32.const {rule}))
                  (i32.store (i32.add (i32.const 1028) (i32.mul (local.get $count) (i32.const 28))) (i32.const 480))
                  (i32.store (i32.add (i32.const 1032) (i32.mul (local.get $count) (i32.const 28))) (i32.const 7))
                  (local.set $count (i32.add (local.get $count) (i32.const 1)))))"#
            )
        })
        .collect();
    binary(&format!(
        r#"(memory (export "memory") 100)
        (data (i32.const 8) "{}") (data (i32.const {ids_at}) "{ids}") (data (i32.const {rules_at}) "{}")
        (data (i32.const 420) "\00\04\00\00")
        (global $heap (mut i32) (i32.const 1048576))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
          (global.set $heap (i32.add (local.get $at) (local.get 3))) (local.get $at))
        (func $asked (param $some i32) (param $at i32) (param $n i32) (param $rule i32) (result i32) (local $i i32)
          (if (i32.eqz (local.get $some)) (then (return (i32.const 1))))
          (block $no (loop $next
            (br_if $no (i32.ge_u (local.get $i) (local.get $n)))
            (if (i32.eq (i32.load (i32.add (local.get $at) (i32.mul (local.get $i) (i32.const 4)))) (local.get $rule))
              (then (return (i32.const 1))))
            (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next)))
          (i32.const 0))
        (func (export "evaluate") (param $event i32) (param $len i32) (param $some i32) (param $at i32) (param $n i32)
          (result i32) (local $count i32)
          (global.set $heap (i32.const 1048576))
          (if (i32.eq (local.get $len) (i32.const {crash_bytes}))
            (then (if (call $asked (local.get $some) (local.get $at) (local.get $n) (i32.const {GUILTY}))
              (then (unreachable)))))
          {finders}
          (i32.store (i32.const 424) (local.get $count))
          (i32.const 416))"#,
        text(&[rules_at, RULES as u32].map(u32::to_le_bytes).concat()),
        text(&rules),
    ))
}

#[test]
fn a_rule_that_crashes_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let crash = r#"{"crash":true}"#;
    fs::write(dir.path().join("pack.wasm"), pack(crash.len())).unwrap();
    let events: Vec<String> =
        (0..60).map(|number| if number % 3 == 1 { crash.into() } else { format!(r#"{{"n":{number}}}"#) }).collect();
    let input = events.join("\n") + "\n";
    let with = |args: &[&str]| {
        let mut command = trommel();
        command.current_dir(dir.path()).args(["run", "--rule", "pack.wasm"]).args(args);
        run(&mut command, input.as_bytes())
    };
    let alone = with(&["--skip", "r0617"]);
    assert_eq!((alone.code, alone.stdout.lines().count()), (0, 120), "{alone:?}");
    for threads in ["1", "3"] {
        let _ = fs::remove_file(dir.path().join("dead.ndjson"));
        let ran = with(&["--threads", threads, "--dead-letter", "dead.ndjson"]);
        assert_eq!(ran.code, 1);
        assert_eq!(ran.stdout, alone.stdout);
        let (last, told) = ran.stderr.lines().collect::<Vec<_>>().split_last().map(|(l, t)| (*l, t.to_vec())).unwrap();
        assert_eq!(last, "trommel: 60 events, 60 matched, 120 alerts, 20 failed");
        assert_eq!(told.len(), 20);
        assert!(told.iter().all(|line| line.contains(": rule r0617: trap: ")), "{told:?}");
        let letters = fs::read_to_string(dir.path().join("dead.ndjson")).unwrap();
        assert_eq!(letters.lines().count(), 20);
        assert!(letters.lines().all(|line| line.contains(r#""rules":["r0617"]"#)), "{letters}");
    }
    // Replay asks the guilty one alone, and once.
    let mut command = trommel();
    command.current_dir(dir.path()).args(["replay", "--rule", "pack.wasm", "dead.ndjson"]);
    let again = run(&mut command, b"");
    assert_eq!((again.code, &*again.stdout), (1, ""));
    assert!(again.stderr.ends_with("trommel: 20 events, 0 matched, 0 alerts, 20 failed\n"), "{}", again.stderr);
}

#[test]
fn a_rule_that_crashes_rests_alone_and_is_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("pack.wasm"), pack(7)).unwrap();
    // It crashes on events of seven bytes: forty of them, and then on none.
    let input = "{\"a\":1}\n".repeat(40) + &"{\"b\":22}\n".repeat(40);
    for threads in ["1", "4"] {
        let mut command = trommel();
        command.current_dir(dir.path()).args(["run", "--rule", "pack.wasm", "--threads", threads]);
        command.args(["--failures-max", "3", "--rest-events", "10", "--stats", "json"]);
        let ran = run(&mut command, input.as_bytes());
        assert_eq!((ran.code, ran.stdout.lines().count()), (1, 160));
        let counts: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
        let guilty = &counts["rules"][GUILTY];
        // Three failures, then one of every eleven events: the 14th, 25th and 36th fail, the 47th is judged.
        assert_eq!((&guilty["failed"], &guilty["unseen"]), (&6.into(), &40.into()), "{guilty}");
        assert_eq!(guilty["resting"], false);
        let others =
            counts["rules"].as_array().unwrap().iter().filter(|rule| rule["failed"] != 0 || rule["unseen"] != 0);
        assert_eq!(others.count(), 1);
        assert!(ran.stderr.contains("rule r0617: rests after 3 failures in a row"), "{}", ran.stderr);
        assert!(ran.stderr.contains("<stdin>:47: rule r0617: judges again"), "{}", ran.stderr);
    }
}
