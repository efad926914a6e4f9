//! What the tests of pipelines share: events, the alerts to expect, and programs that are watched.

#![allow(dead_code, reason = "each pipeline uses its part")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{run, trommel};

/// How long a pipeline may take to do what is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Says that a pipeline is left out, or fails where it must not be.
pub(crate) fn missing(program: &str, how: &str) {
    let required = std::env::var_os("TROMMEL_PIPELINES").is_some_and(|value| value == "required");
    assert!(!required, "{program} is not installed: {how}");
    eprintln!("{program} is not installed, and is left out: {how}");
}

/// What installs the programs that registries have.
pub(crate) const INSTALL: &str = "run tests/pipelines/install.sh";

/// A file that was installed.
pub(crate) fn installed(path: &str) -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_BIN_EXE_trommel")).ancestors().nth(2).expect("target/PROFILE/trommel");
    Some(target.join("pipelines").join(path)).filter(|path| path.exists())
}

/// The processes that a process has started.
pub(crate) fn children(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.map(|thread| text(&thread.path().join("children")));
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Sends a process a signal, unless it has gone.
pub(crate) fn send(process: u32, signal: &str) {
    let mut kill = Command::new("sh");
    kill.args(["-c", &format!("kill -{signal} {process} 2>/dev/null; true")]);
    assert!(kill.status().expect("there is a shell").success());
}

/// A program on the `PATH`, or where the variable says.
pub(crate) fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        let path = PathBuf::from(path);
        assert!(path.is_file(), "{variable}: {} is no file", path.display());
        return Some(path);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Events as CloudTrail writes them: so many, of which every hundredth shares a snapshot with another account.
pub(crate) fn events(count: usize) -> String {
    let line = |number: usize| {
        let (name, source) = match number % 100 {
            7 => ("ModifySnapshotAttribute", "ec2.amazonaws.com"),
            // The same action, not by the same service.
            8 => ("ModifySnapshotAttribute", "rds.amazonaws.com"),
            // A needle that is written with an escape.
            9 => (r"Modify\u0053napshotAttribute", "ec2.amazonaws.com"),
            10 => ("GetObject", r"s3.amazonaws.com \u00e4 \\ \/"),
            _ => ("DescribeSnapshots", "ec2.amazonaws.com"),
        };
        format!(
            r#"{{"eventVersion":"1.10","eventID":"{number}","eventTime":"2026-11-05T10:02:03Z","eventName":"{name}","eventSource":"{source}","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111"}},"requestParameters":{{"snapshotId":"snap-{number}","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{{"add":{{"items":[{{"userId":"222222222222"}}]}}}}}},"userAgent":"{}"}}"#,
            "x".repeat(number % 700)
        )
    };
    (0..count).map(|number| line(number) + "\n").collect()
}

/// The alerts of `trommel run`, in their order, without where their events lie.
pub(crate) fn alerts(rule: &Path, events: &str) -> Vec<Value> {
    let ran = run(trommel().args(["run", "--quiet", "--unwrap", "none", "--rule"]).arg(rule), events.as_bytes());
    untraced(json_lines(&ran.stdout))
}

/// Alerts without their member `alert`: when and where an event is found differs from one pipeline to the next. Each must
/// have one.
pub(crate) fn untraced(mut alerts: Vec<Value>) -> Vec<Value> {
    for alert in &mut alerts {
        let trace = alert.as_object_mut().expect("an object").remove("alert").expect("it says where it was found");
        assert!(trace["line"].is_u64() && trace["id"].as_str().is_some_and(|id| id.len() == 32), "{trace}");
    }
    alerts
}

/// The JSON values of whole lines.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    let value = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    text.lines().map(value).collect()
}

/// What a file holds; nothing where it is not yet there.
pub(crate) fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Adds text to a file, which is made where it is not yet there.
pub(crate) fn append(path: &Path, text: &str) {
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A program that runs, and is killed where its test ends before it.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// The most memory that it has had, in bytes.
    pub(crate) fn peak_bytes(&self) -> usize {
        let status = text(Path::new(&format!("/proc/{}/status", self.0.id())));
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel says");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
    }

    /// Asks it to end, and waits.
    pub(crate) fn end(mut self) {
        crate::support::signal(self.0.id(), "TERM");
        let start = Instant::now();
        while self.0.try_wait().expect("it can be waited for").is_none() {
            assert!(start.elapsed() < PATIENCE, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Mostly it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
