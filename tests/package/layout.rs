//! OCI image layouts: artifacts in folders, without any network.

use std::fs;

use serde_json::{Value, json};

use crate::place::{Place, skopeo};

fn digest_in(printed: &str) -> &str {
    printed.trim().rsplit_once('@').expect("a digest").1
}

fn manifest(place: &Place, digest: &str) -> Value {
    let blob = format!("layout/blobs/{}", digest.replace(':', "/"));
    serde_json::from_slice(&place.read(&blob)).expect("a manifest is JSON")
}

#[test]
fn written_and_read() {
    let place = Place::new();
    place.rule("rule.wasm");
    let printed = place.well("push rule.wasm --oci layout 1.0.0");
    let digest = digest_in(&printed);
    assert_eq!(printed, format!("oci:layout@{digest}\n"));
    let manifest = manifest(&place, digest);
    let layer = trommel::package::Digest::of(&place.read("rule.wasm"));
    assert_eq!(manifest["artifactType"], "application/vnd.module.wasm.content.layer.v1+wasm");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["layers"][0]["digest"], layer.to_string());
    assert_eq!(manifest["layers"].as_array().map(Vec::len), Some(1));
    assert_eq!(manifest["layers"][0]["annotations"], json!({"org.opencontainers.image.title": "rule.wasm"}));
    let config = manifest["config"]["digest"].as_str().expect("a digest").replace(':', "/");
    let config: Value = serde_json::from_slice(&place.read(&format!("layout/blobs/{config}"))).expect("JSON");
    assert_eq!(config["architecture"], "wasm");
    assert_eq!(config["os"], "wasip2");
    assert_eq!(config["layerDigests"], json!([layer.to_string()]));
    let interface = format!("trommel:filter/event-filter@{}", trommel::INTERFACE_VERSION);
    assert_eq!(config["component"], json!({"exports": [interface], "imports": []}));
    for rule in ["oci:layout".into(), "oci:layout:1.0.0".into(), format!("oci:layout@{digest}")] {
        assert!(place.well(&format!("inspect {rule}")).contains("com.example.root-login"), "{rule}");
    }
    place.write("events", r#"{"eventName":"ConsoleLogin","userIdentity":{"type":"Root"}}"#);
    assert!(place.well("run -q --rule oci:layout events").contains("com.example.root-login"));
    assert_eq!(place.well("pull --oci layout --out copy.wasm"), "copy.wasm\n");
    assert!(place.read("copy.wasm") == place.read("rule.wasm"));
    // The same file has the same digest, and is there once.
    assert_eq!(place.well("push rule.wasm --oci layout"), printed);
    assert_eq!(place.well("push rule.wasm --oci layout latest"), printed);
    place.refuses("inspect oci:layout:2.0.0", "the layout has no artifact with the name 2.0.0");
    place.refuses("inspect oci:nowhere", "is no OCI image layout");
    place.refuses("inspect oci://ghcr.io/acme/share:1", "a folder is expected behind oci:");
}

#[test]
fn names_move() {
    let place = Place::new();
    place.rule("rule.wasm");
    place.key("alice");
    let first = place.well("push rule.wasm --oci layout latest");
    place.well("sign --key alice rule.wasm");
    let second = place.well("push rule.wasm --oci layout latest");
    assert_ne!(first, second);
    place.well("pull --oci layout latest --out latest.wasm");
    assert!(place.read("latest.wasm") == place.read("rule.wasm"));
    let refused = place.trommel(&format!("inspect oci:layout@{}", digest_in(&first)));
    assert!(refused.stderr.contains("no artifact with the digest"), "{}", refused.stderr);
    place.well("push rule.wasm --oci several a");
    let ebs = crate::support::ebs();
    place.well(&format!("push {} --oci several b", ebs.display()));
    let refused = place.trommel("inspect oci:several");
    assert!(refused.stderr.contains("several artifacts\ntrommel: hint: it has a, b\n"), "{}", refused.stderr);
    place.well("inspect oci:several:b");
}

#[test]
fn folders_of_others_are_left_alone() {
    let place = Place::new();
    place.rule("rule.wasm");
    fs::create_dir(place.path("mine")).expect("a folder");
    place.write("mine/file", "");
    place.refuses("push rule.wasm --oci mine", "mine is no OCI image layout");
    place.write("text", "no rule");
    place.refuses("push text --oci layout", "not WebAssembly");
    assert!(!place.path("layout").exists());
}

#[test]
fn damage_is_found() {
    let place = Place::new();
    place.rule("rule.wasm");
    let printed = place.well("push rule.wasm --oci layout");
    let manifest_file = format!("layout/blobs/{}", digest_in(&printed).replace(':', "/"));
    let layer = manifest(&place, digest_in(&printed))["layers"][0].clone();
    let layer_file = format!("layout/blobs/{}", layer["digest"].as_str().expect("a digest").replace(':', "/"));
    let (good_manifest, good) = (place.read(&manifest_file), place.read(&layer_file));
    let mut flipped = good.clone();
    flipped[1000] ^= 1;
    for (bytes, why) in [
        (&flipped[..], "the component does not have the digest"),
        (&good[..1000], "the component ended after 1000 of"),
        (&[&good[..], b"more"].concat(), "file too large"),
    ] {
        place.write(&layer_file, bytes);
        place.refuses("inspect oci:layout", why);
    }
    fs::remove_file(place.path(&layer_file)).expect("it was there");
    place.refuses("inspect oci:layout", "No such file");
    // A file without end.
    std::os::unix::fs::symlink("/dev/zero", place.path(&layer_file)).expect("a link");
    place.refuses("inspect oci:layout", "file too large");
    place.refuses("inspect --component-bytes-max 1000 oci:layout", "the component is larger than 1000 bytes");
    place.write(&manifest_file, [&good_manifest[..], b" "].concat());
    place.refuses("inspect oci:layout", "the manifest does not have the digest");
    place.write("layout/index.json", "{}");
    place.refuses("inspect oci:layout", "has no artifact");
    place.write("layout/oci-layout", "{}");
    place.refuses("inspect oci:layout", "is no OCI image layout");
    place.refuses("inspect /dev/zero", "is a device, not a file");
}

#[test]
fn skopeo_copies_layouts() {
    let place = Place::new();
    place.rule("rule.wasm");
    let printed = place.well("push rule.wasm --oci layout 1.0.0");
    skopeo(&place, "copy oci:layout:1.0.0 oci:copied:2.0.0");
    place.well("pull --oci copied 2.0.0 --out copied.wasm");
    assert!(place.read("copied.wasm") == place.read("rule.wasm"));
    place.well(&format!("inspect oci:copied@{}", digest_in(&printed)));
}
