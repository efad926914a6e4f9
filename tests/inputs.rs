//! Every kind of input, and what becomes of one that cannot be read: it is told, and the exit code shows it.

mod support;

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Ran, run, signal, three, trommel};

/// How long a process may take for what takes it moments.
const PATIENCE: Duration = Duration::from_secs(30);

const FOUND: &[u8] = b"{\"every\":true}\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("it is written");
    path
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = trommel();
    command.args(["run", "--rule"]).arg(three()).args(arguments);
    command
}

fn run_on(arguments: &[&str], files: &[&Path]) -> Ran {
    run(command(arguments).args(files), b"")
}

fn spawn(command: &mut Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Waits for the end, and gives exit code and messages.
fn end(mut child: Child) -> (Option<i32>, String) {
    let start = Instant::now();
    let status = loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => break status,
            None if start.elapsed() > PATIENCE => {
                let _ = child.kill();
                panic!("the program does not end");
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut messages = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut messages).expect("text");
    (status.code(), messages)
}

#[test]
fn packed_and_encoded_inputs_are_read() {
    let folder = folder();
    let two = FOUND.repeat(2);
    let text = String::from_utf8_lossy(&two).into_owned();
    let skipped = [b"\x5A\x2A\x4D\x18\x03\0\0\0abc".to_vec(), zstd(&two)].concat();
    for (name, bytes) in [
        ("gzip", gzip(&two)),
        ("gzip-of-several", [gzip(FOUND), gzip(b""), gzip(FOUND)].concat()),
        ("gzip-with-zeros-behind", [gzip(&two), vec![0; 1000]].concat()),
        ("gzip-with-zeros-between", [gzip(FOUND), vec![0; 512], gzip(FOUND)].concat()),
        ("zstd", zstd(&two)),
        ("zstd-of-several", [zstd(FOUND), zstd(b""), zstd(FOUND)].concat()),
        ("zstd-with-a-frame-to-skip", skipped),
        ("utf-16", utf16(&text, false, true)),
        ("utf-16-big", utf16(&text, true, true)),
        ("utf-16-without-mark", utf16(&text, false, false)),
        ("utf-16-big-without-mark", utf16(&text, true, false)),
        ("utf-16-in-gzip", gzip(&utf16(&text, false, true))),
        ("sequence-of-json-texts", [b"\x1E", FOUND, b"\x1E", FOUND].concat()),
        ("array", b"[{\"every\":true},{\"every\":true}]".to_vec()),
        ("concatenated", b"{\"every\":true}{\"every\":true}".to_vec()),
        ("pretty", b"{\n  \"every\": true\n}\n{\n  \"every\": true\n}\n".to_vec()),
        ("delivery-files-one-behind-the-other", b"{\"Records\":[{\"every\":true}]}".repeat(2)),
    ] {
        let path = file(&folder, name, &bytes);
        let counts = "trommel: 2 events, 2 matched, 2 alerts\n";
        let ran = run_on(&[], &[&path]);
        assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str(), ran.code), (2, counts, 0), "{name}");
        // Through a pipe too.
        let ran = run(&mut command(&[]), &bytes);
        assert_eq!((ran.stdout.lines().count(), ran.stderr.as_str(), ran.code), (2, counts, 0), "{name} in a pipe");
    }
}

#[test]
fn inputs_that_cannot_be_read_say_so() {
    let folder = folder();
    let raw = folder.path().join("raw");
    fs::create_dir(&raw).unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let mut tar = vec![0; 1024];
    tar[..5].copy_from_slice(b"a.txt");
    tar[257..262].copy_from_slice(b"ustar");
    tar.extend_from_slice(FOUND);
    let broken_gzip = [&gzip(FOUND)[..], b"garbage"].concat();
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() - 6].to_vec();
    let mut wrong_sum = zstd(FOUND);
    *wrong_sum.last_mut().unwrap() ^= 1;
    // A name, the bytes, the code, and what the messages hold.
    let inputs: [(&str, &[u8], i32, &str); 42] = [
        ("a.bz2", b"BZh91AY&SY", 2, "it is compressed by bzip2\ntrommel: hint: bzip2 -dc "),
        ("a.xz", b"\xFD7zXZ\0\0", 2, "it is compressed by xz\ntrommel: hint: xz -dc "),
        ("a.lzma", b"]\0\0\x80\0", 2, "it is compressed by lzma\ntrommel: hint: xz -dc --format=lzma "),
        ("a.lz", b"LZIP\x01", 2, "it is compressed by lzip\ntrommel: hint: lzip -dc "),
        ("a.lz4", b"\x04\x22\x4D\x18d", 2, "it is compressed by lz4\ntrommel: hint: lz4 -dc "),
        ("b.lz4", b"\x02\x21\x4C\x18d", 2, "it is compressed by lz4\ntrommel: hint: lz4 -dc "),
        ("a.Z", b"\x1F\x9D\x90", 2, "it is compressed by compress\ntrommel: hint: uncompress -c "),
        ("a.lzo", b"\x89LZO\0\r\n\x1A\n", 2, "it is compressed by lzop\ntrommel: hint: lzop -dc "),
        ("a.sz", b"\xFF\x06\0\0sNaPpY", 2, "it is compressed by snappy\ntrommel: hint: snzip -dc "),
        ("a.zz", b"\x78\x9C\x03", 2, "it is compressed by zlib\ntrommel: hint: pigz -dz < "),
        ("a.zip", b"PK\x03\x04\x14", 2, "it is a zip archive\ntrommel: hint: unzip -p "),
        ("b.zip", b"PK\x05\x06\0", 2, "it is an empty zip archive\n"),
        ("a.7z", b"7z\xBC\xAF\x27\x1C\0", 2, "it is a 7z archive\ntrommel: hint: 7z x -so "),
        ("a.rar", b"Rar!\x1A\x07\0", 2, "it is a rar archive\ntrommel: hint: unrar "),
        ("a.tar", &tar, 2, "it is a tar archive\ntrommel: hint: tar -xOf "),
        ("a.tar.gz", &gzip(&tar), 2, "it is a tar archive"),
        ("a.gz.gz", &gzip(&gzip(FOUND)), 2, "it is compressed twice\n"),
        ("a.parquet", b"PAR1\x15", 2, "it is a Parquet file"),
        ("a.orc", b"ORC\0", 2, "it is an ORC file"),
        ("a.avro", b"Obj\x01\x04", 2, "it is an Avro file\ntrommel: hint: avro-tools tojson "),
        ("a.evtx", b"ElfFile\0\0", 2, "it is a Windows event log\ntrommel: hint: evtx_dump -o jsonl "),
        ("a.sqlite", b"SQLite format 3\0", 2, "it is an SQLite database\n"),
        ("a.pcap", b"\xD4\xC3\xB2\xA1\x02", 2, "it is a packet capture\n"),
        ("a.elf", b"\x7FELF\x02", 2, "it is a program\n"),
        ("a.wasm", b"\0asm\x01\0\0\0", 2, "it is WebAssembly: a rule is given with --rule\n"),
        ("utf-32", b"\xFF\xFE\0\0{\0\0\0", 2, "it is UTF-32\ntrommel: hint: iconv -f UTF-32 -t UTF-8 "),
        ("utf-32-without-mark", b"{\0\0\0}\0\0\0", 2, "it is UTF-32\ntrommel: hint: iconv -f UTF-32LE "),
        ("garbage-behind.gz", &broken_gzip, 2, "cannot be read further than line 1: garbage behind the gzip data\n"),
        ("cut.gz", &cut(gzip(FOUND)), 2, "cannot be read"),
        ("cut.zst", &cut(zstd(FOUND)), 2, "cannot be read"),
        ("wrong-sum.zst", &wrong_sum, 2, "the check sum of the zstd data is wrong"),
        ("garbage-behind.zst", &[&zstd(FOUND)[..], b"garbage"].concat(), 2, "cannot be read further than line 1: "),
        // What is text, but no events, is read on: there may be some.
        ("table.csv", b"time,address\n1,2\n", 1, ":1: not a JSON object: begins with `t`\ntrommel: hint: an event is "),
        ("page.xml", b"<Event/>\n", 1, ":1: not a JSON object: begins with `<`\ntrommel: hint: an event is "),
        ("log.txt", b"\n\nNov  5 host app: {}\n", 1, ":3: not a JSON object: begins with `N`\n"),
        ("settings.yaml", b"---\na: 1\n", 1, ":1: not a JSON object: begins with `-`\n"),
        ("text.json", b"\"{}\"\n", 1, ":1: not a JSON object: begins with `\"`\n"),
        ("numbers.json", b"[1,2]\n", 1, ":1: not a JSON object: begins with `[`\n"),
        ("zeros", &[0; 100], 1, ":1: not a JSON object: begins with `\\u{0}`\n"),
        ("cut.json", b"{\"Records\":[{\"every\":true},{\"a", 1, ":1: the list of records is broken off\n"),
        ("cut-behind.json", b"{\"Records\":[{\"every\":true}],\"a\":", 1, ":1: the list of records is broken off\n"),
        ("cut-pretty.json", b"{\n  \"every\": true,\n", 1, ":1: not a JSON object: "),
    ];
    for (name, bytes, code, message) in inputs {
        let path = file(&folder, name, bytes);
        let ran = run_on(&[], &[&path]);
        assert_eq!(ran.code, code, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{}", path.display())), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{name}: {}", ran.stderr);
    }
    for (path, message) in [
        (raw.as_path(), "is a directory\ntrommel: hint: find "),
        (socket.as_path(), "cannot be read: "),
        (dangling.as_path(), "cannot be read: No such file or directory\n"),
        (Path::new("/dev/zero"), "it is a device that gives no events\n"),
        (Path::new("/dev/urandom"), "cannot be read: it is "),
        (Path::new("/proc/self/mem"), "cannot be read: Input/output error\n"),
    ] {
        let start = Instant::now();
        // Of random bytes one in a hundred may begin as an event does.
        let attempts = (0..5).map(|_| run_on(&[], &[path]));
        let ran = attempts.into_iter().find(|ran| ran.code != 1).expect("it is refused");
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains(message), "{}: {}", path.display(), ran.stderr);
        assert!(start.elapsed() < PATIENCE, "{}", path.display());
    }
}

#[test]
fn closed_stdin_is_no_empty_one() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$0\" run --rule \"$1\" <&-"]).arg(env!("CARGO_BIN_EXE_trommel")).arg(three());
    let ran = run(&mut shell, b"");
    let counts = "trommel: 0 events, 0 matched, 0 alerts";
    assert_eq!(
        (ran.stderr.as_str(), ran.code),
        (&*format!("trommel: <stdin>: cannot be read: it is closed\n{counts}, 1 unread\n"), 2)
    );
    let ran = run(command(&[]).stdin(File::open("/dev/null").unwrap()), b"");
    assert_eq!((ran.stderr.as_str(), ran.code), (&*format!("{counts}\n"), 0));
}

#[test]
fn output_that_is_an_input_is_refused() {
    let folder = folder();
    let path = file(&folder, "events.ndjson", FOUND);
    let name = path.display();
    let append = || File::options().append(true).open(&path).unwrap();
    let is_output = format!("trommel: {name}: is the output too\n");
    let ran = command(&["--emit", "tagged"]).arg(&path).stdout(append()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).starts_with(&is_output));
    // Under another name, and as stdin.
    let link = folder.path().join("link");
    fs::hard_link(&path, &link).unwrap();
    let ran = command(&["--emit", "tagged"]).arg(&link).stdout(append()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let ran = command(&["--emit", "tagged"]).stdin(File::open(&path).unwrap()).stdout(append()).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    for verb in ["run", "replay"] {
        let mut command = trommel();
        command.args([verb, "--rule"]).arg(three()).arg("--dead-letter").arg(&link).arg(&path);
        let ran = run(&mut command, b"");
        assert_eq!(ran.code, 2);
        assert!(
            ran.stderr.starts_with(&format!("trommel: {name}: is the file of dead letters too\n")),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(fs::read(&path).unwrap(), FOUND);
    // What is no file may well be both.
    let ran = run(command(&[]).arg("/dev/null"), b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

// Stops.

#[test]
fn stop_while_a_pipe_has_no_writer_ends_it() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    support::pipe(&pipe);
    let child = spawn(command(&[]).arg(&pipe));
    // Once it handles signals, it waits for the pipe.
    let handles = |status: &str| {
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:\t")).unwrap_or("0");
        u64::from_str_radix(caught, 16).unwrap_or(0) >> 14 & 1 == 1
    };
    while !handles(&fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap()) {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(50));
    signal(child.id(), "TERM");
    let (code, messages) = end(child);
    assert_eq!(code, Some(2), "{messages}");
    assert_eq!(
        messages,
        format!(
            "trommel: {}: stopped before it was read\ntrommel: 0 events, 0 matched, 0 alerts, 1 unread\n",
            pipe.display()
        )
    );
}

#[test]
fn stop_in_a_line_that_does_not_end_ends_it() {
    let folder = folder();
    // The last line of a part is a hole of 20 GB.
    let path = file(&folder, "hole.ndjson", &FOUND.repeat(200_000));
    File::options().write(true).open(&path).unwrap().set_len(20 << 30).unwrap();
    let mut child = spawn(command(&["--emit", "matched"]).arg(&path));
    let mut stdout = child.stdout.take().unwrap();
    let mut found = vec![0; FOUND.len() * 100_000];
    stdout.read_exact(&mut found).unwrap();
    let rest = thread::spawn(move || stdout.read_to_end(&mut Vec::new()));
    thread::sleep(Duration::from_millis(200));
    signal(child.id(), "TERM");
    let start = Instant::now();
    let (code, messages) = end(child);
    rest.join().unwrap().unwrap();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("stopped here: the file from this line on is not judged"), "{messages}");
    assert!(messages.ends_with("1 unread\n"), "{messages}");
}

#[test]
fn stop_in_a_packed_file_ends_it() {
    let folder = folder();
    // 130 MB in less than 1 MB: it would be read to its end for being small.
    let bomb = gzip(
        &b"{\"n\":1,\"padding\":\"                                                                \"}\n"
            .repeat(1_500_000),
    );
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    for packed in [bomb.clone(), bomb.repeat(8)] {
        let path = file(&folder, "bomb.gz", &packed);
        let mut child = spawn(command(&["--emit", "tagged", "--threads", "1"]).arg(&path));
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 1000]).unwrap();
        signal(child.id(), "TERM");
        let rest = thread::spawn(move || {
            let mut rest = Vec::new();
            stdout.read_to_end(&mut rest).map(|_| rest.len())
        });
        let (code, messages) = end(child);
        let written = rest.join().unwrap().unwrap();
        assert_eq!(code, Some(2), "{messages}");
        assert!(written < 20 << 20, "{written} bytes");
        assert!(messages.contains("bomb.gz:"), "{messages}");
    }
}

#[test]
fn stop_while_nobody_takes_the_output_ends_it_after_a_while() {
    let folder = folder();
    let path = file(&folder, "in.ndjson", &FOUND.repeat(200_000));
    let child = spawn(command(&["--emit", "matched"]).arg(&path));
    thread::sleep(Duration::from_millis(500));
    signal(child.id(), "TERM");
    let start = Instant::now();
    let (code, messages) = end(child);
    assert!((5..25).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    assert_eq!(code, Some(2), "{messages}");
    assert_eq!(messages, "trommel: stopped, and for 10 seconds nothing moved: what was read is not all written\n");
}

#[test]
fn long_line_that_comes_slowly_costs_no_more_for_it() {
    let mut child = spawn(&mut command(&["--threads", "1"]));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(format!("{{\"every\":true,\"padding\":\"{}", "x".repeat(15 << 20)).as_bytes()).unwrap();
    let start = Instant::now();
    for _ in 0..5_000 {
        stdin.write_all(b"yy").unwrap();
        thread::yield_now();
    }
    stdin.write_all(b"\"}\n").unwrap();
    drop(stdin);
    let (code, messages) = end(child);
    assert_eq!((code, messages.as_str()), (Some(0), "trommel: 1 event, 1 matched, 1 alert\n"));
    // Looked through again and again it would take 3 seconds and more.
    assert!(start.elapsed() < Duration::from_millis(1_500), "{:?}", start.elapsed());
}

#[test]
fn bytes_are_those_of_events() {
    let input = [b"\n  \n\r\n", FOUND, b"\n"].concat();
    let ran = run(&mut command(&["--stats", "json"]), &input);
    assert!(ran.stderr.contains(&format!("\"events\":1,\"bytes\":{}", FOUND.len())), "{}", ran.stderr);
}
