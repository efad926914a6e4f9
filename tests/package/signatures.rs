//! Signatures, from the program's outside. `host/package/tests.rs` has what only code can show.

use std::fs;

use trommel::package::{Signers, Trust};

use crate::place::Place;
use crate::support;

const EVENT: &str = r#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#;

#[test]
fn signed_in_the_file() {
    let place = Place::new();
    let (alice, bob) = (place.key("alice"), place.key("bob"));
    place.write("signers", alice + &bob);
    place.write("events", EVENT);
    place.rule("rule.wasm");
    let before = place.read("rule.wasm");
    place.refuses("verify --signers signers rule.wasm", "it is not signed");
    assert_eq!(place.well("sign --key alice rule.wasm"), "rule.wasm\n");
    assert_eq!(place.well("verify --signers signers rule.wasm"), "rule.wasm: signed by alice@example.com\n");
    assert!(place.read("rule.wasm").starts_with(&before));
    place.refuses("sign --key alice rule.wasm", "already");
    place.well("sign --key bob rule.wasm");
    let both = "rule.wasm: signed by alice@example.com\nrule.wasm: signed by bob@example.com\n";
    assert_eq!(place.well("verify --signers signers rule.wasm"), both);
    // It runs as before.
    let run = "run --quiet --rule rule.wasm --signers signers --require-signature events";
    assert!(place.well(run).contains("com.example.root-login"));
    place.well(&format!("{run} --may-sign alice@example.com=com.example.*,org.*"));
    place.well("verify --signers signers --may-sign bob@example.com=com.example.root-login rule.wasm");
    for verb in
        ["verify rule.wasm", "inspect rule.wasm", "run events --rule rule.wasm", "replay events --rule rule.wasm"]
    {
        place.refuses(
            &format!("{verb} --signers signers --may-sign alice@example.com=com.acme.*"),
            "may not sign the rule com.example.root-login",
        );
    }
}

#[test]
fn signed_beside_the_file() {
    let place = Place::new();
    let (alice, bob) = (place.key("alice"), place.key("bob"));
    place.write("signers", alice + &bob);
    place.rule("rule.wasm");
    let before = place.read("rule.wasm");
    for (name, count) in [("alice", 1), ("bob", 2)] {
        assert_eq!(place.well(&format!("sign --detach --key {name} rule.wasm")), "rule.wasm.sig\n");
        assert_eq!(place.well("verify --signers signers rule.wasm").lines().count(), count);
    }
    assert!(place.read("rule.wasm") == before);
    // `ssh-keygen` takes it, as it takes its own.
    let text = String::from_utf8(place.read("rule.wasm.sig")).expect("text");
    let (first, _) = text.split_once("-----END").expect("armor");
    place.write("first.sig", format!("{first}-----END SSH SIGNATURE-----\n"));
    let verify = "-Y verify -n trommel-rule -f signers -I alice@example.com -s first.sig".split(' ');
    let ran = support::run(place.command("ssh-keygen").args(verify), &before);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // The file may change hands, and be signed inside too; it may not change.
    place.key("carol");
    place.well("sign --key carol rule.wasm");
    assert_eq!(place.well("verify --signers signers rule.wasm").lines().count(), 2);
    let mut changed = before;
    changed[100] ^= 1;
    place.write("rule.wasm", changed);
    place.refuses("verify --signers signers rule.wasm", "changed after it was signed");
}

#[test]
fn words_for_refusals_differ() {
    let place = Place::new();
    let (alice, mallory) = (place.key("alice"), place.key("mallory"));
    place.write("signers", &alice);
    place.write("strangers", mallory);
    place.write("expired", alice.replacen(' ', " valid-before=20200101 ", 1));
    place.write("gits", alice.replacen(' ', " namespaces=git ", 1));
    place.write("broken", "alice@example.com\n");
    place.rule("unsigned.wasm");
    place.rule("rule.wasm");
    place.well("sign --key alice rule.wasm");
    let digest = trommel::package::Digest::of(&place.read("rule.wasm"));
    place.write("events", EVENT);
    for (arguments, why) in [
        ("--signers signers --require-signature --rule unsigned.wasm", "unsigned.wasm: it is not signed"),
        ("--signers strangers --rule rule.wasm", "signed by a stranger, with the key SHA256:"),
        ("--signers expired --rule rule.wasm", "whose key is out of its time: valid before 2020-01-01T"),
        ("--signers gits --rule rule.wasm", "whose key is not for rules"),
        ("--signers broken --rule rule.wasm", "broken: line 1: expected a principal"),
        ("--signers nowhere --rule rule.wasm", "nowhere: the signers cannot be read"),
        ("--require-signature --rule rule.wasm", "--signers <FILE>"),
        ("--digest sha256:12 --rule rule.wasm", "64 lower-case hexadecimal digits"),
    ] {
        place.refuses(&format!("run {arguments} events"), why);
    }
    let other = trommel::package::Digest::of(b"");
    place.refuses(&format!("run --rule rule.wasm events --digest {other}"), &format!("its digest is {digest}"));
    place.well(&format!("run --rule rule.wasm events --digest {other} --digest {digest}"));
    place.refuses("verify rule.wasm", "nobody is trusted");
    // What is not signed may run, unless it must be.
    place.well("run --signers signers --rule unsigned.wasm events");
}

#[test]
fn every_64th_byte_of_a_large_file_counts() {
    let place = Place::new();
    let alice = place.key("alice");
    fs::copy(support::ebs(), place.path("rule.wasm")).expect("a copy");
    place.well("sign --key alice rule.wasm");
    let signers = Some(Signers::read(&alice).expect("signers"));
    let trust = Trust { signers, required: true, ..Trust::default() };
    let mut file = place.read("rule.wasm");
    trust.check(&file, &[]).expect("it is trusted");
    for at in (0..file.len()).step_by(64) {
        let bit = 1 << (at / 64 % 8);
        file[at] ^= bit;
        trust.check(&file, &[]).expect_err("a bit was flipped");
        file[at] ^= bit;
    }
}

#[test]
fn keys_that_cannot_sign() {
    let place = Place::new();
    place.key("alice");
    place.rule("rule.wasm");
    place.write("text", "no rule");
    place.refuses("sign --key alice text", "it is not WebAssembly");
    place.refuses("sign --key nobody rule.wasm", "ssh-keygen did not sign");
    place.refuses("sign --key alice nothing.wasm", "the rule cannot be read");
    let rule = place.read("rule.wasm");
    let ran = support::run(place.command("trommel").args(["sign", "--key", "alice", "rule.wasm"]).env("PATH", ""), b"");
    assert!(ran.code == 2 && ran.stderr.contains("hint: it comes with OpenSSH"), "{}", ran.stderr);
    assert!(place.read("rule.wasm") == rule);
}

#[test]
fn what_is_adapted_was_signed() {
    let place = Place::new();
    let (alice, _) = (place.key("alice"), place.key("mallory"));
    place.write("signers", alice);
    place.rule("rule.wasm");
    place.well("adapt --to proxy-wasm rule.wasm -o unsigned.wasm");
    let adapt = "adapt --signers signers --require-signature -o adapted.wasm";
    place.refuses(&format!("{adapt} --to proxy-wasm rule.wasm"), "it is not signed");
    place.well("sign --key mallory rule.wasm");
    place.refuses(&format!("{adapt} --to proxy-wasm rule.wasm"), "signed by a stranger");
    place.well("sign --key alice rule.wasm");
    place.well(&format!("{adapt} --to proxy-wasm rule.wasm"));
    assert!(place.read("adapted.wasm") == place.read("unsigned.wasm"), "a signature is no part of what is adapted");
    // What lies beside a component for hosts without SIMD is not taken on its word.
    fs::remove_file(place.path("adapted.wasm")).expect("removed");
    let core = support::component("tests/rules/root-login").with_extension("core.wasm");
    fs::copy(core, place.path("rule.core.wasm")).expect("a copy");
    place.refuses(&format!("{adapt} --to fluent-bit rule.wasm"), "SIMD");
    assert!(!place.path("adapted.wasm").exists());
    place.well("sign --key alice rule.core.wasm");
    place.well(&format!("{adapt} --to fluent-bit rule.wasm"));
    // The file's own bytes are what is checked and what is adapted.
    let mut bytes = place.read("rule.wasm");
    let at = bytes.windows(10).position(|text| text == b"root-login").expect("its id");
    bytes[at] = b'b';
    place.write("rule.wasm", bytes);
    place.refuses(&format!("{adapt} --to proxy-wasm rule.wasm"), "it was changed after it was signed");
}
