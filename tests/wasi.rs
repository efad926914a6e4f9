//! Components that import WASI: they run, are given nothing, and cannot wait, reach out or take what is the host's.

mod support;
#[path = "support/through.rs"]
mod through;

use std::fs;

use support::{Ran, run, trommel, wat::component};

/// The parts of WASI that these tests use.
const WIT: &str = "
package test:wasi;

package wasi:io@0.2.0 {
    interface poll {
        resource pollable { block: func(); }
    }
    interface error { resource error; }
    interface streams {
        use error.{error};
        variant stream-error { last-operation-failed(error), closed }
        resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
    }
}
package wasi:clocks@0.2.0 {
    interface monotonic-clock {
        use wasi:io/poll@0.2.0.{pollable};
        now: func() -> u64;
        subscribe-duration: func(when: u64) -> pollable;
    }
}
package wasi:cli@0.2.0 {
    interface stdout {
        use wasi:io/streams@0.2.0.{output-stream};
        get-stdout: func() -> output-stream;
    }
    interface exit { exit: func(status: result); }
}
package wasi:random@0.2.0 {
    interface random {
        get-random-bytes: func(len: u64) -> list<u8>;
        get-random-u64: func() -> u64;
    }
}
package wasi:filesystem@0.2.0 {
    interface types { resource descriptor; }
    interface preopens {
        use types.{descriptor};
        get-directories: func() -> list<tuple<descriptor, string>>;
    }
}
package wasi:sockets@0.2.0 {
    interface network {
        enum error-code { unknown, access-denied, not-supported }
        enum ip-address-family { ipv4, ipv6 }
    }
    interface instance-network { enum kind { teapot } network-type: func() -> result<u32, kind>; }
    interface tcp { resource tcp-socket; }
    interface tcp-create-socket {
        use network.{error-code, ip-address-family};
        use tcp.{tcp-socket};
        create-tcp-socket: func(address-family: ip-address-family) -> result<tcp-socket, error-code>;
    }
}

world all {
    include trommel:filter/filter@0.2.0;
    import wasi:io/poll@0.2.0;
    import wasi:io/streams@0.2.0;
    import wasi:clocks/monotonic-clock@0.2.0;
    import wasi:cli/stdout@0.2.0;
    import wasi:cli/exit@0.2.0;
    import wasi:random/random@0.2.0;
    import wasi:filesystem/preopens@0.2.0;
    import wasi:sockets/tcp-create-socket@0.2.0;
    import wasi:sockets/instance-network@0.2.0;
}
";

const NOW: &str = r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))"#;
const LATER: &str =
    r#"(import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $later (param i64) (result i32)))"#;
const BLOCK: &str = r#"(import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;
const STDOUT: &str = r#"(import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))"#;
const WRITE: &str = r#"(import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush" (func $write (param i32 i32 i32 i32)))"#;
const EXIT: &str = r#"(import "wasi:cli/exit@0.2.0" "exit" (func $exit (param i32)))"#;
const BYTES: &str = r#"(import "wasi:random/random@0.2.0" "get-random-bytes" (func $bytes (param i64 i32)))"#;
const RANDOM: &str = r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#;
const FOLDERS: &str = r#"(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))"#;
const SOCKET: &str =
    r#"(import "wasi:sockets/tcp-create-socket@0.2.0" "create-tcp-socket" (func $socket (param i32 i32)))"#;

const LOOKUP: &str = r#"(import "wasi:sockets/instance-network@0.2.0" "network-type" (func $lookup (param i32)))"#;

/// Runs a rule whose `evaluate` is this on two events.
fn judged(imports: &[&str], evaluate: &str, more: &[&str]) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let evaluate = format!(
        "{}\n(data (i32.const 2048) \"hi\\1b[2J\\0a\")\n\
         (func (export \"evaluate\") (param i32 i32 i32 i32 i32) (result i32) {evaluate})",
        imports.join("\n")
    );
    fs::write(dir.path().join("r.wasm"), component(&evaluate, WIT, "all")).unwrap();
    run(trommel().current_dir(dir.path()).args(["run", "--rule", "r.wasm"]).args(more), b"{\"n\":1}\n{\"n\":2}\n")
}

fn fails(imports: &[&str], evaluate: &str, why: &str) {
    let ran = judged(imports, evaluate, &["--threads", "1"]);
    let expected: String = (1..=2).map(|line| format!("trommel: <stdin>:{line}: rule hostile: {why}\n")).collect();
    assert_eq!((&*ran.stderr, ran.code), (&*(expected + "trommel: 2 events, 0 matched, 0 alerts, 2 failed\n"), 1));
}

#[test]
fn time_stands_still_and_numbers_repeat() {
    let numbers = "(i32.store8 (i32.const 485) (i32.add (i32.const 0x30) (i32.and (i32.const 7) (i32.wrap_i64
        (i64.add (call $now) (call $random)))))) (i32.const 416)";
    let one = judged(&[NOW, RANDOM], numbers, &["--threads", "1"]);
    let alerts = support::untraced(&one.stdout);
    let (first, second) = alerts.split_once('\n').unwrap();
    assert_eq!(format!("{first}\n"), second);
    assert_eq!(judged(&[NOW, RANDOM], numbers, &["--threads", "3"]), one);
    assert_eq!(judged(&[NOW, RANDOM], numbers, &["--isolate"]), one);
}

#[test]
fn there_is_no_folder_and_no_socket() {
    // Crashes if it is given the one or the other: a list of folders that is not empty, a socket that is no error.
    let tries = "(call $folders (i32.const 2048)) (if (i32.load (i32.const 2052)) (then unreachable))
        (call $socket (i32.const 0) (i32.const 2064)) (if (i32.eqz (i32.load8_u (i32.const 2064))) (then unreachable))
        (i32.const 416)";
    let ran = judged(&[FOLDERS, SOCKET], tries, &[]);
    assert_eq!((&*ran.stderr, ran.code), ("trommel: 2 events, 2 matched, 2 alerts\n", 0), "{}", ran.stdout);
    let denied = judged(&[FOLDERS, SOCKET], tries, &["--wasi", "deny"]);
    assert_eq!((&*denied.stdout, denied.code), ("", 2));
    for wanted in ["wasi:filesystem/preopens@0.2.0", "wasi:sockets/tcp-create-socket@0.2.0"] {
        assert!(denied.stderr.contains(wanted), "{}", denied.stderr);
    }
}

#[test]
fn a_rule_cannot_wait_exit_or_ask_for_more() {
    fails(
        &[LATER, BLOCK],
        "(call $block (call $later (i64.const 1))) (i32.const 416)",
        "trap: waits, which no rule may",
    );
    fails(&[EXIT], "(call $exit (i32.const 0)) (i32.const 416)", "trap: exits, which no rule may");
    fails(
        &[BYTES],
        "(call $bytes (i64.const 1000000000) (i32.const 2048)) (i32.const 416)",
        "trap: asks for 1000000000 random bytes at once, more than 65536",
    );
    fails(
        &[LOOKUP],
        "(call $lookup (i32.const 2048)) (i32.const 416)",
        "trap: asks for wasi:sockets/instance-network#network-type, which no rule is given",
    );
}

#[test]
fn calls_of_the_host_are_work() {
    let endless = "(loop (call $bytes (i64.const 60000) (i32.const 2048)) (br 0)) (unreachable)";
    fails(&[BYTES], endless, "fuel: did more work than its limit");
    let endless = "(loop (drop (call $stdout)) (br 0)) (unreachable)";
    let ran = judged(&[STDOUT], endless, &["--threads", "1", "--event-fuel-max", "1000000000"]);
    assert!(ran.stderr.contains("store handle limit exceeded"), "{}", ran.stderr);
}

#[test]
fn what_a_rule_prints_is_made_harmless_and_capped() {
    let print = "(call $write (call $stdout) (i32.const 2048) (i32.const 7) (i32.const 2060)) (i32.const 400)";
    let ran = judged(&[STDOUT, WRITE], print, &["--quiet", "--threads", "1"]);
    assert_eq!(ran.stderr, "trommel: rule r.wasm prints: hi\\u{1b}[2J\n".repeat(2));
    let ran = judged(&[STDOUT, WRITE], print, &["--quiet", "--threads", "1", "--print-bytes-max", "40"]);
    assert_eq!(
        ran.stderr,
        "trommel: rule r.wasm prints: hi\\u{1b}[2J\n\
         trommel: rule r.wasm prints more than 40 bytes (--print-bytes-max); the rest is left out\n"
    );
    let endless =
        "(loop (call $write (call $stdout) (i32.const 2048) (i32.const 7) (i32.const 2060)) (br 0)) (unreachable)";
    let ran = judged(&[STDOUT, WRITE], endless, &["--quiet", "--threads", "1"]);
    assert!(ran.stderr.len() < trommel::limits::PRINT_BYTES_MAX * 2, "{} bytes", ran.stderr.len());
    assert!(ran.stderr.contains("prints more than 65536 bytes"), "{}", ran.stderr);
}

#[test]
fn an_operator_sees_it_and_may_refuse_it() {
    let ran = judged(&[NOW], "(drop (call $now)) (i32.const 400)", &["--wasi", "deny"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr.lines().next(),
        Some("trommel: r.wasm: imports WASI, which is denied: wasi:clocks/monotonic-clock@0.2.0")
    );
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("r.wasm"), component(&format!("{NOW}\n(func (drop (call $now)))"), WIT, "all")).unwrap();
    let ran = run(trommel().current_dir(dir.path()).args(["inspect", "r.wasm"]), b"");
    assert!(
        ran.stdout.contains("\n  imports:     WASI, with nothing granted: wasi:clocks/monotonic-clock@0.2.0\n"),
        "{ran:?}"
    );
}

#[test]
fn what_a_rule_prints_is_a_message_of_the_run() {
    let parts = format!(
        "{STDOUT}\n{WRITE}\n(data (i32.const 2048) \"hi\")\n\
         (func (export \"evaluate\") (param i32 i32 i32 i32 i32) (result i32)\n\
         (call $write (call $stdout) (i32.const 2048) (i32.const 2) (i32.const 2060)) (i32.const 400))"
    );
    let component = through::sandbox().load("printing", &component(&parts, WIT, "all")).unwrap();
    let components = [("printing".to_owned(), std::sync::Arc::new(component))];
    let out = through::through(&components, &through::How::default(), vec![through::file(b"{}\n{}\n")]);
    assert_eq!(out.messages, ["rule printing prints: hi"; 2]);
}
