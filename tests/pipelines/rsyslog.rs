//! rsyslog: omprog with confirmations, and mmexternal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::pipeline::{
    INSTALL, Running, alerts, append, children, events, installed, json_lines, missing, send, text, until, untraced,
};
use crate::support::{ebs, root};

/// The program as `tests/pipelines/install.sh` unpacks it.
fn rsyslog() -> Option<PathBuf> {
    installed("debian/usr/sbin/rsyslogd")
}

fn start(program: &Path, config: &str, folder: &Path) -> Running {
    let library = installed("debian/usr/lib/x86_64-linux-gnu").expect("it is beside the program");
    let mut command = Command::new(program);
    // In the foreground, with a file for its number of its own.
    command.arg("-n").arg("-i").arg(folder.join("rsyslog.pid"));
    command.arg("-f").arg(root().join("tests/pipelines/rsyslog").join(config));
    command.arg("-M").arg(library.join("rsyslog")).env("LD_LIBRARY_PATH", &library);
    command.env("TROMMEL", env!("CARGO_BIN_EXE_trommel")).env("RULE", ebs());
    command.env("WORK", folder).env("OUT", folder).env("EVENTS", folder.join("events.ndjson"));
    Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
}

#[test]
fn omprog_loses_nothing_when_trommel_is_killed() {
    let Some(program) = rsyslog() else { return missing("rsyslog", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let input = events(8_000);
    let lines: Vec<&str> = input.split_inclusive('\n').collect();
    append(&folder.path().join("events.ndjson"), "");
    let running = start(&program, "omprog.conf", folder.path());
    let kills = 4;
    for (number, chunk) in lines.chunks(lines.len() / (kills + 1)).enumerate() {
        append(&folder.path().join("events.ndjson"), &chunk.concat());
        std::thread::sleep(Duration::from_millis(30));
        if number < kills {
            until("trommel runs", || !children(running.0.id()).is_empty());
            let signal = if number % 2 == 0 { "KILL" } else { "TERM" };
            children(running.0.id()).iter().for_each(|child| send(*child, signal));
        }
    }
    let expected = alerts(&ebs(), &input);
    let last = expected.last().expect("an alert");
    let written = || text(&folder.path().join("alerts.ndjson"));
    until("the last alert", || {
        let written = written();
        // The last line may be half written.
        let line = written.rsplit_once('\n').map_or("", |(whole, _)| whole).lines().last();
        line.is_some_and(|line| untraced(json_lines(line)).last() == Some(last))
    });
    running.end();
    // An event whose confirmation was lost comes again: its alerts stand there twice, one behind the other.
    let mut given = untraced(json_lines(&written()));
    let all = given.len();
    given.dedup();
    assert_eq!(given, expected);
    assert!(all - given.len() <= kills, "{} alerts are doubled", all - given.len());
    assert_eq!(text(&folder.path().join("dead.ndjson")), "");
}

#[test]
fn mmexternal_adds_alerts_to_messages() {
    let Some(program) = rsyslog() else { return missing("rsyslog", INSTALL) };
    let folder = tempfile::tempdir().expect("a folder");
    let input = events(3_000);
    append(&folder.path().join("events.ndjson"), &input);
    let expected = alerts(&ebs(), &input);
    let running = start(&program, "mmexternal.conf", folder.path());
    let path = folder.path().join("tagged.ndjson");
    until("the alerts", || text(&path).lines().count() >= expected.len());
    running.end();
    let tagged = json_lines(&fs::read_to_string(&path).expect("read"));
    let given: Vec<Value> = tagged.iter().flat_map(|tagged| tagged.as_array().expect("a list").clone()).collect();
    assert_eq!(untraced(given), expected);
}
