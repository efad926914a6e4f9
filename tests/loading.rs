//! Loading: what is compiled where and within which limits, and that nothing goes on or stays behind.

mod support;

use std::fmt::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::time::Duration;

use support::place::{Place, compilers, wait_for};
use support::{trommel, wat::binary};

/// A large function that is hard for a compiler: each of its many values is alive to the end.
fn hard_to_compile() -> Vec<u8> {
    with_values(20_000)
}

fn with_values(values: usize) -> Vec<u8> {
    let mut function = String::from("(func (export \"evaluate\") (param i32 i32 i32 i32 i32) (result i32)\n");
    for number in 0..values {
        let _ = writeln!(function, "(i32.load (i32.add (local.get 0) (i32.const {})))", number * 7);
        if number % 50 == 0 {
            let _ = writeln!(function, "(if (local.get 1) (then (local.set 0 (i32.const {number}))))");
        }
    }
    function += &"i32.xor\n".repeat(values - 1);
    binary(&(function + ")"))
}

#[test]
fn compiling_is_bounded_and_leaves_nothing_behind() {
    let place = Place::new();
    place.file("hard.wasm", &hard_to_compile());
    for (limits, bytes_max, why) in [
        (["--compile-bytes-max", "60000001", "--compile-seconds-max", "60"], "60000001", "60000001 bytes of memory"),
        (
            ["--compile-bytes-max", "1060000001", "--compile-seconds-max", "1"],
            "1060000001",
            "1 seconds of the processor's time",
        ),
    ] {
        let ran = place.run(&[&["--no-cache", "--rule", "hard.wasm"] as &[&str], &limits].concat());
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{}", ran.stderr);
        let told = ran.stderr.lines().next().unwrap_or_default();
        assert_eq!(told, format!("trommel: hard.wasm: was not compiled within {why}"));
        assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
        assert!(compilers(bytes_max).is_empty(), "the compiler goes on");
        assert_eq!(place.left_behind(), 0);
    }
}

#[test]
fn what_counts_is_the_time_of_the_processor() {
    let place = Place::new();
    place.file("large.wasm", &with_values(4_000));
    let bytes_max = "1060000007";
    let limits = ["--compile-bytes-max", bytes_max, "--compile-seconds-max", "1"];
    let host = place.spawn(trommel(), &[&["--rule", "large.wasm"] as &[&str], &limits].concat());
    wait_for("a compiler", || !compilers(bytes_max).is_empty());
    // A machine that is busy with other things for longer than the limit.
    let compiler = compilers(bytes_max)[0];
    support::signal(compiler, "STOP");
    std::thread::sleep(Duration::from_millis(1_500));
    support::signal(compiler, "CONT");
    let ended = host.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn no_compiler_outlives_its_host() {
    let place = Place::new();
    place.file("hard.wasm", &hard_to_compile());
    for (signal, number, bytes_max) in [("TERM", 15, "1060000002"), ("KILL", 9, "1060000003")] {
        let mut host = place.spawn(trommel(), &["--compile-bytes-max", bytes_max, "--rule", "hard.wasm"]);
        wait_for("a compiler", || !compilers(bytes_max).is_empty());
        support::signal(host.id(), signal);
        assert_eq!(host.wait().unwrap().signal(), Some(number));
        wait_for("the compiler's end", || compilers(bytes_max).is_empty());
    }
}

#[test]
fn a_compiler_whose_host_is_gone_does_not_begin() {
    // Its host is gone before it could ask for a signal at that one's end: nobody reads what it says.
    let (answer, said) = std::io::pipe().unwrap();
    drop(answer);
    let mut compiler =
        trommel().args(["compile-child", "1060000004", "60"]).stdin(Stdio::piped()).stdout(said).spawn().unwrap();
    // Its component never comes to an end.
    let _component = compiler.stdin.take();
    wait_for("the compiler's end", || compiler.try_wait().unwrap().is_some());
}

#[test]
fn a_compiler_that_is_killed_is_an_error() {
    let place = Place::new();
    place.file("hard.wasm", &hard_to_compile());
    let bytes_max = "1060000005";
    let host = place.spawn(trommel(), &["--compile-bytes-max", bytes_max, "--rule", "hard.wasm"]);
    wait_for("a compiler", || !compilers(bytes_max).is_empty());
    compilers(bytes_max).into_iter().for_each(|compiler| support::signal(compiler, "KILL"));
    let ended = host.wait_with_output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(told.starts_with("trommel: hard.wasm: ") && told.contains("signal: 9"), "{told}");
    assert!(place.known().is_empty());
}

#[test]
fn of_several_errors_the_first_is_told() {
    let place = Place::new();
    place.file("good.wasm", &binary(""));
    // It takes longer than all the others until it is known to be broken.
    place.file("slow.wasm", &hard_to_compile());
    place.file("broken.wasm", b"broken");
    let rules: Vec<_> = ["good", "slow", "broken", "good", "missing"]
        .iter()
        .flat_map(|name| ["--rule".into(), format!("{name}.wasm")])
        .collect();
    let rules: Vec<_> = rules.iter().map(String::as_str).collect();
    for _ in 0..3 {
        let ran = place.run(&[&["--compile-bytes-max", "60000006"] as &[&str], &rules].concat());
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.starts_with("trommel: slow.wasm: was not compiled within 60000006 bytes"), "{}", ran.stderr);
    }
}
