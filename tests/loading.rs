//! Loading: what is compiled where, what is kept of it, and that nothing goes on or stays behind.

mod support;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::place::{Place, compilers, wait_for};
use support::{run, trommel, wat::binary};

/// A large function that is hard for a compiler: each of its many values is alive to the end.
fn hard_to_compile() -> Vec<u8> {
    const VALUES: usize = 20_000;
    let mut function = String::from("(func (export \"evaluate\") (param i32 i32 i32 i32 i32) (result i32)\n");
    for number in 0..VALUES {
        let _ = writeln!(function, "(i32.load (i32.add (local.get 0) (i32.const {})))", number * 7);
        if number % 50 == 0 {
            let _ = writeln!(function, "(if (local.get 1) (then (local.set 0 (i32.const {number}))))");
        }
    }
    function += &"i32.xor\n".repeat(VALUES - 1);
    binary(&(function + ")"))
}

#[test]
fn compiling_is_bounded_and_leaves_nothing_behind() {
    let place = Place::new();
    place.file("hard.wasm", &hard_to_compile());
    for (limits, bytes_max, why) in [
        (["--compile-bytes-max", "60000001", "--compile-seconds-max", "60"], "60000001", "60000001 bytes of memory"),
        (["--compile-bytes-max", "1060000001", "--compile-seconds-max", "0"], "1060000001", "0 seconds"),
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
fn a_component_is_compiled_once() {
    let place = Place::new();
    let program = place.path("program");
    fs::copy(trommel().get_program(), &program).unwrap();
    let component = binary("");
    // The host finds its program gone when it comes to load the rule, so that it cannot start a compiler.
    let run_without_program = || {
        let rule = place.path("pipe.wasm");
        support::pipe(&rule);
        let mut host = place.spawn(Command::new(&program), &["--rule", "pipe.wasm"]);
        let mut pipe = File::options().write(true).open(&rule).unwrap();
        let aside = place.path("aside");
        fs::rename(&program, &aside).unwrap();
        pipe.write_all(&component).unwrap();
        drop(pipe);
        host.stdin.take().unwrap().write_all(b"{}\n").unwrap();
        let ended = host.wait_with_output().unwrap();
        fs::rename(&aside, &program).unwrap();
        fs::remove_file(&rule).unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    let (code, told) = run_without_program();
    assert_eq!(code, Some(2));
    assert!(told.starts_with("trommel: pipe.wasm: ") && told.contains("cannot be started"), "{told}");
    place.file("r.wasm", &component);
    assert_eq!(place.run(&["--rule", "r.wasm"]).code, 0);
    assert_eq!(place.known().len(), 1);
    assert_eq!(run_without_program().0, Some(0));
    // It is known to compile also where the cache has lost the code.
    fs::remove_dir_all(place.path("wasmtime")).unwrap();
    assert_eq!(run_without_program().0, Some(0));
    assert_eq!(place.codes(), 1);
    // That it compiles within other limits is not known.
    assert_eq!(place.run(&["--rule", "r.wasm", "--compile-seconds-max", "59"]).code, 0);
    assert_eq!(place.known().len(), 2);
    assert_eq!(place.left_behind(), 0);
}

#[test]
fn code_is_got_when_an_event_concerns_it() {
    let place = Place::new();
    let rule = support::component("tests/rules/root-login");
    let rule = rule.to_str().unwrap();
    let run = |event: &[u8]| run(&mut place.command(trommel(), &["--rule", rule]), event);
    let concerns = br#"{"userIdentity":{"type":"Root"},"eventName":"ConsoleLogin"}"#;
    let first = run(concerns);
    assert_eq!((first.stdout.lines().count(), first.code, place.codes()), (1, 0, 1));
    fs::remove_dir_all(place.path("wasmtime")).unwrap();
    assert_eq!((run(br#"{"eventName":"other"}"#).code, place.codes()), (0, 0));
    assert_eq!((run(concerns), place.codes()), (first, 1));
}

#[test]
fn what_is_known_is_what_the_component_says() {
    let place = Place::new();
    let rule = support::ebs();
    let inspect = || run(place.here(&mut trommel()).arg("inspect").arg("--json").arg(&rule), b"");
    let said = inspect();
    assert!(said.code == 0 && said.stdout.contains("4182e486-fc61-11ee-a05d-f661ea17fbce"), "{said:?}");
    let [known] = &*place.known() else { panic!("{:?}", place.known()) };
    let kept = fs::read(known).unwrap();
    assert_eq!(inspect(), said);
    // One that is broken, or that no component would be taken with, is as none, and is written anew.
    for broken in ["", "{", r#"{"imports":[],"rules":[]}"#, &"[".repeat(100_000)] {
        fs::write(known, broken).unwrap();
        assert_eq!(inspect(), said, "{broken:.50}");
        assert_eq!(fs::read(known).unwrap(), kept);
    }
}

#[test]
fn what_is_long_known_is_forgotten() {
    let place = Place::new();
    place.file("r.wasm", &binary(""));
    assert_eq!(place.run(&["--rule", "r.wasm"]).code, 0);
    let day = Duration::from_secs(24 * 60 * 60);
    for (days, stays) in [(80, true), (100, false)] {
        let known = place.known();
        let time = std::time::SystemTime::now() - days * day;
        known.iter().for_each(|file| File::options().write(true).open(file).unwrap().set_modified(time).unwrap());
        // With another limit, it is loaded anew.
        assert_eq!(place.run(&["--rule", "r.wasm", "--print-bytes-max", &days.to_string()]).code, 0);
        assert!(known.iter().all(|file| file.exists() == stays), "after {days} days");
        assert_eq!(place.known().len(), if stays { known.len() + 1 } else { 1 });
    }
}

#[test]
fn without_cache_nothing_is_kept() {
    let place = Place::new();
    place.file("r.wasm", &binary(""));
    assert_eq!(place.run(&["--no-cache", "--rule", "r.wasm"]).code, 0);
    assert_eq!(place.left_behind(), 0);
    assert!(!place.path("wasmtime").exists() && !place.path("trommel").exists());
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
