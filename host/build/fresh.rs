//! Whether a rule is to be built again before it runs: not while all that its component was made of is as it was.
//!
//! After a build its inputs are noted with size and time, as make does: the sources that the compiler read, manifests, the
//! lock file, cargo's settings, the compiler, the tests. What cannot be noted is built again by cargo, which knows best.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, iter};

use sha2::{Digest as _, Sha256};

use super::compile::{Vectors, cargo_target_dir};
use super::rule_crate::RuleCrate;
use super::toolchain::{DEBIAN_RUSTC, Toolchain, sysroot};
use super::{TARGET, TESTS, replace};

/// The folder of the notes, in a target folder.
const FOLDER: &str = "trommel-fresh";
/// What was written so shortly before a build began may have been written after: the clock of files is coarse.
const COARSE: Duration = Duration::from_millis(50);

/// The component of a crate, if it is what a build would give.
pub(super) fn component(crate_dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(crate_dir).ok()?;
    let named = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"].into_iter().find_map(env::var_os).map(PathBuf::from);
    let targets = named.into_iter().chain(dir.ancestors().map(|dir| dir.join("target")));
    let note = targets.filter_map(|target| fs::read_to_string(note_of(&target, &dir)).ok()).next()?;
    let mut lines = note.lines();
    let is_same = lines.next() == Some(&builder())
        && lines
            .clone()
            .all(|line| line.split_once('\t').is_some_and(|(stamp, path)| stamp == self::stamp(Path::new(path))));
    let (_, component) = lines.next()?.split_once('\t')?;
    is_same.then(|| component.into())
}

/// Notes what a component was made of, unless something was changed since the build began.
pub(super) fn remember(rule: &RuleCrate, toolchain: &Toolchain, component: &Path, begun: SystemTime) {
    let Some(inputs) = inputs(rule, toolchain) else { return };
    let lock = rule.workspace.join("Cargo.lock");
    let is_newer = |path: &PathBuf| {
        let changed = fs::metadata(path).and_then(|found| found.modified()).unwrap_or(UNIX_EPOCH);
        changed + COARSE >= begun
    };
    if inputs.iter().any(is_newer) {
        return;
    }
    // The lock file may be cargo's own work of now.
    let all = iter::once(component.to_owned()).chain([lock]).chain(inputs);
    let mut note = builder();
    for path in all {
        let Some(text) = path.to_str().filter(|text| !text.contains('\n')) else { return };
        note += &format!("\n{}\t{text}", stamp(&path));
    }
    let path = note_of(&rule.target_dir, &rule.dir);
    // Where that fails, the next run builds again.
    let folder = path.parent().map(fs::create_dir_all);
    if matches!(folder, Some(Ok(()))) {
        let _ = replace(&path, note.as_bytes());
    }
}

fn note_of(target: &Path, dir: &Path) -> PathBuf {
    let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    let hex: String = hash[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    target.join(FOLDER).join(hex)
}

/// What builds: this program, with the toolchain that the user asked for.
fn builder() -> String {
    let program = env::current_exe().map(|path| stamp(&path)).unwrap_or_default();
    let toolchain = env::var("RUSTUP_TOOLCHAIN").unwrap_or_default();
    format!("{} {program} {}", env!("CARGO_PKG_VERSION"), toolchain.escape_debug())
}

/// Tells a file from what it was before, and from none.
fn stamp(path: &Path) -> String {
    let Ok(found) = fs::metadata(path) else { return "none".into() };
    let changed = found.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{} {}", found.len(), changed.as_nanos())
}

/// All that the component is made of, files that are not there but would count included.
fn inputs(rule: &RuleCrate, toolchain: &Toolchain) -> Option<Vec<PathBuf>> {
    let is_debian = toolchain.debian_linker.is_some();
    let release = cargo_target_dir(rule, is_debian, Vectors::Used).join(TARGET).join("release");
    let mut inputs = dependencies(&fs::read_to_string(release.join(format!("{}.d", rule.stem))).ok()?);
    let manifest_of = |path: &PathBuf| path.ancestors().map(|dir| dir.join("Cargo.toml")).find(|path| path.is_file());
    let manifests: Vec<_> = inputs.iter().filter_map(manifest_of).collect();
    inputs.extend(manifests);
    inputs.extend([rule.dir.join("Cargo.toml"), rule.workspace.join("Cargo.toml")]);
    for dir in rule.dir.ancestors() {
        inputs.extend(
            ["rust-toolchain", "rust-toolchain.toml", ".cargo/config", ".cargo/config.toml"].map(|name| dir.join(name)),
        );
    }
    inputs.push(if is_debian { DEBIAN_RUSTC.into() } else { sysroot(&rule.dir)?.join("bin/rustc") });
    let tests = rule.dir.join(TESTS);
    for case in fs::read_dir(&tests).into_iter().flatten().flatten().map(|entry| entry.path()) {
        inputs.extend(fs::read_dir(&case).into_iter().flatten().flatten().map(|entry| entry.path()));
        inputs.push(case);
    }
    inputs.push(tests);
    inputs.sort();
    inputs.dedup();
    Some(inputs)
}

/// The files behind the colon in what the compiler writes for make. A blank in a name has a backslash before it.
fn dependencies(text: &str) -> Vec<PathBuf> {
    let line = text.lines().next().unwrap_or_default();
    let all = line.split_once(": ").map_or("", |(_, all)| all).replace("\\ ", "\0");
    all.split(' ').filter(|name| !name.is_empty()).map(|name| name.replace('\0', " ").into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_compiler_writes_for_make() {
        let read = dependencies("/t/a.wasm: /s/src/lib.rs /s/a\\ b/c.rs\n\n/s/src/lib.rs:\n");
        assert_eq!(read, [Path::new("/s/src/lib.rs"), Path::new("/s/a b/c.rs")]);
        assert!(dependencies("").is_empty());
    }

    #[test]
    fn a_change_of_any_input_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let (target, dir) = (folder.path().join("target"), folder.path().join("rule"));
        let (source, missing) = (dir.join("lib.rs"), dir.join("rust-toolchain"));
        fs::create_dir_all(&dir).expect("a folder");
        let write = |path: &Path, text: &str| fs::write(path, text).expect("written");
        write(&source, "a");
        let wasm = folder.path().join("rule.wasm");
        write(&wasm, "");
        let note = || {
            let all = [&wasm, &source, &missing].map(|path| format!("\n{}\t{}", stamp(path), path.display()));
            let path = note_of(&target, &dir);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            write(&path, &[builder(), all.concat()].concat());
        };
        note();
        assert_eq!(component(&dir), Some(wasm.clone()));
        write(&source, "ab");
        assert_eq!(component(&dir), None);
        note();
        write(&missing, "");
        assert_eq!(component(&dir), None);
        note();
        assert_eq!(component(&dir), Some(wasm.clone()));
        fs::remove_file(&wasm).expect("it was there");
        assert_eq!(component(&dir), None);
        assert_eq!(component(folder.path()), None);
    }
}
