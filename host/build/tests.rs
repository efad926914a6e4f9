//! Building, as far as it takes no toolchain.

use serde_json::{Value, json};

use super::compile::flags;
use super::wrap::imports;
use super::*;

fn told(crate_types: &[&str]) -> Value {
    json!({
        "packages": [
            { "name": "other", "manifest_path": "/w/other/Cargo.toml", "targets": [] },
            {
                "name": "root-login",
                "manifest_path": "/w/rules/root-login/Cargo.toml",
                "targets": [
                    { "name": "demo", "crate_types": ["bin"] },
                    { "name": "root-login", "crate_types": crate_types },
                ],
            },
        ],
        "target_directory": "/w/target",
        "workspace_root": "/w",
    })
}

fn rule() -> RuleCrate {
    RuleCrate::from_metadata(Path::new("/w/rules/root-login"), &told(&["cdylib", "rlib"])).expect("a rule")
}

#[test]
fn metadata_names_the_rule_and_its_folders() {
    let rule = rule();
    assert_eq!(rule.name, "root-login");
    assert_eq!(rule.stem, "root_login");
    assert_eq!(rule.workspace, Path::new("/w"));
    assert_eq!(cargo_target_dir(&rule, false, Vectors::Used), Path::new("/w/target/trommel"));
    assert_eq!(cargo_target_dir(&rule, true, Vectors::Unused), Path::new("/w/target/trommel-debian-core"));
}

#[test]
fn a_workspace_and_a_plain_library_are_refused() {
    let error = RuleCrate::from_metadata(Path::new("/w"), &told(&["cdylib"])).expect_err("no package");
    assert_eq!(error.kind(), BuildErrorKind::NotAPackage);
    assert_eq!(error.to_string(), "/w/Cargo.toml: is a workspace without a package of its own");

    let error = RuleCrate::from_metadata(Path::new("/w/rules/root-login"), &told(&["lib"])).expect_err("no cdylib");
    assert_eq!(error.kind(), BuildErrorKind::NoCdylib);
    assert!(error.hint().is_some_and(|hint| hint.contains("crate-type = [\"cdylib\"")));
}

#[test]
fn folders_without_a_crate_are_refused() {
    let error = RuleCrate::read(Path::new("no/such/folder")).expect_err("no folder");
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (BuildErrorKind::NoFolder, "no/such/folder: no such folder")
    );
    let empty = tempfile::tempdir().expect("a folder");
    let error = RuleCrate::read(empty.path()).expect_err("no Cargo.toml");
    assert_eq!(error.kind(), BuildErrorKind::NoManifest);
}

#[test]
fn the_flags_hide_every_path() {
    let mut rule = rule();
    rule.outside.push(("/sdk".into(), "/sdk-0.1.0".to_owned()));
    let flags = flags(&rule, Vectors::Used, Path::new("/w/target/trommel")).into_string().expect("text");
    let flags: Vec<_> = flags.split('\u{1f}').collect();
    assert_eq!(flags[0], "-Ctarget-feature=+simd128");
    assert_eq!(
        flags[flags.len() - 3..],
        [
            "--remap-path-prefix=/w=/rule",
            "--remap-path-prefix=/sdk=/sdk-0.1.0",
            "--remap-path-prefix=/w/target/trommel=/target",
        ]
    );
}

#[test]
fn imports_are_named() {
    let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x19\x03\x03env\x01f\0\0\x01m\x01t\x01\x70\x01\x01\x02\x01a\x01b\x02\0\x01";
    let error = wrap("root-login", module).expect_err("imports");
    assert_eq!(error.kind(), BuildErrorKind::Imports);
    assert_eq!(error.to_string(), "root-login: imports env.f, m.t, a.b");
    for end in 0..module.len() {
        // Must neither panic nor loop.
        let _ = imports(&module[..end]);
    }
}

#[test]
fn a_module_that_not_every_host_runs_is_refused() {
    let module = wat::parse_str("(module (func (drop (i32x4.splat (i32.const 0)))))").expect("a module");
    let error = check_features("root-login", &module).expect_err("SIMD");
    assert_eq!(error.kind(), BuildErrorKind::Features);
    assert!(error.to_string().starts_with("root-login: uses what not every host has: SIMD"), "{error}");
    assert_eq!(check_features("root-login", b"\0asm\x01\0\0\0"), Ok(()));
}

#[test]
fn a_module_that_is_no_rule_is_refused() {
    let error = wrap("root-login", b"\0asm\x01\0\0\0").expect_err("no rule");
    assert_eq!(error.kind(), BuildErrorKind::NotARule);
    assert_eq!(error.to_string(), "root-login: exports no rule");
}

#[test]
fn files_are_replaced_as_a_whole_and_only_if_they_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("root-login.wasm");
    replace(&path, b"one").expect("written");
    let written = fs::metadata(&path).and_then(|told| told.modified()).expect("its time");
    replace(&path, b"one").expect("kept");
    assert_eq!(fs::metadata(&path).and_then(|told| told.modified()).expect("its time"), written);
    replace(&path, b"two").expect("replaced");
    assert_eq!(fs::read(&path).expect("read"), b"two");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
}
