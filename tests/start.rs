//! What the program says where it cannot start: a file that is no rule, a service that may run no code; and to whom it
//! need not say anything.

mod support;

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::place::Place;
use support::{Ran, run, trommel, wat::binary};

/// No more than it takes to look at a file.
const LOOK: Duration = Duration::from_secs(5);

#[test]
fn a_rule_is_a_file_of_bounded_size() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    // Holes: to read them would take minutes.
    File::create(place.path("huge.wasm")).unwrap().set_len(1 << 40).unwrap();
    File::create(place.path("huge.json")).unwrap().set_len(1 << 40).unwrap();
    place.file("r.wasm", &binary(""));
    let _socket = UnixListener::bind(place.path("socket")).unwrap();
    for (rule, why) in [
        ("/dev/zero", "/dev/zero: the rule cannot be read: is a device, not a file"),
        ("socket", "socket: the rule cannot be read: is a socket, not a file"),
        ("huge.wasm", "huge.wasm: is larger than 33554432 bytes"),
        ("missing", "missing: the rule cannot be read: No such file or directory"),
        ("folder", "folder: has no Cargo.toml"),
    ] {
        for command in [&["inspect"] as &[&str], &["run", "--rule"]] {
            let start = Instant::now();
            let ran = run(place.here(&mut trommel()).args(command).arg(rule), b"{}\n");
            assert!(start.elapsed() < LOOK, "{rule}: {:?}", start.elapsed());
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{rule}");
            let told: Vec<_> = ran.stderr.lines().collect();
            assert_eq!(told[0], format!("trommel: {why}"));
            assert!(told.len() == 2 && told[1].starts_with("trommel: hint: "), "{told:?}");
        }
    }
    let ran = place.run(&["--rule", "r.wasm", "--settings", "huge.json"]);
    assert_eq!(ran.stderr, "trommel: huge.json: the settings cannot be read: is larger than 16777216 bytes\n");
}

#[test]
fn a_rule_may_come_through_a_pipe() {
    let place = Place::new();
    support::pipe(&place.path("pipe"));
    let writer = std::thread::spawn({
        let pipe = place.path("pipe");
        move || fs::write(pipe, binary(""))
    });
    let ran = place.run(&["--rule", "pipe"]);
    assert_eq!((ran.code, &*ran.stderr), (0, "trommel: 1 event, 0 matched, 0 alerts\n"));
    writer.join().unwrap().unwrap();
}

/// The program in a service that may not make memory executable.
#[expect(unsafe_code, reason = "a process can deny it to itself alone, between fork and exec")]
fn without_executable_memory() -> Command {
    const PR_SET_MDWE: i32 = 65;
    const PR_MDWE_REFUSE_EXEC_GAIN: u64 = 1;
    let mut command = trommel();
    // Safety: a system call, which touches no memory.
    unsafe {
        command.pre_exec(|| match libc::prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0_u64, 0_u64, 0_u64) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    command
}

#[test]
fn where_no_code_may_run_it_says_so_at_once() {
    let place = Place::new();
    place.file("r.wasm", &binary(""));
    let denied = |more: &[&str]| -> Ran {
        run(
            &mut place.command(without_executable_memory(), &[&["--rule", "r.wasm"] as &[&str], more].concat()),
            b"{}\n",
        )
    };
    let cold = denied(&[]);
    assert_eq!((cold.code, &*cold.stdout), (2, ""));
    let told: Vec<_> = cold.stderr.lines().collect();
    assert!(told[0].starts_with("trommel: no rule can run here: memory cannot be made executable: "), "{told:?}");
    assert!(told[1].contains("MemoryDenyWriteExecute=no") && told.len() == 2, "{told:?}");
    assert_eq!(denied(&["--no-cache"]), cold);
    // A warm start does not need the code before an event matters: it is not to be healthy until then.
    assert_eq!(place.run(&["--rule", "r.wasm"]).code, 0);
    assert_eq!(denied(&[]), cold);
}

#[test]
fn who_reads_only_the_beginning_wants_no_word() {
    let place = Place::new();
    place.file("r.wasm", &binary(""));
    for json in [&[] as &[&str], &["--json"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = trommel();
        place.here(&mut command).args(["inspect", "r.wasm"]).args(json);
        let ended = command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
    }
}

#[test]
fn a_terminal_is_told_what_is_compiled() {
    let place = Place::new();
    let component = binary("");
    place.file("r.wasm", &component);
    let command = format!("{} inspect r.wasm", trommel().get_program().to_string_lossy());
    // It gives a command a terminal.
    let told = || run(place.here(&mut Command::new("script")).args(["-qec", &command, "/dev/null"]), b"").stdout;
    let line = format!("trommel: compiling r.wasm ({} bytes)\r\n", component.len());
    assert!(told().starts_with(&line), "{}", told());
    assert!(told().starts_with("r.wasm\r\n"), "what is compiled already is not compiled");
    fs::remove_dir_all(place.path("trommel")).unwrap();
    let ran = run(place.here(&mut trommel()).args(["inspect", "r.wasm"]), b"");
    assert_eq!(ran.stderr, "", "no terminal");
}
