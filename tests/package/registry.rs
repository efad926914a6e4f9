//! A registry that does what it should: Debian's, on this machine.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, skopeo};
use crate::support;

/// How long the registry may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// A line of `htpasswd -B`: alice, whose password is `secret`.
const HTPASSWD: &str = "alice:$2y$05$aYppb7i9ul.F2qXDPwLNn.LALwDMlbwGw4kZ1a52aRifI8FVhKuJi\n";
/// What `docker login` writes for her.
const AUTH: &str = "YWxpY2U6c2VjcmV0";

/// A registry that runs until it is dropped.
pub(crate) struct Registry {
    child: Child,
    host: String,
}

impl Registry {
    /// Starts it with its files in a folder of the place, and more of YAML in its configuration.
    pub(crate) fn start(place: &Place, more: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("its address").to_string();
        drop(listener);
        let root = place.path("registry").display().to_string();
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {root}}}}}\n\
             http:\n  addr: {host}\n{more}"
        );
        place.write("registry.yml", config);
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(place.path("registry.yml"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("docker-registry runs; without it: apt-get install --no-install-recommends docker-registry");
        let mut registry = Self { child, host };
        let start = Instant::now();
        while TcpStream::connect(&registry.host).is_err() {
            let ended = registry.child.try_wait().expect("its state");
            assert!(ended.is_none() && start.elapsed() < PATIENCE, "docker-registry does not start: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        registry
    }

    pub(crate) fn reference(&self, name: &str) -> String {
        format!("{}/acme/{name}", self.host)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const EVENT: &str = r#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#;

#[test]
fn pushed_pulled_and_found_offline() {
    let place = Place::new();
    let registry = Registry::start(&place, "");
    let reference = registry.reference("root-login:1.0.0");
    place.rule("rule.wasm");
    place.write("events", EVENT);
    let pinned = place.well(&format!("push rule.wasm {reference}"));
    let (name, digest) = pinned.trim().split_once('@').expect("a digest");
    assert_eq!(name, registry.reference("root-login"));
    assert_eq!(place.well(&format!("push rule.wasm {reference}")), pinned, "a second time");
    // Another machine, with a cache of its own.
    let other = Place::new();
    other.write("events", EVENT);
    assert_eq!(other.well(&format!("pull {reference} --out copy.wasm")), "copy.wasm\n");
    assert!(other.read("copy.wasm") == place.read("rule.wasm"));
    assert_eq!(other.well(&format!("pull {name}@{digest}")), pinned);
    other.refuses(&format!("pull {name}:2.0.0"), "status 404");
    other.refuses(&format!("pull {name}"), "it has no tag");
    other.refuses(&format!("push events {reference}"), "not WebAssembly");
    let third = Place::new();
    third.write("events", EVENT);
    let ran = third.trommel(&format!("run -q --rule {reference} events"));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, format!("trommel: pulled {pinned}").as_str()));
    // And without network.
    drop(registry);
    for place in [&other, &third] {
        for rule in [reference.as_str(), pinned.trim()] {
            assert!(place.well(&format!("run -q --rule {rule} events")).contains("com.example.root-login"), "{rule}");
        }
        place.refuses(&format!("pull {reference}"), "Connection refused");
    }
    other.refuses(&format!("run --rule {name}:2.0.0 events"), "Connection refused");
    // What was kept is checked as anything else.
    let flag = format!("--digest {}", trommel::package::Digest::of(b""));
    other.refuses(&format!("run {flag} --rule {reference} events"), "which is not the one that was asked for");
}

#[test]
fn many_pull_at_once() {
    let place = Place::new();
    let registry = Registry::start(&place, "");
    place.rule("rule.wasm");
    let reference = registry.reference("rule:1.0.0");
    let pinned = place.well(&format!("push rule.wasm {reference}"));
    for _ in 0..3 {
        let other = Place::new();
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| assert_eq!(other.well(&format!("pull {reference}")), pinned));
            }
        });
    }
}

#[test]
fn tags_move_when_asked() {
    let place = Place::new();
    let registry = Registry::start(&place, "");
    let reference = registry.reference("rule:latest");
    place.rule("rule.wasm");
    let alice = place.key("alice");
    place.write("signers", alice);
    let first = place.well(&format!("push rule.wasm {reference}"));
    place.well(&format!("pull {reference}"));
    place.well("sign --key alice rule.wasm");
    let second = place.well(&format!("push rule.wasm {reference}"));
    // What runs does not change on its own.
    place.refuses(&format!("inspect --signers signers --require-signature {reference}"), "it is not signed");
    let pulled = place.trommel(&format!("pull {reference} --signers signers --require-signature"));
    assert_eq!((pulled.code, pulled.stdout.as_str()), (0, second.as_str()), "{}", pulled.stderr);
    let (first, second) = (first.trim(), second.trim());
    let moved = format!("{reference} has moved: `trommel diff {first} {second}` says what changed");
    assert!(pulled.stderr.contains(&moved), "{}", pulled.stderr);
    place.well(&format!("inspect --signers signers --require-signature {reference}"));
    // The one before is still here, and a tag goes back only when it is asked for too.
    place.well(&format!("inspect {first}"));
    place.rule("rule.wasm");
    place.well(&format!("push rule.wasm {reference}"));
    place.refuses(&format!("pull {reference} --signers signers --require-signature"), "it is not signed");
    place.well(&format!("inspect --signers signers --require-signature {reference}"));
}

#[test]
fn skopeo_takes_and_gives() {
    let place = Place::new();
    let registry = Registry::start(&place, "");
    place.rule("rule.wasm");
    let reference = registry.reference("rule:1.0.0");
    let pinned = place.well(&format!("push rule.wasm {reference}"));
    skopeo(&place, &format!("copy --src-tls-verify=false docker://{reference} oci:layout:1.0.0"));
    let back = registry.reference("back:1.0.0");
    skopeo(&place, &format!("copy --dest-tls-verify=false oci:layout:1.0.0 docker://{back}"));
    let back = place.well(&format!("pull {back}"));
    assert_eq!(back.rsplit_once('@').expect("a digest").1, pinned.rsplit_once('@').expect("a digest").1);
    place.well("pull --oci layout 1.0.0 --out layout.wasm");
    assert!(place.read("layout.wasm") == place.read("rule.wasm"));
}

#[test]
fn asks_who_is_there() {
    let place = Place::new();
    place.write("htpasswd", HTPASSWD);
    let file = place.path("htpasswd").display().to_string();
    let registry = Registry::start(&place, &format!("auth: {{htpasswd: {{realm: here, path: {file}}}}}\n"));
    let reference = registry.reference("rule:1.0.0");
    place.rule("rule.wasm");
    place.refuses(&format!("push rule.wasm {reference}"), "status 401: it wants a name and a password");
    std::fs::create_dir(place.path(".docker")).expect("a folder");
    let host = &registry.host;
    let config = |auth: &str| format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#);
    place.write(".docker/config.json", config("YWxpY2U6d3Jvbmc="));
    place.refuses(&format!("push rule.wasm {reference}"), "status 401");
    place.write(".docker/config.json", config("!"));
    place.refuses(&format!("push rule.wasm {reference}"), "`auth` is not base64");
    place.write(".docker/config.json", config(AUTH));
    place.well(&format!("push rule.wasm {reference}"));
    place.well(&format!("pull {reference}"));
    // From a helper, in which the tools of containers keep them safe.
    place.write(".docker/config.json", format!(r#"{{"credHelpers":{{"{host}":"test"}}}}"#));
    let said = r#"{"Username":"alice","Secret":"secret"}"#;
    let helper = format!("#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {host} ] && echo '{said}'\n");
    place.program("docker-credential-test", &helper);
    let path = format!("{}:{}", place.path("").display(), std::env::var("PATH").unwrap_or_default());
    let pull = |path: &str| support::run(place.command("trommel").args(["pull", &reference]).env("PATH", path), b"");
    let pulled = pull(&path);
    assert_eq!(pulled.code, 0, "{}", pulled.stderr);
    let refused = pull("/nowhere");
    assert!(refused.code == 2 && refused.stderr.contains("docker-credential-test: "), "{}", refused.stderr);
}

#[test]
fn certificates_must_be_trusted() {
    let place = Place::new();
    let openssl = |arguments: &str| {
        let made = place.command("openssl").args(arguments.split_whitespace()).output();
        let made = made.expect("openssl runs; without it: apt-get install openssl");
        assert!(made.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    openssl(&format!("req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=ca"));
    openssl(&format!("req {key} -keyout tls.key -out tls.csr -subj /CN=registry"));
    place.write("extensions", "subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n");
    let with = "-CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions";
    openssl(&format!("x509 -req -in tls.csr {with} -days 2 -out tls.pem"));
    let (pem, key) = (place.path("tls.pem").display().to_string(), place.path("tls.key").display().to_string());
    let registry = Registry::start(&place, &format!("  tls: {{certificate: {pem}, key: {key}}}\n"));
    place.rule("rule.wasm");
    let reference = registry.reference("rule:1.0.0");
    // It does not fall back to none.
    place.refuses(&format!("push rule.wasm {reference}"), "invalid peer certificate");
    let mut command = place.command("trommel");
    command.args(["push", "rule.wasm", &reference]).env("SSL_CERT_FILE", place.path("ca.pem"));
    let pushed = support::run(&mut command, b"");
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
}
