//! Shows what becomes of the stream when a process is stopped, killed or let down: by its reader, its disk, its input.

mod support;

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Ran, ebs, run, signal, three, trommel, untraced};

/// How long a process may take for what takes it moments.
const PATIENCE: Duration = Duration::from_secs(30);

/// A line that no rule finds anything in, padded so that a stream of them is soon longer than a pipe.
fn quiet_line(number: usize) -> String {
    format!("{{\"n\":{number},\"padding\":\"{:>100}\"}}\n", "")
}

fn quiet_lines(count: usize) -> Vec<u8> {
    (0..count).map(quiet_line).collect::<String>().into_bytes()
}

/// A line in which the rule `every` finds something, and its alert without where that lies.
const FOUND: &[u8] = b"{\"every\":true}\n";
const ALERT: &str = "{\"rule\":{\"id\":\"every\",\"name\":\"Test rule every\",\"version\":\"1.0.0\",\"severity\":\"low\",\
                     \"risk_score\":21,\"attack\":[]}}\n";

/// `trommel run` with this component, and all streams in our hands.
fn spawn(rule: &Path, arguments: &[&str]) -> Child {
    let mut command = trommel();
    command.args(["run", "--rule"]).arg(rule).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

fn wait(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => return status,
            None if start.elapsed() > PATIENCE => {
                let _ = child.kill();
                panic!("the program does not end");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Reads lines of a stream as they come, alerts without where their event lies.
fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender.send(untraced(&String::from_utf8_lossy(&line)) + "\n").is_err() {
                return;
            }
        }
    });
    receiver
}

/// All that is left in a stream.
fn rest(stream: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    stream.expect("it is a pipe").read_to_end(&mut bytes).expect("it can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes quiet lines until nobody reads them.
fn feed(mut stream: impl Write + Send + 'static) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for number in 0.. {
            if stream.write_all(quiet_line(number).as_bytes()).is_err() {
                return;
            }
        }
    })
}

/// Checks that these are the lines that [`feed`] writes, from the first, and says how many are whole. A partial line is
/// allowed at the end, if it may be.
fn count_fed(output: &str, partial: bool) -> usize {
    let mut count = 0;
    for line in output.split_inclusive('\n') {
        let expected = quiet_line(count);
        if line != expected {
            assert!(partial && expected.starts_with(line), "line {count} is {line:?}");
            assert_eq!(output.len(), count_bytes(count) + line.len(), "something follows a partial line");
            return count;
        }
        count += 1;
    }
    count
}

fn count_bytes(lines: usize) -> usize {
    (0..lines).map(|number| quiet_line(number).len()).sum()
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("it is written");
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    gzip_of(Compression::default(), bytes)
}

fn gzip_of(compression: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), compression);
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn run_on(rule: &Path, arguments: &[&str], files: &[&Path]) -> Ran {
    run(trommel().args(["run", "--rule"]).arg(rule).args(arguments).args(files), b"")
}

// The reader of the output.

#[test]
fn reader_that_goes_away_ends_it_quietly() {
    let folder = folder();
    let input = file(&folder, "in.ndjson", &FOUND.repeat(100_000));
    for emit in ["alerts", "matched", "tagged"] {
        let mut child = spawn(&three(), &["--emit", emit, input.to_str().unwrap()]);
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(first.ends_with('\n'));
        assert_eq!(wait(&mut child).code(), Some(0), "{emit}");
        assert_eq!(rest(child.stderr.take()), "", "{emit}");
    }
}

#[test]
fn one_line_is_out_at_once() {
    let tagged = format!("{{\"every\":true,\"trommel\":[{}]}}\n", ALERT.trim_end());
    for (arguments, expected) in [
        (&["--quiet"][..], ALERT),
        (&["--quiet", "--threads", "1"], ALERT),
        (&["--quiet", "--threads", "4"], ALERT),
        (&["--quiet", "--emit", "tagged"], &tagged),
        (&["--quiet", "--emit", "matched"], "{\"every\":true}\n"),
    ] {
        let mut child = spawn(&three(), arguments);
        let mut stdin = child.stdin.take().unwrap();
        let output = lines(child.stdout.take().unwrap());
        for _ in 0..5 {
            stdin.write_all(FOUND).unwrap();
            assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(expected), "{arguments:?}");
        }
        // Also the whole lines of a block whose last line is not whole.
        stdin.write_all(&[FOUND, FOUND, b"{\"every\":"].concat()).unwrap();
        for _ in 0..2 {
            assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(expected), "{arguments:?}");
        }
        stdin.write_all(b"true}").unwrap();
        drop(stdin);
        assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(expected), "{arguments:?}");
        assert_eq!(wait(&mut child).code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn message_of_one_line_is_out_at_once() {
    let mut child = spawn(&three(), &[]);
    let mut stdin = child.stdin.take().unwrap();
    let messages = lines(child.stderr.take().unwrap());
    stdin.write_all(b"nope\n").unwrap();
    let message = messages.recv_timeout(PATIENCE);
    assert_eq!(message.as_deref(), Ok("trommel: <stdin>:1: not a JSON object: begins with `n`\n"));
    drop(stdin);
    assert_eq!(wait(&mut child).code(), Some(1));
}

#[test]
fn lockstep_answers_each_line_before_the_next_comes() {
    let mut child = spawn(&three(), &["--quiet", "--lockstep"]);
    let mut stdin = child.stdin.take().unwrap();
    let output = lines(child.stdout.take().unwrap());
    for line in [&b"{}\n"[..], b"\n", b"nope\n", FOUND] {
        stdin.write_all(line).unwrap();
        let expected = if line == FOUND { format!("[{}]\n", ALERT.trim_end()) } else { "[]\n".into() };
        assert_eq!(output.recv_timeout(PATIENCE), Ok(expected));
    }
    drop(stdin);
    assert_eq!(wait(&mut child).code(), Some(1));
}

#[test]
fn rsyslog_is_told_when_it_starts_and_after_each_line() {
    let folder = tempfile::tempdir().unwrap();
    let alerts = folder.path().join("alerts.ndjson");
    let mut child = spawn(&three(), &["--quiet", "--protocol", "rsyslog", "--output", alerts.to_str().unwrap()]);
    let mut stdin = child.stdin.take().unwrap();
    let output = lines(child.stdout.take().unwrap());
    let confirmed = || assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok("OK\n"));
    confirmed();
    for (number, line) in [FOUND, b"{}\n", b"\n", FOUND].into_iter().enumerate() {
        stdin.write_all(line).unwrap();
        confirmed();
        let written = untraced(&std::fs::read_to_string(&alerts).unwrap());
        assert_eq!(written, ALERT.repeat(if number == 3 { 2 } else { 1 }));
    }
    drop(stdin);
    assert_eq!(wait(&mut child).code(), Some(0));
}

// Signals.

#[test]
fn signal_while_idle_ends_it_as_the_end_of_input_does() {
    for name in ["INT", "TERM"] {
        for threads in ["1", "3"] {
            let mut child = spawn(&three(), &["--threads", threads]);
            let mut stdin = child.stdin.take().unwrap();
            let output = lines(child.stdout.take().unwrap());
            stdin.write_all(FOUND).unwrap();
            assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(ALERT));
            signal(child.id(), name);
            assert_eq!(wait(&mut child).code(), Some(0), "{name}");
            assert_eq!(rest(child.stderr.take()), "trommel: 1 event, 1 matched, 1 alert\n");
            drop(stdin);
        }
    }
}

#[test]
fn a_hangup_is_no_end() {
    let mut child = spawn(&three(), &["--quiet"]);
    let mut stdin = child.stdin.take().unwrap();
    let output = lines(child.stdout.take().unwrap());
    for _ in 0..2 {
        stdin.write_all(FOUND).unwrap();
        assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(ALERT));
        signal(child.id(), "HUP");
    }
    drop(stdin);
    assert_eq!(wait(&mut child).code(), Some(0));
}

#[test]
fn signal_within_a_line_says_that_it_is_not_judged() {
    let mut child = spawn(&three(), &["--emit", "tagged"]);
    let mut stdin = child.stdin.take().unwrap();
    let output = lines(child.stdout.take().unwrap());
    stdin.write_all(b"{\"n\":1}\n{\"every\":true").unwrap();
    assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok("{\"n\":1}\n"));
    signal(child.id(), "TERM");
    assert_eq!(wait(&mut child).code(), Some(1));
    assert_eq!(output.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected));
    assert_eq!(
        rest(child.stderr.take()),
        "trommel: <stdin>:2: stopped within this line: what was not read of it is not judged\n\
         trommel: 1 event, 0 matched, 0 alerts, 1 broken off\n"
    );
    drop(stdin);
}

/// The number of events in the counts at the end.
fn events(stderr: &str) -> usize {
    let counts = stderr.lines().last().unwrap_or_default();
    let number = counts.strip_prefix("{\"events\":").and_then(|rest| rest.split(',').next());
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no counts: {stderr}"))
}

#[test]
fn signal_in_a_fast_stream_finishes_what_was_read() {
    for (threads, emit) in [("1", "tagged"), ("2", "unmatched"), ("4", "tagged")] {
        let mut child = spawn(&ebs(), &["--emit", emit, "--threads", threads, "--stats", "json"]);
        let feeding = feed(child.stdin.take().unwrap());
        let mut stdout = child.stdout.take().unwrap();
        let mut output = vec![0; 3 << 20];
        stdout.read_exact(&mut output).unwrap();
        signal(child.id(), "TERM");
        stdout.read_to_end(&mut output).unwrap();
        let code = wait(&mut child).code();
        feeding.join().unwrap();
        let stderr = rest(child.stderr.take());
        // It may have been stopped between two lines, or within one.
        assert!(code == Some(i32::from(stderr.contains("stopped within this line"))), "{code:?} {stderr}");
        assert_eq!(count_fed(&String::from_utf8(output).unwrap(), false), events(&stderr));
    }
}

#[test]
fn signal_in_a_large_file_finishes_what_was_read() {
    let folder = folder();
    let input = quiet_lines(200_000);
    // A small file would be read to its end.
    for (name, bytes) in [("in.ndjson", &input), ("in.ndjson.gz", &gzip_of(Compression::none(), &input))] {
        let path = file(&folder, name, bytes);
        let mut child = spawn(&ebs(), &["--emit", "tagged", "--stats", "json", path.to_str().unwrap()]);
        let mut stdout = child.stdout.take().unwrap();
        let mut output = vec![0; 1 << 20];
        stdout.read_exact(&mut output).unwrap();
        signal(child.id(), "INT");
        thread::sleep(Duration::from_millis(100));
        stdout.read_to_end(&mut output).unwrap();
        let code = wait(&mut child).code();
        let stderr = rest(child.stderr.take());
        let count = count_fed(&String::from_utf8(output).unwrap(), false);
        let place = format!("{name}:{}: stopped here: the file from this line on is not judged", count + 1);
        assert!(code == Some(2) && stderr.contains(&place), "{name}: {code:?} {stderr}");
        assert_eq!(count, events(&stderr), "{name}");
        assert!(count < 200_000, "{name}: the whole file was read");
    }
}

#[test]
fn signal_lets_it_judge_what_lies_in_the_pipe() {
    for (threads, signals) in [("1", "TERM"), ("3", "INT")] {
        let mut child = spawn(&three(), &["--emit", "tagged", "--threads", threads]);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdin.write_all(quiet_line(0).as_bytes()).unwrap();
        let mut output = vec![0; quiet_line(0).len()];
        stdout.read_exact(&mut output).unwrap();
        // As much as a pipe takes, while nobody reads it.
        signal(child.id(), "STOP");
        let lines = (60 << 10) / quiet_line(9_999).len();
        let input: String = (1..=lines).map(quiet_line).collect();
        stdin.write_all(input.as_bytes()).unwrap();
        signal(child.id(), signals);
        signal(child.id(), "CONT");
        assert_eq!(wait(&mut child).code(), Some(0), "{signals}");
        stdout.read_to_end(&mut output).unwrap();
        assert_eq!(count_fed(&String::from_utf8(output).unwrap(), false), lines + 1, "{signals}");
        // Whoever writes has not closed it.
        drop(stdin);
    }
}

#[test]
fn signal_ends_a_stream_that_never_pauses() {
    let mut child = spawn(&three(), &["--quiet"]);
    let feeding = feed(child.stdin.take().unwrap());
    thread::sleep(Duration::from_millis(300));
    let start = Instant::now();
    signal(child.id(), "TERM");
    wait(&mut child);
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    feeding.join().unwrap();
}

#[test]
fn second_signal_ends_it_at_once() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut child = spawn(&ebs(), &["--emit", "tagged"]);
        let feeding = feed(child.stdin.take().unwrap());
        // It cannot finish: nobody reads on, and soon the pipe is full.
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 1]).unwrap();
        thread::sleep(Duration::from_millis(500));
        signal(child.id(), name);
        thread::sleep(Duration::from_millis(300));
        assert!(child.try_wait().unwrap().is_none(), "one signal does not end it while it has something to write");
        signal(child.id(), name);
        assert_eq!(wait(&mut child).code(), Some(code));
        feeding.join().unwrap();
    }
}

#[test]
fn killed_process_leaves_whole_lines() {
    let folder = folder();
    let mut random = 0x9E37_79B9_u64;
    let mut partial = 0;
    for round in 0..25 {
        let path = folder.path().join("out.ndjson");
        let letters = folder.path().join("letters.ndjson");
        let _ = fs::remove_file(&letters);
        let mut command = trommel();
        command.args(["run", "--validate", "--emit", "tagged", "--rule"]).arg(ebs()).arg("--dead-letter").arg(&letters);
        let output = File::create(&path).unwrap();
        let child = command.stdin(Stdio::piped()).stdout(output).stderr(Stdio::null()).spawn();
        let mut child = child.expect("the program starts");
        let mut stdin = child.stdin.take().unwrap();
        let feeding = thread::spawn(move || {
            for number in 0.. {
                let line = quiet_line(number);
                if stdin.write_all(line.as_bytes()).and_then(|()| stdin.write_all(b"nope\n")).is_err() {
                    return;
                }
            }
        });
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        thread::sleep(Duration::from_micros(20_000 + (random >> 33) % 60_000));
        child.kill().unwrap();
        wait(&mut child);
        feeding.join().unwrap();
        let written = fs::read_to_string(&path).unwrap();
        let (whole, last) = written.rsplit_once('\n').map_or(("", &*written), |(whole, last)| (whole, last));
        partial += usize::from(!last.is_empty());
        for (number, line) in whole.lines().enumerate() {
            let expected = if number % 2 == 0 { quiet_line(number / 2) } else { "nope\n".into() };
            assert_eq!(line, expected.trim_end_matches('\n'), "round {round}");
        }
        // The kernel may cut a write that goes over the end of a page: then it is the last line.
        let letters = fs::read_to_string(&letters).unwrap_or_default();
        for letter in letters.split_inclusive('\n').filter(|letter| letter.ends_with('\n')) {
            assert!(
                letter.starts_with("{\"time\":") && letter.ends_with("\"event\":\"nope\"}\n"),
                "round {round}: {letter}"
            );
        }
    }
    println!("{partial} of 25 files ended in a partial line");
}

// Output that cannot be written.

#[test]
fn closed_stdout_is_as_dev_null() {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" run --rule \"$1\" >&-"]).arg(env!("CARGO_BIN_EXE_trommel")).arg(three());
    let ran = run(&mut command, FOUND);
    assert_eq!((ran.stderr.as_str(), ran.code), ("trommel: 1 event, 1 matched, 1 alert\n", 0));
}

#[test]
fn full_disk_says_up_to_where_the_output_is_complete() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").expect("there is a full disk"));
    let mut command = trommel();
    command.args(["run", "--rule"]).arg(three()).stdin(Stdio::piped()).stdout(full()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(FOUND).unwrap();
    assert_eq!(wait(&mut child).code(), Some(2));
    assert_eq!(
        rest(child.stderr.take()),
        "trommel: <stdout>: No space left on device; the output is incomplete from its first line on\n\
         trommel: 1 event, 1 matched, 1 alert\n"
    );
}

/// Runs `--emit tagged` where only so much can be written, and checks the file against the message.
fn check_full(command: &mut Command, written: &Path) {
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let feeding = feed(child.stdin.take().unwrap());
    assert_eq!(wait(&mut child).code(), Some(2));
    feeding.join().unwrap();
    let stderr = rest(child.stderr.take());
    let output = fs::read_to_string(written).unwrap();
    let count = count_fed(&output, true);
    let place = stderr.split("complete up to <stdin>:").nth(1).and_then(|rest| rest.lines().next());
    let complete: usize = place.and_then(|place| place.parse().ok()).unwrap_or_else(|| panic!("no place: {stderr}"));
    assert!(complete <= count, "only {count} lines are whole, not {complete}");
    assert!(count - complete < 20_000, "{count} lines are whole, and {complete} are said to be");
}

#[test]
fn file_that_may_not_grow_is_complete_as_far_as_is_said() {
    let folder = folder();
    let path = folder.path().join("out.ndjson");
    let mut command = Command::new("sh");
    // Blocks of 512 or 1024 bytes. The signal that comes with the error would end the process.
    command.args(["-c", "trap '' XFSZ; ulimit -f 5000; exec \"$0\" run --rule \"$1\" --emit tagged > \"$2\""]);
    command.arg(env!("CARGO_BIN_EXE_trommel")).arg(ebs()).arg(&path);
    check_full(&mut command, &path);
}

#[test]
fn small_disk_is_complete_as_far_as_is_said() {
    let folder = folder();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        println!("nothing can be mounted here: left to the file that may not grow");
        return;
    }
    let path = folder.path().join("out.ndjson");
    let mut command = trommel();
    command.args(["run", "--emit", "tagged", "--rule"]).arg(ebs()).stdout(File::create(&path).unwrap());
    let checked = thread::spawn(move || check_full(&mut command, &path)).join();
    let unmounted = Command::new("umount").arg(folder.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    checked.unwrap();
}

// Input that cannot be read.

#[test]
fn file_that_fails_does_not_stop_the_others() {
    let folder = folder();
    let one = file(&folder, "one.ndjson", FOUND);
    let mut files = vec![one.as_path(), Path::new("/proc/self/mem"), one.as_path()];
    if !cfg!(target_os = "linux") {
        files.remove(1);
    }
    let ran = run_on(&three(), &[], &files);
    assert_eq!(untraced(&ran.stdout), ALERT.repeat(2));
    assert_eq!(
        (ran.stderr.as_str(), ran.code),
        (
            "trommel: /proc/self/mem: cannot be read: Input/output error\n\
             trommel: 2 events, 2 matched, 2 alerts, 1 unread\n",
            2
        )
    );
}

#[test]
fn many_files_are_as_one_behind_the_other() {
    let folder = folder();
    let mut files = Vec::new();
    for number in 0..200_usize {
        // Of no line, of one, of a few, of more than a block; every third file compressed.
        let lines = [0, 1, 7, 20, if number == 94 || number == 99 { 30_000 } else { 3 }][number % 5];
        let mut text = quiet_lines(lines);
        if lines > 0 {
            text.extend_from_slice(format!("{{\"every\":true,\"file\":{number}}}\nno JSON, every\n").as_bytes());
        }
        let name = format!("{number:03}");
        files.push(if number % 3 == 0 { file(&folder, &name, &gzip(&text)) } else { file(&folder, &name, &text) });
        if number % 50 == 20 {
            let broken = gzip(&quiet_lines(50));
            files.push(file(&folder, &format!("{name}.broken"), &broken[..broken.len() / 2]));
            files.push(folder.path().join(format!("{name}.missing")));
        }
    }
    let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
    for emit in ["alerts", "unmatched", "tagged"] {
        let run_with = |threads| run_on(&three(), &["--include-event", "--emit", emit, "--threads", threads], &files);
        let one = run_with("1");
        assert_eq!(one.code, 2, "{}", one.stderr);
        if emit == "alerts" {
            let numbers: Vec<_> = one.stdout.lines().filter_map(|line| line.rsplit("\"file\":").next()).collect();
            assert_eq!(numbers.len(), 160, "{}", one.stderr);
            let numbers = numbers.iter().map(|rest| rest.trim_end_matches('}').parse::<usize>().unwrap());
            assert!(numbers.is_sorted());
        }
        for threads in ["2", "3", "16"] {
            let many = run_with(threads);
            assert!(many == one, "{emit}, {threads} threads:\n{}\n{}", one.stderr, many.stderr);
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_files() {
    let folder = folder();
    // Each is read into two blocks.
    let mut text = quiet_lines(15_000);
    text.extend_from_slice(FOUND);
    let files: Vec<_> = (0..100).map(|number| file(&folder, &number.to_string(), &gzip(&text))).collect();
    let pipe = folder.path().join("pipe");
    support::pipe(&pipe);
    let mut arguments: Vec<_> = files.iter().map(|file| file.to_str().unwrap()).collect();
    arguments.push(pipe.to_str().unwrap());
    let mut child = spawn(&three(), &arguments);
    let alerts = lines(child.stdout.take().unwrap());
    for _ in &files {
        assert_eq!(alerts.recv_timeout(PATIENCE).expect("an alert"), ALERT);
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it waits for the pipe");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel says it");
    let peak: usize = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 64 << 10, "{peak} KB");
    drop(File::options().write(true).open(&pipe).unwrap());
    assert_eq!(wait(&mut child).code(), Some(0));
}

#[test]
fn file_that_shrinks_ends_there() {
    let folder = folder();
    let count = 200_000;
    let path = file(&folder, "in.ndjson", &quiet_lines(count));
    let mut child = spawn(&ebs(), &["--emit", "tagged", path.to_str().unwrap()]);
    let mut stdout = child.stdout.take().unwrap();
    let mut output = vec![0; 1 << 20];
    stdout.read_exact(&mut output).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(1000).unwrap();
    stdout.read_to_end(&mut output).unwrap();
    assert_eq!(wait(&mut child).code(), Some(0), "{}", rest(child.stderr.take()));
    let whole: std::collections::HashSet<_> = (0..count).map(quiet_line).collect();
    let output = String::from_utf8(output).unwrap();
    let broken = output.split_inclusive('\n').filter(|line| !whole.contains(*line)).count();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    assert!(broken <= threads + 1, "{broken} lines are broken");
    assert!(output.lines().count() < count);
}

#[test]
fn gzip_is_read_member_by_member_and_up_to_its_break() {
    let folder = folder();
    let expected = ALERT.repeat(2);
    let two = [gzip(FOUND), gzip(FOUND)].concat();
    let ran = run_on(&three(), &[], &[&file(&folder, "two.gz", &two)]);
    assert_eq!((untraced(&ran.stdout), ran.code), (expected.clone(), 0));

    // The name does not matter, and stdin may be gzip too.
    let ran = run(trommel().args(["run", "--quiet", "--rule"]).arg(three()), &two);
    assert_eq!((untraced(&ran.stdout), ran.code), (expected.clone(), 0));

    let path = file(&folder, "garbage.gz", &[&two[..], b"garbage"].concat());
    let ran = run_on(&three(), &[], &[&path]);
    let name = path.display();
    assert_eq!((untraced(&ran.stdout), ran.code), (expected, 2));
    assert!(
        ran.stderr.starts_with(&format!("trommel: {name}: cannot be read further than line 2: ")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("trommel: 2 events, 2 matched, 2 alerts, 1 unread\n"), "{}", ran.stderr);

    let empty = run_on(&three(), &[], &[&file(&folder, "empty.gz", &gzip(b""))]);
    assert_eq!((empty.stderr.as_str(), empty.code), ("trommel: 0 events, 0 matched, 0 alerts\n", 0));
}

#[test]
fn gzip_that_is_cut_anywhere_gives_the_lines_before() {
    let folder = folder();
    let plain = quiet_lines(30_000);
    let whole = gzip(&plain);
    for cut in [3, 20, whole.len() / 3, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let path = file(&folder, "cut.gz", &whole[..cut]);
        let ran = run_on(&ebs(), &["--emit", "tagged", "--stats", "json"], &[&path]);
        assert_eq!(ran.code, 2, "at {cut}: {}", ran.stderr);
        assert_eq!(count_fed(&ran.stdout, false), events(&ran.stderr), "at {cut}");
        assert!(ran.stderr.contains("cannot be read"), "at {cut}: {}", ran.stderr);
    }
    // The check sum is at the end: a flipped bit may only be seen there, when all lines are out.
    let mut flipped = whole.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let ran = run_on(&ebs(), &["--emit", "tagged", "--stats", "json"], &[&file(&folder, "flipped.gz", &flipped)]);
    assert_eq!((ran.code, events(&ran.stderr)), (2, 30_000), "{}", ran.stderr);
    assert_eq!(ran.stdout.as_bytes(), plain);
}

#[test]
fn delivery_file_may_be_gzip() {
    let folder = folder();
    let records = vec![r#"{"every":true}"#; 1000].join(",");
    let path = file(&folder, "delivery.json.gz", &gzip(format!("{{\"Records\":[{records}]}}").as_bytes()));
    let ran = run_on(&three(), &[], &[&path]);
    assert_eq!((untraced(&ran.stdout), ran.code), (ALERT.repeat(1000), 0));
    assert_eq!(ran.stderr, "trommel: 1000 events, 1000 matched, 1000 alerts\n");
}

#[test]
fn named_pipe_is_a_file_like_any_other() {
    let folder = folder();
    let path = folder.path().join("pipe");
    support::pipe(&path);
    let mut child = spawn(&three(), &[path.to_str().unwrap()]);
    let output = lines(child.stdout.take().unwrap());
    let mut writer = File::options().write(true).open(&path).unwrap();
    for _ in 0..3 {
        writer.write_all(FOUND).unwrap();
        assert_eq!(output.recv_timeout(PATIENCE).as_deref(), Ok(ALERT));
    }
    drop(writer);
    assert_eq!(wait(&mut child).code(), Some(0));
}

// Dead letters.

#[test]
fn dead_letters_that_cannot_be_written_end_it() {
    let ran = run(trommel().args(["run", "--dead-letter", "no/such/folder/letters", "--rule"]).arg(three()), FOUND);
    assert_eq!(ran.stdout, "");
    assert_eq!(
        (ran.stderr.as_str(), ran.code),
        ("trommel: no/such/folder/letters: the dead letters cannot be written: No such file or directory\n", 2)
    );

    let mut command = trommel();
    command.args(["run", "--emit", "tagged", "--dead-letter", "/dev/full", "--rule"]).arg(three());
    let ran = run(&mut command, b"{\"n\":1}\nnope\n{\"n\":2}\n");
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.stderr,
        "trommel: <stdin>:2: not a JSON object: begins with `n`\n\
         trommel: /dev/full: No space left on device; stopped at <stdin>:2, so that no event is lost\n\
         trommel: 2 events, 0 matched, 0 alerts, 1 malformed\n"
    );
}

#[test]
fn dead_letters_hold_the_exact_bytes_and_can_be_judged_again() {
    let folder = folder();
    let letters = folder.path().join("letters.ndjson");
    let events: [&[u8]; 7] = [
        b"nope",
        b"\xff\xfe not UTF-8 \x80",
        b"{\"a\":\"\\u0041\\n\"",
        b" \t{\"b\":1}} ",
        "{\"ä\u{2028}\u{0}".as_bytes(),
        b"\"\\\\\"",
        b"[\"every\"]",
    ];
    let mut input = events.join(&b"\r\n"[..]);
    input.extend_from_slice(b"\n\n{\"every\":true}\n");
    let mut command = trommel();
    command.args(["run", "--quiet", "--dead-letter"]).arg(&letters).arg("--rule").arg(three());
    let ran = run(&mut command, &input);
    assert_eq!((&*untraced(&ran.stdout), ran.code), (ALERT, 1));
    assert_eq!(fs::read_to_string(&letters).unwrap().lines().count(), events.len());

    // The mode that copies lines in which nothing was found gives them back.
    let mut command = trommel();
    command.args(["replay", "--quiet", "--emit", "unmatched", "--rule"]).arg(three()).arg(&letters);
    let output = command.output().unwrap();
    let mut expected = events.join(&b"\n"[..]);
    expected.push(b'\n');
    assert_eq!(String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&expected));
    assert_eq!(output.stdout, expected);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("letters.ndjson:7: not a JSON object: begins with `[`"), "{stderr}");
}

#[test]
fn events_that_a_rule_failed_on_are_judged_again_with_more_fuel() {
    let folder = folder();
    let letters = folder.path().join("letters.ndjson");
    let records = [r#"{"every":true}"#, r#"{"n":1}"#].join(",");
    let input = [FOUND, format!("{{\"Records\":[{records}]}}\n").as_bytes()].concat();
    let mut command = trommel();
    command.args(["run", "--quiet", "--event-fuel-max", "1", "--byte-fuel-max", "0", "--dead-letter"]);
    let ran = run(command.arg(&letters).arg("--rule").arg(three()), &input);
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 1));
    let kept = fs::read_to_string(&letters).unwrap();
    let kept: Vec<&str> = kept.lines().map(|letter| letter.split_once(",\"file\":").unwrap().1).collect();
    assert_eq!(
        kept,
        [
            r#""<stdin>","line":1,"event":"{\"every\":true}"}"#,
            r#""<stdin>","line":2,"record":1,"event":"{\"every\":true}"}"#,
            r#""<stdin>","line":2,"record":2,"event":"{\"n\":1}"}"#,
        ]
    );
    let ran = run(trommel().args(["replay", "--rule"]).arg(three()).arg(&letters), b"");
    assert_eq!((untraced(&ran.stdout), ran.code), (ALERT.repeat(2), 0));
    assert_eq!(ran.stderr, "trommel: 3 events, 2 matched, 2 alerts\n");
}

// `trommel build`.

/// A crate with this manifest and this code, outside any workspace.
fn crate_with(manifest: &str, code: &str) -> tempfile::TempDir {
    let folder = folder();
    fs::create_dir(folder.path().join("src")).unwrap();
    file(&folder, "Cargo.toml", manifest.as_bytes());
    file(&folder, "src/lib.rs", code.as_bytes());
    folder
}

const CDYLIB: &str = "[package]\nname = \"demo\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n";

/// Builds a crate that cannot be built, and gives the last lines.
fn refused(folder: &tempfile::TempDir) -> String {
    let ran = run(trommel().arg("build").arg(folder.path()), b"");
    assert_eq!((ran.stdout.as_str(), ran.code), ("", 2), "{}", ran.stderr);
    ran.stderr.replace(&*folder.path().to_string_lossy(), "DIR")
}

#[test]
fn build_says_what_is_wrong_with_a_crate() {
    let plain = crate_with("[package]\nname = \"demo\"\nedition = \"2024\"\n[workspace]\n", "");
    assert_eq!(
        refused(&plain),
        "trommel: DIR/Cargo.toml: the package has no library of the type cdylib\n\
         trommel: hint: add these lines to it\n\
         trommel: hint:   [lib]\n\
         trommel: hint:   crate-type = [\"cdylib\", \"rlib\"]\n"
    );
    let broken = refused(&crate_with("[package\n", ""));
    assert!(broken.starts_with("trommel: DIR/Cargo.toml: "), "{broken}");
    let wrong = refused(&crate_with(CDYLIB, "pub fn f() -> u8 { \"\" }"));
    assert!(wrong.contains("mismatched types"), "{wrong}");
    assert!(wrong.ends_with("trommel: demo: does not compile; cargo has said why\n"), "{wrong}");
    let none = refused(&crate_with(CDYLIB, ""));
    assert!(none.contains("trommel: demo: exports no rule\n"), "{none}");
    let import =
        "unsafe extern \"C\" { fn clock(); }\n#[unsafe(no_mangle)]\nextern \"C\" fn f() { unsafe { clock() } }";
    let import = refused(&crate_with(CDYLIB, import));
    assert!(import.contains("trommel: demo: imports env.clock\n"), "{import}");
}

#[test]
fn build_gives_the_same_bytes_again() {
    let folder = folder();
    let build = |out: &str, target: Option<&str>| {
        let out = folder.path().join(out);
        let mut command = trommel();
        command.arg("build").arg(support::root().join("tests/rules/three")).arg("--out").arg(&out);
        if let Some(target) = target {
            command.env("CARGO_TARGET_DIR", folder.path().join(target));
        }
        let ran = run(&mut command, b"");
        assert_eq!(ran.stdout, format!("{}\n", out.join("three.wasm").display()), "{}", ran.stderr);
        ["three.wasm", "three.core.wasm"].map(|name| fs::read(out.join(name)).unwrap())
    };
    // Once more in the same place, and once from nothing in another.
    let first = build("one", None);
    assert!(first == build("two", None));
    assert!(first == build("three", Some("target")));
}

#[test]
fn component_is_small_and_imports_nothing() -> io::Result<()> {
    for rule in [ebs(), three()] {
        let bytes = fs::read(&rule)?;
        assert!(bytes.len() < 250_000, "{}: {} bytes", rule.display(), bytes.len());
        let decoded = wit_component::decode(&bytes).expect("a component");
        let world = decoded.resolve().worlds.iter().next().expect("it has a world").1;
        assert!(world.imports.is_empty(), "{}: {:?}", rule.display(), world.imports);
        let core = fs::read(rule.with_extension("core.wasm"))?;
        assert!(core.len() < bytes.len());
    }
    Ok(())
}

#[test]
fn output_that_does_not_block_is_waited_for() {
    let (mut reader, writer) = io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut command = trommel();
    command.args(["run", "--quiet", "--emit", "unmatched", "--rule"]).arg(ebs());
    let child = command.stdin(Stdio::piped()).stdout(writer).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the program starts");
    drop(command);
    let lines: String = (0..20_000).map(quiet_line).collect();
    let mut stdin = child.stdin.take().unwrap();
    let input = lines.clone();
    let feeding = thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    // Soon the pipe is full.
    thread::sleep(Duration::from_millis(300));
    let mut written = String::new();
    reader.read_to_string(&mut written).unwrap();
    feeding.join().unwrap();
    assert_eq!(wait(&mut child).code(), Some(0));
    assert!(written == lines, "{} of {} bytes", written.len(), lines.len());
}
