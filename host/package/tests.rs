//! Tests of signatures, with keys that `ssh-keygen` makes.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha512};
use tempfile::TempDir;

use super::sections::{SIGNATURES_MAX, SectionsError, section_of, split};
use super::sign::{SignError, sign};
use super::sshsig::{NAMESPACE, SshsigError, armored, unarmored};
use super::*;

/// A folder with keys.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Makes a key, and answers with its line of `allowed_signers`, without options.
    fn key(&self, name: &str, kind: &str) -> String {
        ssh_keygen(&["-q", "-t", kind, "-N", "", "-C", name, "-f", &self.path(name).to_string_lossy()], b"");
        let public = std::fs::read_to_string(self.path(&format!("{name}.pub"))).expect("it has a public half");
        format!("{name} {public}")
    }

    /// The file, with the signature of this key.
    fn signed(&self, file: &[u8], name: &str) -> Vec<u8> {
        let signature = sign(file, &[], &self.path(name)).expect("it is signed");
        [file, &section_of(&signature)].concat()
    }

    /// Whether `ssh-keygen` takes a signature of `name` over the message.
    fn openssh_takes(&self, signers: &str, name: &str, message: &[u8], signature: &[u8]) {
        let (list, file) = (self.path("signers"), self.path("signature"));
        std::fs::write(&list, signers).expect("the signers are written");
        std::fs::write(&file, armored(signature)).expect("the signature is written");
        let (list, file) = (list.to_string_lossy(), file.to_string_lossy());
        ssh_keygen(&["-Y", "verify", "-n", NAMESPACE, "-I", name, "-f", &list, "-s", &file], message);
    }
}

fn ssh_keygen(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let child = Command::new("ssh-keygen").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("ssh-keygen runs; without it: apt-get install openssh-client");
    child.stdin.take().expect("it was asked for").write_all(input).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "ssh-keygen {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    output.stdout
}

fn custom(name: &str, payload: &[u8]) -> Vec<u8> {
    // Lengths below 128 take one byte.
    let mut section = vec![0, (1 + name.len() + payload.len()) as u8, name.len() as u8];
    section.extend(name.bytes());
    section.extend(payload);
    section
}

/// A component without anything but a name.
fn component() -> Vec<u8> {
    [b"\0asm\x0d\0\x01\0".as_slice(), &custom("name", b"small")].concat()
}

fn trusting(signers: &str) -> Trust {
    Trust { signers: Some(Signers::read(signers).expect("signers")), required: true, ..Trust::default() }
}

#[test]
fn takes_what_openssh_signs_and_the_other_way_round() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    let file = keys.signed(&component(), "alice");
    assert_eq!(trusting(&alice).check(&file, &[]), Ok(vec!["alice".into()]));
    let parts = split(&file).expect("sections");
    assert_eq!(parts.message, component());
    keys.openssh_takes(&alice, "alice", parts.message, parts.signatures[0]);
    // As OpenSSH writes it, byte for byte.
    let theirs =
        ssh_keygen(&["-Y", "sign", "-q", "-n", NAMESPACE, "-f", &keys.path("alice").to_string_lossy()], parts.message);
    assert_eq!(armored(parts.signatures[0]).as_bytes(), theirs);
    assert_eq!(unarmored(&String::from_utf8_lossy(&theirs)).expect("armor"), [parts.signatures[0]]);
    // Beside the file it is the same, whether or not others lie in the file.
    let detached = [parts.signatures[0].to_owned()];
    assert_eq!(trusting(&alice).check(&component(), &detached), Ok(vec!["alice".into()]));
}

#[test]
fn takes_signatures_of_security_keys() {
    let keys = Keys::new();
    let key = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
    let text = |bytes: &[u8]| [&(bytes.len() as u32).to_be_bytes(), bytes].concat();
    let kind = text(b"sk-ssh-ed25519@openssh.com");
    let public = [kind.clone(), text(&key.pk[..]), text(b"ssh:")].concat();
    let hash = Sha512::digest(component());
    let signed = [b"SSHSIG".to_vec(), text(NAMESPACE.as_bytes()), text(b""), text(b"sha512"), text(&hash)].concat();
    // Touched, and its ninth signature.
    let counted = [1, 0, 0, 0, 9];
    let signed = [&Sha256::digest(b"ssh:")[..], &counted, &Sha256::digest(signed)[..]].concat();
    let signature = [kind, text(&key.sk.sign(signed, None)[..]), counted.to_vec()].concat();
    let [namespace, reserved, hash] = [NAMESPACE.as_bytes(), b"", b"sha512"].map(text);
    let head = [b"SSHSIG".as_slice(), &1u32.to_be_bytes()].concat();
    let blob = [head, text(&public), namespace, reserved, hash, text(&signature)].concat();
    let carol = format!("carol sk-ssh-ed25519@openssh.com {}", STANDARD.encode(public));
    keys.openssh_takes(&carol, "carol", &component(), &blob);
    let file = [component(), section_of(&blob)].concat();
    assert_eq!(trusting(&carol).check(&file, &[]), Ok(vec!["carol".into()]));
    every_flip_is_refused(&file, &carol);
}

fn every_flip_is_refused(file: &[u8], signers: &str) {
    let trust = trusting(signers);
    trust.check(file, &[]).expect("it is trusted as it is");
    for bit in 0..8 * file.len() {
        let mut flipped = file.to_owned();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(trust.check(&flipped, &[]).is_err(), "bit {bit}");
    }
    for length in 0..file.len() {
        assert!(trust.check(&file[..length], &[]).is_err(), "cut to {length} bytes");
    }
}

#[test]
fn refuses_every_flipped_bit() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    every_flip_is_refused(&keys.signed(&component(), "alice"), &alice);
}

#[test]
fn takes_several_signers() {
    let keys = Keys::new();
    let (alice, bob) = (keys.key("alice", "ed25519"), keys.key("bob", "ed25519"));
    let one = keys.signed(&component(), "alice");
    let both = keys.signed(&one, "bob");
    assert_eq!(trusting(&format!("{alice}{bob}")).check(&both, &[]), Ok(vec!["alice".into(), "bob".into()]));
    // One who is trusted is enough, but what the others signed must be the same.
    assert_eq!(trusting(&bob).check(&both, &[]), Ok(vec!["bob".into()]));
    let trust = trusting(&bob);
    for bit in 0..8 * both.len() {
        let mut flipped = both.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(trust.check(&flipped, &[]).is_err(), "bit {bit}");
    }
    assert!(matches!(sign(&both, &[], &keys.path("alice")), Err(SignError::Already(_))));
}

#[test]
fn refuses_what_lies_between_and_behind() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    let trust = trusting(&alice);
    let file = keys.signed(&component(), "alice");
    let signature = &file[component().len()..];
    let other = custom("other", b"");
    for (what, file) in [
        ("a section behind", [&file, other.as_slice()].concat()),
        ("a byte behind", [&file, [0].as_slice()].concat()),
        ("a section between", [&file, other.as_slice(), signature].concat()),
        ("a nested module behind", [&file, b"\x01\x08\0asm\x01\0\0\0".as_slice()].concat()),
    ] {
        let refusal = trust.check(&file, &[]).expect_err(what);
        assert!(matches!(refusal, Refusal::Sections(_)), "{what}: {refusal}");
    }
    // The same signature twice is no harm; too many are.
    let twice = [&file, signature].concat();
    assert_eq!(trust.check(&twice, &[]).map(|signers| signers.len()), Ok(2));
    let many = [component(), signature.repeat(SIGNATURES_MAX + 1)].concat();
    assert_eq!(trust.check(&many, &[]), Err(Refusal::Sections(SectionsError::TooMany)));
    // A length with zeros in front is another file with the same meaning.
    let mut long = component();
    long.extend([0, signature[1], signature[2] | 0x80, 0x00]);
    long.extend(&signature[3..]);
    assert!(matches!(trust.check(&long, &[]), Err(Refusal::Sections(SectionsError::Broken(_)))));
    // A signature of the bytes of another file.
    let moved = [&component(), other.as_slice(), signature].concat();
    assert!(matches!(trust.check(&moved, &[]), Err(Refusal::Changed(_))));
}

#[test]
fn tells_refusals_apart() {
    let keys = Keys::new();
    let (alice, mallory) = (keys.key("alice", "ed25519"), keys.key("mallory", "ed25519"));
    let file = keys.signed(&component(), "alice");
    let said = |trust: &Trust, file: &[u8]| trust.check(file, &[]).expect_err("it is refused").to_string();
    let mut words = Vec::new();
    words.push(said(&trusting(&alice), &component()));
    words.push(said(&trusting(&mallory), &file));
    let mut changed = file.clone();
    changed[component().len() - 1] ^= 1;
    words.push(said(&trusting(&alice), &changed));
    let damaged = [component(), section_of(b"SSHSIG")].concat();
    words.push(said(&trusting(&alice), &damaged));
    let early = alice.replacen(' ', " valid-after=\"30000101Z\" ", 1);
    words.push(said(&trusting(&early), &file));
    let other = alice.replacen(' ', " namespaces=\"git,file\" ", 1);
    words.push(said(&trusting(&other), &file));
    let pinned = Trust { digests: vec![Digest::of(b"another")], ..trusting(&alice) };
    words.push(said(&pinned, &file));
    let may = |id: &str| MaySign { principal: "alice".into(), ids: vec![id.into()] };
    let mut trust = Trust { may_sign: vec![may("com.acme.*")], ..trusting(&alice) };
    let signers = trust.check(&file, &[]).expect("it is trusted");
    assert_eq!(trust.check_rules(&signers, ["com.acme.one", "com.acme.two"]), Ok(()));
    words.push(trust.check_rules(&signers, ["com.acme.one", "org.one"]).expect_err("not theirs").to_string());
    trust.may_sign.push(may("org.one"));
    assert_eq!(trust.check_rules(&signers, ["com.acme.one", "org.one"]), Ok(()));
    for expected in [
        "it is not signed",
        "signed by a stranger",
        "it was changed after it was signed",
        "the signature is damaged",
        "out of its time",
        "is not for rules",
        "its digest is",
        "may not sign the rule org.one",
    ] {
        assert_eq!(words.iter().filter(|words| words.contains(expected)).count(), 1, "{expected}: {words:#?}");
    }
}

#[test]
fn refuses_other_types_of_keys_by_name() {
    let keys = Keys::new();
    let carol = keys.key("carol", "ecdsa");
    let error = sign(&component(), &[], &keys.path("carol")).expect_err("it is refused");
    assert!(matches!(&error, SignError::Useless(SshsigError::KeyType(kind)) if kind == "ecdsa-sha2-nistp256"));
    let armored =
        ssh_keygen(&["-Y", "sign", "-q", "-n", NAMESPACE, "-f", &keys.path("carol").to_string_lossy()], &component());
    let detached = unarmored(&String::from_utf8_lossy(&armored)).expect("armor");
    let refusal = trusting(&carol).check(&component(), &detached).expect_err("it is refused");
    assert!(refusal.to_string().contains("ecdsa-sha2-nistp256"), "{refusal}");
}

#[test]
fn refuses_signatures_for_another_purpose() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    let armored =
        ssh_keygen(&["-Y", "sign", "-q", "-n", "git", "-f", &keys.path("alice").to_string_lossy()], &component());
    let detached = unarmored(&String::from_utf8_lossy(&armored)).expect("armor");
    let refusal = trusting(&alice).check(&component(), &detached);
    assert_eq!(refusal, Err(Refusal::Signature(SshsigError::Namespace("git".into()))));
}

#[test]
fn asks_nothing_unless_told() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    assert_eq!(Trust::default().check(b"anything", &[]), Ok(Vec::new()));
    let lenient = Trust { required: false, ..trusting(&alice) };
    assert_eq!(lenient.check(&component(), &[]), Ok(Vec::new()));
    let mallory = keys.key("mallory", "ed25519");
    let strange = keys.signed(&component(), "mallory");
    assert!(matches!(lenient.check(&strange, &[]), Err(Refusal::Stranger(_))));
    let both = Trust { signers: Some(Signers::read(&format!("{alice}{mallory}")).expect("signers")), ..lenient };
    assert_eq!(both.check(&strange, &[]), Ok(vec!["mallory".into()]));
}

#[test]
fn keys_have_their_time() {
    let keys = Keys::new();
    let alice = keys.key("alice", "ed25519");
    let file = keys.signed(&component(), "alice");
    let windowed = |options: &str| trusting(&alice.replacen(' ', &format!(" {options} "), 1));
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    // 2026-01-01T00:00:00Z and a day later.
    let (start, end) = (1_767_225_600, 1_767_312_000);
    let trust = windowed("namespaces=\"trommel-*\",valid-after=\"20260101Z\",valid-before=\"20260102000000Z\"");
    for (seconds, taken) in [(start - 1, false), (start, true), (end, true), (end + 1, false)] {
        assert_eq!(trust.check_at(&file, &[], at(seconds)).is_ok(), taken, "{seconds}");
    }
    // The system's own time zone is at most a day away from UTC.
    let trust = windowed("valid-after=202601010000");
    assert!(trust.check_at(&file, &[], at(start + 86_400)).is_ok());
    assert!(trust.check_at(&file, &[], at(start - 86_400)).is_err());
}

#[test]
fn reads_allowed_signers() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBdbPLfNOvYHSCyvLSLsYWLPcjmr6bHBzKVrTvFG2r4W";
    for good in [
        "",
        "# a comment\n\n",
        &format!("alice@example.com {key} a comment"),
        &format!("a@x,b@y namespaces=\"file,trommel-rule\",valid-before=20300101 {key}"),
        &format!("*@example.com CERT-AUTHORITY,namespaces=\"a b\" {key}"),
    ] {
        Signers::read(good).unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for (bad, expected) in [
        ("alice", "line 1: expected a principal"),
        ("\nalice ssh-ed25519", "line 2: expected a principal"),
        ("alice ssh-ed25519 !", "not base64"),
        (&format!("alice {}", key.replace("ssh-ed25519 ", "ssh-rsa ")), "not of type ssh-rsa"),
        (&format!("alice sudo {key}"), "`sudo` is no option"),
        (&format!("alice valid-after=tomorrow {key}"), "`tomorrow` is no time"),
        (&format!("alice valid-after=20261332 {key}"), "`20261332` is no time"),
    ] {
        let error = Signers::read(bad).expect_err(bad).to_string();
        assert!(error.contains(expected), "{bad}: {error}");
    }
}

#[test]
fn digests_have_one_form() {
    let digest = Digest::of(b"");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
    assert!(digest.to_string().replace("sha256:", "sha512:").parse::<Digest>().is_err());
    assert!("sha256:".parse::<Digest>().is_err());
}
