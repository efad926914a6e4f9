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
    shell.env("CRATE", support::root().join("tests/rules/root-login"));
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
