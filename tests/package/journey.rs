//! The whole way of a rule, from its crate to a stranger's machine, as one script.

use crate::place::Place;
use crate::registry::Registry;
use crate::support;

/// The author's machine: builds, signs and pushes.
const AUTHOR: &str = r#"
trommel build "$CRATE" --out built
ssh-keygen -q -t ed25519 -N "" -f key
trommel sign --key key built/root-login.wasm
trommel push built/root-login.wasm "$REF"
"#;

/// The stranger's, which has the author's public key and no toolchain.
const STRANGER: &str = r#"
trust="--signers allowed_signers --require-signature"
trommel pull $trust "$REF" --out rule.wasm
trommel verify --signers allowed_signers rule.wasm
trommel inspect $trust rule.wasm
trommel run --quiet $trust --rule rule.wasm events
trommel run --quiet $trust --rule "$REF" events
"#;

/// The same from an empty folder, without a registry: a new rule, tested, and carried over as a folder.
const NEW: &str = r#"
trommel new root-login --sdk "$SDK"
trommel test root-login --junit tests.xml
trommel build root-login --out built
ssh-keygen -q -t ed25519 -N "" -f key
trommel sign --key key built/root-login.wasm
trommel push built/root-login.wasm --oci layout 1.0.0
"#;

/// Where it arrives there is neither source nor toolchain: the tests are in the file.
const RECEIVED: &str = r#"
trust="--signers allowed_signers --require-signature"
trommel pull $trust --oci layout 1.0.0 --out rule.wasm
trommel verify --signers allowed_signers rule.wasm
trommel inspect $trust rule.wasm
trommel test $trust rule.wasm
trommel bench --rounds 1 $trust rule.wasm
trommel run --quiet $trust --rule rule.wasm events
"#;

fn script(place: &Place, text: &str, reference: &str) -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_trommel")).parent().expect("it lies in a folder").display();
    let path = format!("{program}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = place.command("sh");
    shell.args(["-e", "-c", text]).env("PATH", path).env("REF", reference);
    // The toolchain is the user's; the caches are not.
    for name in ["CARGO_HOME", "RUSTUP_HOME"] {
        let folder = std::env::var(name).or_else(|_| {
            std::env::var("HOME").map(|home| format!("{home}/.{}", name.trim_end_matches("_HOME").to_lowercase()))
        });
        shell.env(name, folder.unwrap_or_default());
    }
    shell.env("CRATE", support::root().join("tests/rules/root-login")).env("SDK", support::root().join("guest/sdk"));
    let ran = support::run(&mut shell, b"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout
}

#[test]
fn from_a_crate_to_a_strangers_machine() {
    let (author, stranger) = (Place::new(), Place::new());
    let registry = Registry::start(&author, "");
    let reference = registry.reference("root-login:1.0.0");
    script(&author, AUTHOR, &reference);
    let key = String::from_utf8(author.read("key.pub")).expect("text");
    stranger.write("allowed_signers", format!("author@example.com {key}"));
    stranger.write("events", r#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#);
    let said = script(&stranger, STRANGER, &reference);
    assert!(said.contains("rule.wasm: signed by author@example.com\n"), "{said}");
    let alerts = said.lines().filter(|line| line.starts_with('{') && line.contains("com.example.root-login"));
    assert_eq!(alerts.count(), 2, "{said}");
    assert!(stranger.read("rule.wasm") == author.read("built/root-login.wasm"));
}

#[test]
fn from_an_empty_folder_to_a_strangers_machine_without_a_registry() {
    let (author, stranger) = (Place::new(), Place::new());
    let said = script(&author, NEW, "");
    assert!(said.contains("\n4 tests, 4 passed, 0 failed"), "{said}");
    let key = String::from_utf8(author.read("key.pub")).expect("text");
    stranger.write("allowed_signers", format!("author@example.com {key}"));
    stranger.write("events", author.read("root-login/tests/root-signs-in/event.json"));
    let mut copy = std::process::Command::new("cp");
    assert!(copy.arg("-r").args([author.path("layout"), stranger.path("layout")]).status().expect("cp runs").success());
    drop(author);

    let said = script(&stranger, RECEIVED, "");
    for line in [
        "rule.wasm: signed by author@example.com\n",
        "\n  tests:       4\n",
        "test trusted-network ... ok\n",
        "\n4 tests, 4 passed, 0 failed",
        "rule.wasm: 1 rule, 4 events of ",
        "{\"time\":\"2026-01-10T09:12:44Z\",\"address\":\"203.0.113.7\",\"rule\":{\"id\":\"com.example.root-login\"",
    ] {
        assert!(said.contains(line), "{line} is not in {said}");
    }
    // A bit of a test that was changed is a bit of what was signed.
    let mut changed = stranger.read("rule.wasm");
    let name = b"trommel-tests";
    let section = changed.windows(name.len()).position(|window| window == name).expect("the tests are carried");
    changed[section + name.len() + 40] ^= 1;
    stranger.write("changed.wasm", changed);
    stranger.refuses("test --signers allowed_signers changed.wasm", "changed");
}
