//! What cargo tells about the crate of a rule: its name, its folders, and what it is built from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

use super::toolchain::tool;
use super::{BuildError, BuildErrorKind};

/// Is what cargo tells about the crate of a rule.
#[derive(Debug)]
pub(super) struct RuleCrate {
    pub(super) dir: PathBuf,
    pub(super) name: String,
    /// Is the stem of the file that cargo writes.
    pub(super) stem: String,
    pub(super) target_dir: PathBuf,
    pub(super) workspace: PathBuf,
    /// Are the folders of packages outside the workspace, each with a name to stand for it.
    pub(super) outside: Vec<(PathBuf, String)>,
}

impl RuleCrate {
    pub(super) fn read(crate_dir: &Path) -> Result<Self, BuildError> {
        if !crate_dir.is_dir() {
            let why = if crate_dir.exists() { "not a folder" } else { "no such folder" };
            return Err(BuildError::new(BuildErrorKind::NoFolder, crate_dir.display(), why)
                .with_hint("give the folder of a rule crate, the one with its Cargo.toml"));
        }
        let dir = std::path::absolute(crate_dir).map_err(|why| BuildError::file(crate_dir, &why))?;
        if !dir.join("Cargo.toml").is_file() {
            return Err(BuildError::new(BuildErrorKind::NoManifest, crate_dir.display(), "has no Cargo.toml")
                .with_hint("give the folder of a rule crate, the one with its Cargo.toml"));
        }
        let told = cargo_metadata(&dir)?;
        let mut rule = Self::from_metadata(&dir, &told)?;
        rule.outside = outside(&dir, told, &rule.workspace)?;
        Ok(rule)
    }

    pub(super) fn from_metadata(dir: &Path, told: &Value) -> Result<Self, BuildError> {
        let manifest = dir.join("Cargo.toml");
        let Some(package) = package_in(told, dir) else {
            return Err(BuildError::new(
                BuildErrorKind::NotAPackage,
                manifest.display(),
                "is a workspace without a package of its own",
            )
            .with_hint("give the folder of the member that is the rule"));
        };
        let name = text(&package["name"]);
        let Some(library) =
            items(&package["targets"]).find(|target| items(&target["crate_types"]).any(|kind| kind == "cdylib"))
        else {
            return Err(BuildError::new(
                BuildErrorKind::NoCdylib,
                manifest.display(),
                "the package has no library of the type cdylib",
            )
            .with_hint("add these lines to it\n  [lib]\n  crate-type = [\"cdylib\", \"rlib\"]"));
        };
        Ok(Self {
            dir: dir.to_path_buf(),
            stem: text(&library["name"]).replace('-', "_"),
            name,
            target_dir: text(&told["target_directory"]).into(),
            workspace: text(&told["workspace_root"]).into(),
            outside: Vec::new(),
        })
    }
}

impl RuleCrate {
    /// The folder for what is built, unless another is named.
    pub(super) fn rules_dir(&self) -> PathBuf {
        self.target_dir.join("rules")
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn package_in<'a>(told: &'a Value, dir: &Path) -> Option<&'a Value> {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let manifest = real(&dir.join("Cargo.toml"));
    items(&told["packages"]).find(|package| real(Path::new(&text(&package["manifest_path"]))) == manifest)
}

fn cargo_metadata(dir: &Path) -> Result<Value, BuildError> {
    let manifest = dir.join("Cargo.toml");
    let output = tool("cargo", dir)
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(&manifest)
        .output()
        .map_err(|why| no_cargo("cargo", &why))?;
    let refused = |why: String| BuildError::new(BuildErrorKind::BadManifest, manifest.display(), why);
    if !output.status.success() {
        return Err(refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|why| refused(format!("cargo metadata: {why}")))
}

pub(super) fn no_cargo(cargo: &str, why: &io::Error) -> BuildError {
    BuildError::new(BuildErrorKind::NoCargo, cargo, why).with_hint("install Rust: https://rustup.rs")
}

/// Finds the packages outside the workspace that the rule is built from by path.
fn outside(dir: &Path, told: Value, workspace: &Path) -> Result<Vec<(PathBuf, String)>, BuildError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::from([dir.to_path_buf()]);
    let mut todo = vec![(dir.to_path_buf(), told)];
    while let Some((dir, told)) = todo.pop() {
        let Some(package) = package_in(&told, &dir) else {
            continue;
        };
        if !dir.starts_with(workspace) {
            found.push((dir, format!("/{}-{}", text(&package["name"]), text(&package["version"]))));
        }
        let used = items(&package["dependencies"]).filter(|dependency| dependency["kind"] != "dev");
        for path in used.filter_map(|dependency| dependency["path"].as_str()).map(PathBuf::from) {
            if path.join("Cargo.toml").is_file() && seen.insert(path.clone()) {
                let told = cargo_metadata(&path)?;
                todo.push((path, told));
            }
        }
    }
    Ok(found)
}
