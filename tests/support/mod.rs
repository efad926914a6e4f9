//! What the tests share: the built rules, and the program.

#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

pub(crate) mod filter_host;
pub(crate) mod place;
pub(crate) mod wat;

/// When everything is found, in seconds since 1970.
pub(crate) const FOUND: &str = "1795536000";

/// The program that is tested. For it everything is found at one time.
pub(crate) fn trommel() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trommel"));
    command.env("SOURCE_DATE_EPOCH", FOUND);
    command
}

/// The program, which is killed when it takes more of the processor's time than these seconds, and gets no more than
/// these bytes of memory, whatever a rule does. The compiler that it starts has as much for itself.
pub(crate) fn bounded(cpu_seconds: u64, memory_bytes: u64) -> Command {
    let mut command = Command::new("sh");
    let limits = format!("ulimit -t {cpu_seconds} && ulimit -d {} && exec \"$0\" \"$@\"", memory_bytes >> 10);
    command.args(["-c", &limits]).arg(trommel().get_program());
    command.env("SOURCE_DATE_EPOCH", FOUND);
    command
}

/// Alerts without their member `alert`, which says where the event lies.
pub(crate) fn untraced(alerts: &str) -> String {
    let mut parts = alerts.split(",\"alert\":{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('}').expect("the member ends").1);
    }
    plain
}

/// Alerts without file, line and record: what remains is the same wherever the event lies.
pub(crate) fn unplaced(alerts: &str) -> String {
    let mut parts = alerts.split("Z\",\"file\":");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("Z\"");
        plain.push_str(&part[part.find(",\"event_").expect("the hash is behind the place")..]);
    }
    plain
}

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The component of a rule crate of the project, built by what `trommel build` calls, once a process.
pub(crate) fn component(crate_dir: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut known = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(component) = known.get(crate_dir) {
        return component.clone();
    }
    let built = trommel::build::build(
        &root().join(crate_dir),
        None,
        |_| Ok::<_, trommel::build::BuildError>(()),
        &mut |note| eprintln!("{note}"),
    );
    match built {
        Ok(built) => known.entry(crate_dir.to_owned()).or_insert(built.component).clone(),
        Err(error) => panic!("{crate_dir}: {error}\n{}", error.hint().unwrap_or_default()),
    }
}

/// The first rule.
pub(crate) fn ebs() -> PathBuf {
    component("guest/rules/aws-ebs-snapshot-shared")
}

/// The component of three rules.
pub(crate) fn three() -> PathBuf {
    component("tests/rules/three")
}

/// What a run of the program gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// Runs the program with this input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Ran {
    use std::io::Write as _;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input is a pipe");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that cannot run does not read its input.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().expect("the program ends")
    });
    Ran {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

/// Sends a process a signal.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status();
    assert!(sent.expect("there is a shell").success());
}

/// Makes a pipe with a name.
pub(crate) fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("there is mkfifo").success());
}
