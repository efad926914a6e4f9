//! syslog-ng: the destination `program()`.

use std::fs;
use std::process::{Command, Stdio};

use crate::pipeline::{
    INSTALL, Running, alerts, append, children, events, installed, json_lines, missing, send, text, until, untraced,
};
use crate::support::{ebs, root};

#[test]
fn program_gives_the_alerts_of_run() {
    let Some(debian) = installed("debian/usr/sbin/syslog-ng").and_then(|_| installed("debian")) else {
        return missing("syslog-ng", INSTALL);
    };
    let folder = tempfile::tempdir().expect("a folder");
    let input = events(6_000);
    fs::write(folder.path().join("events.ndjson"), &input).expect("written");
    let expected = alerts(&ebs(), &input);
    let mut command = Command::new(debian.join("usr/sbin/syslog-ng"));
    command.args(["--foreground", "--no-caps", "--cfgfile"]);
    command.arg(root().join("tests/pipelines/syslog-ng/syslog-ng.conf"));
    for (flag, file) in [("--persist-file", "persist"), ("--pidfile", "pid"), ("--control", "control")] {
        command.arg(flag).arg(folder.path().join(file));
    }
    let libraries = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/syslog-ng"].map(|at| debian.join(at));
    command.env("LD_LIBRARY_PATH", std::env::join_paths(libraries).expect("no colons"));
    command.arg("--module-path").arg(debian.join("usr/lib/syslog-ng/3.38"));
    command.env("TROMMEL", env!("CARGO_BIN_EXE_trommel")).env("RULE", ebs());
    command.env("OUT", folder.path()).env("EVENTS", folder.path().join("events.ndjson"));
    let running = Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
    let written = || text(&folder.path().join("alerts.ndjson"));
    until("the alerts", || written().lines().count() >= expected.len());
    assert_eq!(untraced(json_lines(&written())), expected);

    // It is started again when it was killed, and what it wrote is whole.
    until("trommel runs", || !children(running.0.id()).is_empty());
    let killed = children(running.0.id());
    killed.iter().for_each(|child| send(*child, "KILL"));
    until("trommel runs again", || children(running.0.id()).iter().any(|child| !killed.contains(child)));
    append(&folder.path().join("events.ndjson"), &input);
    until("the alerts again", || written().lines().count() >= 2 * expected.len());
    running.end();
    assert_eq!(untraced(json_lines(&written())), [expected.as_slice(), &expected].concat());
}
