//! Registries that lie, send people away, and want to know who is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use trommel::package::Digest;

use crate::place::Place;
use crate::server::{Answer, Asked, Server, elsewhere, ok};

/// A rule, and a manifest that is as it should be.
struct Honest {
    rule: Vec<u8>,
    manifest: Value,
}

impl Honest {
    fn new() -> Self {
        let place = Place::new();
        place.rule("rule.wasm");
        let rule = place.read("rule.wasm");
        let layer =
            json!({"mediaType": "application/wasm", "digest": Digest::of(&rule).to_string(), "size": rule.len()});
        let manifest = json!({"schemaVersion": 2, "layers": [layer]});
        Self { rule, manifest }
    }

    /// What it answers who serves this manifest, and the rule.
    fn answer(&self) -> impl Fn(&Asked) -> Answer + Send + 'static {
        let (manifest, rule) = (self.manifest.to_string(), self.rule.clone());
        move |asked| if asked.line.contains("/manifests/") { ok(manifest.clone()) } else { ok(rule.clone()) }
    }
}

/// Serves a manifest, and for the blob what a closure says.
fn blob(manifest: &Value, blob: impl Fn(&Asked) -> Answer + Send + 'static) -> Server {
    let manifest = manifest.to_string();
    Server::start(move |asked| if asked.line.contains("/manifests/") { ok(manifest.clone()) } else { blob(asked) })
}

fn reference(server: &Server) -> String {
    format!("{}/acme/rule:1", server.address)
}

#[test]
fn layers_as_others_write_them_are_taken() {
    let mut honest = Honest::new();
    for media_type in [
        "application/wasm",
        "application/vnd.wasm.content.layer.v1+wasm",
        "application/vnd.module.wasm.content.layer.v1+wasm",
    ] {
        honest.manifest["layers"][0]["mediaType"] = json!(media_type);
        let server = Server::start(honest.answer());
        Place::new().well(&format!("pull {}", reference(&server)));
    }
}

#[test]
fn manifests_that_are_not_of_a_rule_are_refused() {
    let honest = Honest::new();
    let layer = &honest.manifest["layers"][0];
    let with = |name: &str, value: Value| {
        let mut layer = layer.clone();
        layer[name] = value;
        json!({"layers": [layer]}).to_string()
    };
    for (manifest, why) in [
        (json!({"layers": [layer, layer]}).to_string(), "it has 2 layers, where a rule has one"),
        (json!({"layers": []}).to_string(), "it has 0 layers"),
        (json!({"manifests": [layer]}).to_string(), "it is an index of several artifacts"),
        (json!([]).to_string(), "its manifest has no layers"),
        ("<html>".to_owned(), "its manifest is not JSON"),
        (with("mediaType", json!("application/vnd.oci.image.layer.v1.tar+gzip")), "which is not WebAssembly"),
        (with("digest", json!("sha256:../../../../etc/passwd")), "its layer has no digest"),
        (with("digest", json!("md5:1234")), "its layer has no digest"),
        (with("size", json!(-1)), "its layer has no digest, or no size"),
        (with("size", json!(1u64 << 40)), "the component is larger than 33554432 bytes"),
    ] {
        let server = Server::start(move |_| ok(manifest.clone()));
        Place::new().refuses(&format!("pull {}", reference(&server)), why);
        assert!(!server.asked().iter().any(|asked| asked.line.contains("/blobs/")), "{why}");
    }
}

#[test]
fn other_bytes_are_refused() {
    let honest = Honest::new();
    let (rule, length) = (honest.rule.clone(), honest.rule.len());
    let mut flipped = rule.clone();
    flipped[length / 2] ^= 1;
    let longer = [&rule[..], b"!"].concat();
    let half = rule[..length / 2].to_owned();
    for (bytes, why) in [
        (flipped, "the component does not have the digest"),
        (longer, "the component is larger than"),
        (half, "the component ended after"),
    ] {
        let server = blob(&honest.manifest, move |_| ok(bytes.clone()));
        let place = Place::new();
        place.refuses(&format!("pull {}", reference(&server)), why);
        place.refuses(&format!("run --rule {} events", reference(&server)), why);
        // A manifest that was asked for by its digest.
        let other = format!("{}/acme/rule@{}", server.address, Digest::of(b""));
        place.refuses(&format!("pull {other}"), "the manifest does not have the digest");
    }
}

#[test]
fn nothing_is_endless() {
    let honest = Honest::new();
    let server = blob(&honest.manifest, |_| Answer::Endless);
    Place::new().refuses(&format!("pull {}", reference(&server)), "the component is larger than");
    let server = Server::start(|_| Answer::Endless);
    Place::new().refuses(&format!("pull {}", reference(&server)), "the manifest is larger than 4194304 bytes");
    let server = Server::start(|_| Answer::Whole(200, vec![("x", "y".repeat(1 << 20))], Vec::new()));
    Place::new().refuses(&format!("pull {}", reference(&server)), "header");
}

#[test]
fn what_broke_off_goes_on() {
    let honest = Honest::new();
    let (rule, half) = (honest.rule.clone(), honest.rule.len() / 2);
    let broken = Arc::new(AtomicBool::new(false));
    let server = blob(&honest.manifest, move |asked| {
        if !broken.swap(true, Ordering::Relaxed) {
            return Answer::Broken(rule[..half].to_owned(), rule.len());
        }
        match asked.header("range") {
            Some(range) => {
                assert_eq!(range, format!("bytes={half}-"));
                Answer::Whole(206, Vec::new(), rule[half..].to_owned())
            }
            None => ok(rule.clone()),
        }
    });
    let (place, pull) = (Place::new(), format!("pull {} --out copy.wasm", reference(&server)));
    place.refuses(&pull, "");
    place.well(&pull);
    assert!(place.read("copy.wasm") == honest.rule);
    assert!(server.asked().last().is_some_and(|asked| asked.header("range").is_some()));
    // It is not fetched again.
    let before = server.asked().len();
    place.well(&pull);
    assert!(server.asked()[before..].iter().all(|asked| asked.line.contains("/manifests/")));
}

#[test]
fn what_goes_on_otherwise_is_refused_and_forgotten() {
    let honest = Honest::new();
    let (rule, half) = (honest.rule.clone(), honest.rule.len() / 2);
    let server = blob(&honest.manifest, move |asked| match asked.header("range") {
        Some(_) => Answer::Whole(206, Vec::new(), vec![0; rule.len() - half]),
        None => Answer::Broken(rule[..half].to_owned(), rule.len()),
    });
    let (place, pull) = (Place::new(), format!("pull {}", reference(&server)));
    place.refuses(&pull, "");
    place.refuses(&pull, "the component does not have the digest");
    place.refuses(&pull, "");
    assert_eq!(server.asked().last().and_then(|asked| asked.header("range")), None);
}

#[test]
fn redirects_end_and_lead_nowhere_bad() {
    let honest = Honest::new();
    for (location, why) in [
        ("/v2/acme/rule/manifests/1", "sent us around more than 5 times"),
        ("http://registry.example/v2/", "registry.example would be reached without encryption"),
        ("file:///etc/passwd", "sent us to what is no address"),
        ("//registry.example/", "sent us to what is no address"),
        ("https://user:secret@registry.example/", "sent us to what is no address"),
        ("", "sent us to what is no address"),
    ] {
        let server = Server::start(move |_| elsewhere(location));
        Place::new().refuses(&format!("pull {}", reference(&server)), why);
        assert!(server.asked().len() <= 6);
    }
    // One that is good: blobs often lie elsewhere.
    let storage = Server::start(honest.answer());
    let there = format!("http://{}/blob?signed=1", storage.address);
    let server = blob(&honest.manifest, move |_| elsewhere(there.clone()));
    Place::new().well(&format!("pull {}", reference(&server)));
    assert_eq!(storage.asked().len(), 1);
}

/// A registry that wants a token, and who gives them. Blobs lie with the other.
fn guarded(honest: &Honest) -> (Server, Server) {
    let rule = honest.rule.clone();
    let other = Server::start(move |asked| match asked.line.split(['?', ' ']).nth(1) {
        Some("/token") => ok(r#"{"token":"t0ken"}"#),
        _ => ok(rule.clone()),
    });
    let there = format!("http://{}", other.address);
    let answer = honest.answer();
    let server = Server::start(move |asked| {
        if asked.header("authorization") != Some("Bearer t0ken") {
            let challenge =
                format!(r#"Bearer realm="{there}/token",service="registry",scope="repository:acme/rule:pull""#);
            return Answer::Whole(401, vec![("www-authenticate", challenge)], Vec::new());
        }
        if asked.line.contains("/blobs/") { elsewhere(format!("{there}/blob")) } else { answer(asked) }
    });
    (server, other)
}

#[test]
fn tokens_are_got_and_go_to_nobody_else() {
    let honest = Honest::new();
    let (server, other) = guarded(&honest);
    let place = Place::new();
    place.well(&format!("pull {}", reference(&server)));
    let asked = other.asked();
    assert_eq!(asked[0].line, "GET /token?service=registry&scope=repository:acme/rule:pull");
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!((asked[1].line.as_str(), asked[1].header("authorization")), ("GET /blob", None));
    // With a name and a password, and with what `docker login` got in their place.
    std::fs::create_dir(place.path(".docker")).expect("a folder");
    for (entry, line, header) in [
        (json!({"auth": "YTpi"}), "GET /token?service=registry&scope=repository:acme/rule:pull", Some("Basic YTpi")),
        (json!({"auth": "YTo=", "identitytoken": "r&f"}), "POST /token", None),
    ] {
        let (server, other) = guarded(&honest);
        let config = json!({"auths": {format!("https://{}/v1/", server.address): entry}});
        place.write(".docker/config.json", config.to_string());
        place.well(&format!("pull {}", reference(&server)));
        let asked = &other.asked()[0];
        assert_eq!((asked.line.as_str(), asked.header("authorization")), (line, header));
        assert_eq!(asked.body.contains("grant_type=refresh_token"), header.is_none());
        assert_eq!(asked.body.contains("refresh_token=r%26f"), header.is_none(), "{}", asked.body);
    }
}

#[test]
fn tokens_that_are_none_are_refused() {
    for (challenge, why) in [
        ("Bearer", "it asks for what is not known here"),
        ("Negotiate abc", "it asks for what is not known here"),
        ("Bearer realm=\"http://registry.example/token\"", "registry.example would be reached without encryption"),
        ("Basic realm=\"here\"", "it wants a name and a password"),
        ("Bearer realm=\"https://a b/\"", "is no address"),
    ] {
        let server =
            Server::start(move |_| Answer::Whole(401, vec![("www-authenticate", challenge.into())], Vec::new()));
        Place::new().refuses(&format!("pull {}", reference(&server)), why);
    }
    // One that is never content.
    let server = Server::start(|asked| {
        let realm = format!("Bearer realm=\"http://{}/token\"", asked.header("host").unwrap_or_default());
        let token = asked.line.contains("/token");
        if token { ok(r#"{"token":"t"}"#) } else { Answer::Whole(401, vec![("www-authenticate", realm)], Vec::new()) }
    });
    Place::new().refuses(&format!("pull {}", reference(&server)), "answered with status 401");
    assert!(server.asked().len() <= 3);
}

#[test]
fn words_of_registries_are_made_harmless() {
    let body = r#"{"errors":[{"code":"DENIED","message":"\u001b[2Jgo away\nnow"}]}"#;
    let server = Server::start(move |_| Answer::Whole(403, Vec::new(), body.into()));
    let why = "answered with status 403: DENIED \\u{1b}[2Jgo away\\u{a}now";
    Place::new().refuses(&format!("pull {}", reference(&server)), why);
    // No registry of this machine: it is not called without encryption.
    Place::new().refuses("pull --component-bytes-max 1 registry.invalid/a/b:1", "registry.invalid");
}
