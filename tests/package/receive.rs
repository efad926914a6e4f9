//! What whoever receives a rule sees of it before it runs.

use std::fs;

use serde_json::Value;

use crate::place::Place;
use crate::support::{self, wat::binary};

#[test]
fn inspected() {
    let place = Place::new();
    let alice = place.key("alice");
    place.write("signers", &alice);
    place.rule("rule.wasm");
    assert!(place.well("inspect rule.wasm").contains("\n  signed by:   nobody\n  tests:       none\n"));
    place.well("sign --key alice rule.wasm");
    let bytes = place.read("rule.wasm");
    let digest = trommel::package::Digest::of(&bytes);
    let said = place.well("inspect rule.wasm");
    assert!(
        said.starts_with(&format!("rule.wasm\n  digest:      {digest}\n  size:        {} bytes\n", bytes.len())),
        "{said}"
    );
    assert!(said.contains("\n  interface:   trommel:filter/event-filter@0."), "{said}");
    assert!(said.contains("\n  signed by:   the key SHA256:"), "{said}");
    let said = place.well("inspect --signers signers rule.wasm");
    assert!(said.contains("\n  signed by:   alice@example.com\n"), "{said}");
    let json: Value = serde_json::from_str(&place.well("inspect --json --signers signers rule.wasm")).expect("JSON");
    assert_eq!(json["digest"], digest.to_string());
    assert_eq!(json["signatures"][0]["signer"], "alice@example.com");
    let mut damaged = bytes;
    damaged.push(0);
    place.write("damaged.wasm", &damaged);
    place.refuses("inspect damaged.wasm", "no valid component");
    // Where nobody is named, a signature that does not fit is told, and is no reason not to look.
    let at = damaged.len() - 10;
    damaged.pop();
    damaged[at] ^= 1;
    place.write("damaged.wasm", damaged);
    let said = place.well("inspect damaged.wasm");
    assert!(said.contains("\n  signed by:   worth nothing: it was changed after it was signed"), "{said}");
    place.refuses("inspect --signers signers damaged.wasm", "it was changed after it was signed");
    // One of several rules, and what there is not.
    let three = support::three().display().to_string();
    let said = place.well(&format!("inspect {three} --only col*"));
    assert!(said.contains("\nrule colour\n") && !said.contains("\nrule fruit\n"), "{said}");
    place.refuses(&format!("inspect {three} --only color"), "--only color: no rule has this id");
    assert!(place.well("inspect --wit rule.wasm").contains("export trommel:filter/event-filter@0."));
    let layer = place.well(&format!("inspect --navigator rule.wasm {three} {}", support::ebs().display()));
    assert_eq!(serde_json::from_str::<Value>(&layer).expect("JSON")["techniques"][0]["techniqueID"], "T1537");
}

#[test]
fn compared() {
    let place = Place::new();
    place.rule("old.wasm");
    assert_eq!(place.well("diff old.wasm old.wasm"), "");
    // A text in it is written over by one that is as long.
    let (name, other) = (b"The root user signed in", b"The root user went out!");
    let mut bytes = place.read("old.wasm");
    let at = bytes.windows(name.len()).position(|window| window == name).expect("the name is there");
    bytes[at..at + name.len()].copy_from_slice(other);
    place.write("new.wasm", bytes);
    place.key("alice");
    place.well("sign --key alice new.wasm");
    let said = place.well("diff old.wasm new.wasm");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("digest: sha256:") && lines[1].starts_with("size: "), "{said}");
    assert!(lines[2].starts_with("signed by: nobody → the key SHA256:"), "{said}");
    assert!(said.contains("\nrule com.example.root-login\n"), "{said}");
    assert!(said.contains("\n  name: The root user signed in → The root user went out!\n"), "{said}");
    let three = support::three().display().to_string();
    let said = place.well(&format!("diff old.wasm {three}"));
    assert!(said.contains("\n- rule com.example.root-login: The root user signed in\n"), "{said}");
    assert!(said.contains("\n+ rule fruit, low: Test rule fruit\n"), "{said}");
    place.refuses("diff old.wasm nothing.wasm", "nothing.wasm: the rule cannot be read");
}

/// Whoever means harm gets no further with those who only look.
#[test]
fn no_rule_does_harm_to_who_looks() {
    let place = Place::new();
    place.rule("good.wasm");
    place.write("signers", place.key("alice"));
    place.write("events", "{\"hostile\":1}\n{\"eventName\":\"ConsoleLogin\"}\n");
    let folder = support::root().join("tests/hostile");
    let mut count = 0;
    for file in fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()) {
        if file.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        count += 1;
        place.write("rule.wasm", binary(&fs::read_to_string(&file).expect("text")));
        // Signed, it would be as hostile.
        let signed = place.trommel("sign --key alice rule.wasm").code == 0;
        let verbs = [
            "inspect",
            "inspect --wit",
            "diff good.wasm",
            "verify --signers signers",
            "push --oci layout",
            "test --on events",
        ];
        for verb in verbs {
            // As much work as an honest rule takes: what takes all that it is given, takes it in each of them.
            let ran = place.trommel(&format!("{verb} rule.wasm --load-fuel-max 50000000"));
            let said = format!("{}: {verb}: {ran:?}", file.display());
            assert!(matches!(ran.code, 0 | 2) || verb.starts_with("test") && ran.code == 1, "{said}");
            assert!(!ran.stderr.contains("panicked") && ran.stderr.len() < 20_000, "{said}");
            let harmless = |text: &str| text.chars().all(|character| !character.is_control() || character == '\n');
            assert!(harmless(&ran.stdout) && harmless(&ran.stderr), "{said}");
            assert!(verb != "verify --signers signers" || (ran.code == 0) == signed, "{said}");
        }
    }
    assert!(count > 50, "only {count} rules");
}
