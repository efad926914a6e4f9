//! What comes into the project from outside, held against `deny.toml`: licences, crates that are banned, where they come
//! from. `cargo deny check` knows more, advisories above all; this needs neither that program nor the network.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The texts in a list of `deny.toml`.
fn listed(list: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    let text = std::fs::read_to_string(path).expect("deny.toml can be read");
    let start = format!("\n{list} = [");
    let (_, behind) = text.split_once(&start).unwrap_or_else(|| panic!("deny.toml has no list `{list}`"));
    let (inside, _) = behind.split_once(']').expect("the list ends");
    inside.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The crates of a build for this machine.
fn crates() -> Vec<Value> {
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let version = String::from_utf8(rustc.stdout).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host");
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let metadata: Value = serde_json::from_slice(&ran.stdout).expect("cargo metadata is JSON");
    let resolved = metadata["resolve"]["nodes"].as_array().expect("what is resolved");
    let ids: BTreeSet<&str> = resolved.iter().filter_map(|node| node["id"].as_str()).collect();
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().filter(|package| ids.contains(package["id"].as_str().unwrap_or_default())).cloned().collect()
}

/// Whether an SPDX expression can be met with these licences.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    fn split<'e>(expression: &'e str, word: &str) -> Vec<&'e str> {
        let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
        for (at, character) in expression.char_indices() {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 && at >= start && expression[at..].starts_with(word) {
                parts.push(&expression[start..at]);
                start = at + word.len();
            }
        }
        parts.push(&expression[start..]);
        parts
    }
    let expression = expression.trim();
    let any = split(expression, " OR ");
    if any.len() > 1 {
        return any.into_iter().any(|part| met(part, allowed));
    }
    let all = split(expression, " AND ");
    if all.len() > 1 {
        return all.into_iter().all(|part| met(part, allowed));
    }
    match expression.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')) {
        Some(inside) => met(inside, allowed),
        None => allowed.contains(expression),
    }
}

#[test]
fn reads_expressions() {
    let allowed = ["MIT", "A WITH B", "C"].map(str::to_owned).into();
    for yes in ["MIT", "X OR MIT", "MIT AND C", "(X OR MIT) AND C", "X OR (MIT AND (C OR Y))", "A WITH B OR X"] {
        assert!(met(yes, &allowed), "{yes}");
    }
    for no in ["", "X", "A", "MIT AND X", "(X OR Y) AND MIT", "X OR (MIT AND Y)"] {
        assert!(!met(no, &allowed), "{no}");
    }
}

#[test]
fn every_crate_is_allowed() {
    let (licences, banned, registries) = (listed("allow"), listed("deny"), listed("allow-registry"));
    let crates = crates();
    assert!(crates.len() > 100, "only {} crates", crates.len());
    for package in &crates {
        let name = package["name"].as_str().expect("a name");
        let licence = package["license"].as_str().unwrap_or_default();
        // Old crates write a slash for OR.
        let licence = licence.replace(" / ", " OR ").replace('/', " OR ");
        assert!(met(&licence, &licences), "{name}: the licence `{licence}` is not in deny.toml");
        assert!(!banned.contains(name), "{name} is banned in deny.toml");
        let registry = package["source"].as_str().map(|source| source.strip_prefix("registry+").unwrap_or(source));
        assert!(registry.is_none_or(|registry| registries.contains(registry)), "{name} comes from {registry:?}");
    }
}
