//! What is kept of a component from one start to the next: found again whole, or not at all.

mod support;

use std::fs::{self, File};
use std::time::{Duration, Instant};

use support::place::{PATIENCE, Place};
use support::{run, trommel, wat::binary};

/// With this, nothing can be compiled: what goes was compiled before.
const NO_COMPILER: [&str; 2] = ["--compile-seconds-max", "0"];

#[test]
fn a_component_is_compiled_once() {
    let place = Place::new();
    place.file("r.wasm", &binary(""));
    let run = |more: &[&str]| place.run(&[&["--rule", "r.wasm"] as &[&str], more].concat());
    let refused = run(&NO_COMPILER);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.starts_with("trommel: r.wasm: was not compiled within 0 seconds"), "{}", refused.stderr);
    let first = run(&[]);
    assert_eq!((first.code, place.known().len(), place.codes().len()), (0, 1, 1));
    assert_eq!(run(&NO_COMPILER), first);
    // What its rules say depends on other limits; its code does not.
    assert_eq!(run(&["--compile-seconds-max", "0", "--print-bytes-max", "1"]), first);
    assert_eq!((place.known().len(), place.codes().len()), (2, 1));
    // That it compiles within less memory is not known.
    assert_eq!(run(&["--compile-seconds-max", "0", "--compile-bytes-max", "900000000"]).code, 2);
    assert_eq!(place.left_behind(), 0);
}

#[test]
fn code_is_got_when_an_event_concerns_it() {
    let place = Place::new();
    let rule = support::component("tests/rules/root-login");
    let rule = rule.to_str().unwrap();
    let run = |event: &[u8], more: &[&str]| {
        run(&mut place.command(trommel(), &[&["--rule", rule] as &[&str], more].concat()), event)
    };
    let concerns = br#"{"userIdentity":{"type":"Root"},"eventName":"ConsoleLogin"}"#;
    let first = run(concerns, &[]);
    assert_eq!((first.stdout.lines().count(), first.code, place.codes().len()), (1, 0, 1));
    place.codes().iter().for_each(|code| fs::remove_file(code).unwrap());
    // An event that does not concern the rule is judged without: there is none, and none can be made.
    let other = run(br#"{"eventName":"other"}"#, &NO_COMPILER);
    assert_eq!((other.code, &*other.stderr), (0, "trommel: 1 event, 0 matched, 0 alerts\n"));
    // It is compiled as it was at first: by a process of its own, within the limits.
    let refused = run(concerns, &NO_COMPILER);
    assert_eq!((refused.code, place.codes().len()), (1, 0), "{}", refused.stderr);
    assert!(
        refused
            .stderr
            .contains("its compiled code is gone, and compiling it again failed: the component was not compiled"),
        "{}",
        refused.stderr
    );
    assert_eq!((run(concerns, &[]), place.codes().len()), (first, 1));
}

#[test]
fn code_that_changed_is_not_run() {
    const FLIPPED: usize = 60;
    let place = Place::new();
    place.file(
        "r.wasm",
        &binary(r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))"#),
    );
    let first = place.run(&["--rule", "r.wasm"]);
    assert_eq!((first.code, first.stdout.lines().count()), (0, 1));
    let [code] = &*place.codes() else { panic!("{:?}", place.codes()) };
    let good = fs::read(code).unwrap();
    for number in 0..FLIPPED {
        let mut broken = good.clone();
        let at = number * good.len() / FLIPPED;
        broken[at] ^= 1 << (number % 8);
        fs::write(code, broken).unwrap();
        assert_eq!(place.run(&["--rule", "r.wasm"]), first, "byte {at}");
        assert!(fs::read(code).unwrap() == good, "it was not written anew");
    }
}

#[test]
fn what_is_no_file_in_the_cache_holds_nothing_up() {
    let place = Place::new();
    place.file(
        "r.wasm",
        &binary(r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))"#),
    );
    let first = place.run(&["--rule", "r.wasm"]);
    let foreign = place.file("foreign", b"not ours");
    for file in [place.known(), place.codes()].concat() {
        for kind in ["pipe", "directory", "link"] {
            let _ = fs::remove_file(&file).or_else(|_| fs::remove_dir(&file));
            match kind {
                "pipe" => support::pipe(&file),
                "directory" => fs::create_dir(&file).unwrap(),
                _ => std::os::unix::fs::symlink(&foreign, &file).unwrap(),
            }
            let start = Instant::now();
            assert_eq!(place.run(&["--rule", "r.wasm"]), first);
            assert!(start.elapsed() < PATIENCE, "{}", file.display());
        }
    }
    assert_eq!(fs::read(foreign).unwrap(), b"not ours");
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
    // One that is broken or was changed is as none, and is written anew.
    let needle = b"ModifySnapshotAttribute";
    let at = kept.windows(needle.len()).position(|part| part == needle).expect("a needle");
    let mut without_needle = kept.clone();
    without_needle[at] = b'X';
    for broken in [Vec::new(), b"{".to_vec(), b"[".repeat(100_000), kept[..kept.len() - 1].to_vec(), without_needle] {
        fs::write(known, &broken).unwrap();
        assert_eq!(inspect(), said, "{} bytes", broken.len());
        assert!(fs::read(known).unwrap() == kept);
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
    assert!(!place.path("trommel").exists());
}
