//! The crate can be packaged: all that it is built of lies in its own folder.

use std::process::Command;

#[test]
fn the_package_holds_the_contract() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let listed = cargo.output().expect("cargo runs");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let files = String::from_utf8_lossy(&listed.stdout).into_owned();
    // The contract is a link to a folder outside.
    for file in ["Cargo.toml", "src/lib.rs", "src/contract.rs", "wit/event-filter.wit"] {
        assert!(files.lines().any(|line| line == file), "{file} is not among\n{files}");
    }
    let contract = include_str!("../src/contract.rs");
    assert!(contract.contains(r#"path: "wit""#) && !contract.contains("../"), "{contract}");
}
