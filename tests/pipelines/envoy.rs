//! Envoy: an adapted rule that answers bodies with their alerts, or adds them to the access log.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::pipeline::{
    INSTALL, PATIENCE, Running, alerts, events, installed, json_lines, missing, text, until, untraced,
};
use crate::support::{component, ebs, root, run, trommel};

fn envoy() -> Option<PathBuf> {
    installed("envoy/bin/envoy")
}

/// Envoy with the project's configuration, but for its ports and what a test changes.
struct Envoy {
    running: Running,
    folder: tempfile::TempDir,
    answers: u16,
    logs: u16,
}

impl Envoy {
    fn start(program: &Path, rule: &Path, change: (&str, &str)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("share.proxy-wasm.wasm");
        let ran = run(trommel().args(["adapt", "--to", "proxy-wasm", "-o"]).arg(&output).arg(rule), b"");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let (answers, logs) = (free(), free());
        let config = fs::read_to_string(root().join("tests/pipelines/envoy/envoy.yaml")).expect("the configuration");
        assert!(config.contains(change.0), "{}", change.0);
        let config = config.replace(change.0, change.1).replace("10000", &answers.to_string());
        fs::write(folder.path().join("envoy.yaml"), config.replace("10001", &logs.to_string())).expect("written");
        let mut command = Command::new(program);
        // What a file has is written four times a second, so that a test need not wait.
        command.args([
            "-c",
            "envoy.yaml",
            "--disable-hot-restart",
            "--concurrency",
            "2",
            "--log-path",
            "envoy.log",
            "-l",
            "warning",
        ]);
        command.args(["--file-flush-interval-msec", "250"]).current_dir(&folder);
        let running = Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()));
        Self { running, folder, answers, logs }
    }

    fn log(&self) -> String {
        text(&self.folder.path().join("envoy.log"))
    }

    fn alerts(&self) -> String {
        text(&self.folder.path().join("alerts.ndjson"))
    }

    fn ready(self) -> Self {
        until("Envoy listens", || TcpStream::connect(("127.0.0.1", self.logs)).is_ok());
        self
    }
}

/// The status, the head and the body of the answer to a body.
fn post(port: u16, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let head = format!("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).expect("it reads");
    let (mut stream, mut head) = (BufReader::new(stream), String::new());
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).expect("it answers"), 0, "{head}");
    }
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).and_then(|value| value.parse().ok());
    let mut body = vec![0; value("content-length: ").expect("a length")];
    stream.read_exact(&mut body).expect("as long as is said");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head, String::from_utf8(body).expect("text"))
}

/// Bodies of one line to many.
fn bodies(input: &str) -> Vec<String> {
    let (mut bodies, mut lines, mut number) = (Vec::new(), input.split_inclusive('\n').peekable(), 0);
    while lines.peek().is_some() {
        number += 1;
        bodies.push(lines.by_ref().take([1, 2, 700, 30][number % 4]).collect());
    }
    bodies
}

#[test]
fn envoy_gives_the_alerts_of_run() {
    let Some(program) = envoy() else { return missing("Envoy", INSTALL) };
    let sample = fs::read_to_string(root().join("tests/sample.ndjson")).expect("the sample");
    let share = events(8).lines().last().expect("an event").to_owned();
    let large = share.replacen('{', &format!(r#"{{"pad":"{}","#, "x".repeat(3 << 20)), 1);
    let input = format!("{}{sample}\r\n\n{large}\n{}{share}", events(4_000), events(300));
    let envoy = Envoy::start(&program, &ebs(), ("trusted_accounts", "trusted_accounts")).ready();
    let (mut answered, mut passed) = (String::new(), String::new());
    for body in bodies(&input) {
        for (port, into) in [(envoy.answers, &mut answered), (envoy.logs, &mut passed)] {
            let (status, head, body) = post(port, &body);
            assert_eq!((status, head.contains("trommel-unjudged")), (200, false), "{head}");
            into.push_str(&body);
        }
    }
    let expected = alerts(&ebs(), &input);
    assert!(expected.len() > 80, "{}", expected.len());
    assert_eq!(json_lines(&answered), expected);
    // What goes on goes to the listener that answers.
    assert_eq!(passed, answered);
    let settings = envoy.folder.path().join("settings.json");
    fs::write(&settings, r#"{"trusted_accounts":["444455556666"]}"#).expect("written");
    let mut command = trommel();
    command.args(["run", "--quiet", "--unwrap", "none", "--rule"]).arg(ebs()).arg("--settings").arg(settings);
    let logged = run(&mut command, input.as_bytes()).stdout;
    assert_eq!(logged.lines().count(), expected.len() - 1, "the settings matter");
    until("the alerts in the log", || envoy.alerts().lines().count() >= logged.lines().count());
    assert_eq!(json_lines(&envoy.alerts()), untraced(json_lines(&logged)));
    let (status, head, body) = post(envoy.answers, &format!("{share}\n{{\"eventName\":\"ModifySnapshotAttribute\"\n"));
    assert_eq!((status, body.lines().count()), (200, 1));
    assert!(head.contains("trommel-unjudged: 1\r\n"), "{head}");
    until("why", || envoy.log().contains("an event of a body cannot be judged: "));
    let peak = envoy.running.peak_bytes();
    assert!(peak < 400 << 20, "{peak} bytes");
    envoy.running.end();
}

#[test]
fn envoy_goes_on_after_a_trap() {
    let Some(program) = envoy() else { return missing("Envoy", INSTALL) };
    let rule = component("tests/rules/faulty");
    let envoy = Envoy::start(&program, &rule, (r#"'{"trusted_accounts":["444455556666"]}'"#, "'{}'")).ready();
    let find = |number: usize| format!("{{\"do\":\"find\",\"n\":{number}}}\n{{\"do\":\"nothing\"}}\n");
    let (mut given, mut sent, mut lost) = (String::new(), String::new(), 0);
    for number in 0..1_000 {
        if number % 250 == 100 {
            assert_eq!(post(envoy.answers, "{\"do\":\"crash\"}\n").0, 503);
        }
        // While the rule is made anew, whoever sends is told, and sends again.
        until("the rule goes on", || {
            let (status, _, body) = post(envoy.answers, &find(number));
            given.push_str(&body);
            lost += usize::from(status != 200);
            status == 200
        });
        sent.push_str(&find(number));
    }
    assert_eq!(json_lines(&given), alerts(&rule, &sent), "{lost} bodies were refused");
    envoy.running.end();
}

#[test]
fn envoy_is_told_what_is_wrong_with_a_configuration() {
    let Some(program) = envoy() else { return missing("Envoy", INSTALL) };
    let refused = "settings refused: /trusted_accounts/0: ";
    let envoy = Envoy::start(&program, &ebs(), (r#"["444455556666"]"#, r#"["me"]"#));
    until("the refusal", || envoy.log().contains(refused));
    // Two filters that share what runs their rule, with different settings: each is made anew by itself.
    // Whoever sends may be told to send again, but no event is judged by the settings of the other filter.
    let envoy = Envoy::start(&program, &ebs(), ("vm_id: log, ", "")).ready();
    until("the refusal", || envoy.log().contains("another filter with the same vm_id has another configuration"));
    let sample = fs::read_to_string(root().join("tests/sample.ndjson")).expect("the sample");
    for port in [envoy.answers, envoy.logs].repeat(20) {
        until("an answer", || {
            let (status, _, body) = post(port, &sample);
            assert!(status == 503 || body.lines().count() == 2, "{body}");
            status == 200
        });
    }
    until("the log", || envoy.alerts().lines().count() >= 20);
    // A body that was answered with 503 behind the log comes again, and is logged again.
    assert!(json_lines(&envoy.alerts()).iter().all(|alert| alert["userId"] == "all"), "{}", envoy.alerts());
}
