//! Turns the folder of a rule crate into the two files that hosts load.
//!
//! Each compile for [`TARGET`] gives a core module without imports. One without vectors is written as
//! `<name>.core.wasm`, for hosts that know core modules only: some of them have none. One with vectors is wrapped as the
//! component `<name>.wasm`, for all others. Each compile has a target folder of its own, so that one does not undo the
//! other: the first build takes twice as long, and one after which nothing changed no time.
//!
//! The component carries the cases by which the rule is tested.
//!
//! Every rule is built alike: the profile, the flags and the target folder are set here, whatever its workspace says,
//! so the same source gives the same bytes. Debian's own Rust takes over where rustup has no library for the target.
//!
//! Left to others: making a new crate ([`new()`]), loading what was built, and the words on stderr.

use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fmt,
    fs::{self, File},
    io::{self, BufRead, BufReader, IsTerminal},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU64, Ordering},
};

use serde_json::Value;
use wit_component::{ComponentEncoder, metadata};

use crate::adapt::{MEMORY_PAGES_MAX, features};
use crate::cases;

use toolchain::{DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_SOURCE, Toolchain, tool};

mod new;
mod toolchain;

pub use new::{NAME_BYTES_MAX, Sdk, new};
pub use toolchain::TARGET_ADD_SECONDS_MAX;

/// Names the target of every rule: WebAssembly that is given nothing.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Is the most memory that a rule declares to its host, in bytes.
///
/// A host of components bounds it anyway; one of core modules mostly knows no other bound.
pub const MODULE_MEMORY_BYTES_MAX: u64 = MEMORY_PAGES_MAX << 16;

/// Is how large a function may be, by the compiler's own measure, that is copied to where it is called. Less than the
/// compiler's choice for speed: a rule gets a tenth smaller and no slower.
const INLINE_THRESHOLD: u32 = 100;

/// Names the folder of a rule crate that holds its cases.
pub const TESTS: &str = "tests";

/// Is the profile of every rule, stronger than that of its workspace.
const PROFILE: [&str; 7] = [
    "profile.release.codegen-units=1",
    "profile.release.debug=false",
    "profile.release.lto=true",
    "profile.release.opt-level=2",
    "profile.release.overflow-checks=false",
    "profile.release.panic=\"abort\"",
    "profile.release.strip=true",
];

/// Tells what was built, from what, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Is the name of the crate, and of both files.
    pub name: String,
    /// Is the path of the component, `<name>.wasm`.
    pub component: PathBuf,
    /// Is the path of the core module, `<name>.core.wasm`.
    pub core: PathBuf,
    /// Says in one line which toolchain was taken.
    pub toolchain: String,
}

/// Sorts the reasons why a rule is not built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BuildErrorKind {
    /// The folder of the crate is not there.
    NoFolder,
    /// The folder has no `Cargo.toml`.
    NoManifest,
    /// Cargo refuses the `Cargo.toml`.
    BadManifest,
    /// The `Cargo.toml` is that of a workspace without a package of its own.
    NotAPackage,
    /// The package has no library of the type `cdylib`.
    NoCdylib,
    /// Cargo itself is not there.
    NoCargo,
    /// No toolchain for the target was found.
    NoToolchain,
    /// The crate does not compile.
    Compile,
    /// The module wants functions from its host.
    Imports,
    /// The module uses what hosts of core modules do not have.
    Features,
    /// The module is no component in the making.
    NotARule,
    /// A new crate cannot have this name.
    BadName,
    /// A new crate would take the place of something else.
    Exists,
    /// The SDK for a new crate is not where it was said to be.
    NoSdk,
    /// The tests of the crate cannot be carried in its component.
    Tests,
    /// A file or folder cannot be read or written.
    File,
}

/// Says why a rule is not built: what, why, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    kind: BuildErrorKind,
    message: String,
    hint: Option<String>,
}

impl BuildError {
    fn new(kind: BuildErrorKind, what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { kind, message: format!("{what}: {why}"), hint: None }
    }

    fn file(path: &Path, why: &io::Error) -> Self {
        Self::new(BuildErrorKind::File, path.display(), why)
    }

    fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the sort of the error.
    pub fn kind(&self) -> BuildErrorKind {
        self.kind
    }

    /// Returns what helps, where something is known to.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for BuildError {}

/// Compiles the crate in `crate_dir` and writes its component and its core module.
///
/// The files go to `out`, or to the folder `rules` in the crate's target folder. Each is replaced as a whole, and only
/// if its bytes change. `note` is given what the operator should see meanwhile, line by line: the toolchain, and all
/// that the compiler says. Builds may run at the same time, also of the same crate.
///
/// The same source, lock file and toolchain give the same bytes in any folder, as long as the workspace holds all
/// packages that are used by path: Cargo numbers those outside it by their absolute path.
///
/// # Errors
///
/// The error's kind tells what is at fault: the folder, the toolchain, or the rule.
pub fn build(crate_dir: &Path, out: Option<&Path>, note: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
    let rule = RuleCrate::read(crate_dir)?;
    let _turn = wait_for_turn(&rule, note)?;
    let toolchain = Toolchain::find(&rule.dir, cargo_target_dir(&rule, true, Vectors::Unused).is_dir(), note)?;
    note(&format!("toolchain: {}", toolchain.line));

    let core = compile(&rule, &toolchain, Vectors::Unused, note)?;
    check_features(&rule.name, &core)?;
    let mut component = wrap(&rule.name, &compile(&rule, &toolchain, Vectors::Used, note)?)?;
    let tests = cases::read(&rule.dir.join(TESTS)).and_then(|cases| cases::carried::add(&mut component, &cases));
    tests.map_err(|why| BuildError::new(BuildErrorKind::Tests, crate_dir.display(), why))?;

    let out = out.map_or_else(|| rule.target_dir.join("rules"), Path::to_path_buf);
    fs::create_dir_all(&out).map_err(|why| BuildError::file(&out, &why))?;
    let built = Built {
        component: out.join(format!("{}.wasm", rule.name)),
        core: out.join(format!("{}.core.wasm", rule.name)),
        name: rule.name,
        toolchain: toolchain.line,
    };
    for (path, bytes) in [(&built.core, &core), (&built.component, &component)] {
        replace(path, bytes).map_err(|why| BuildError::file(path, &why))?;
    }
    Ok(built)
}

/// Takes the lock that lets one build at a time ask rustup, compile and read what was compiled.
fn wait_for_turn(rule: &RuleCrate, note: &mut dyn FnMut(&str)) -> Result<File, BuildError> {
    let path = rule.target_dir.join("trommel.lock");
    let mut lock = || {
        fs::create_dir_all(&rule.target_dir)?;
        let file = File::create(&path)?;
        if file.try_lock().is_err() {
            note("waiting for another build");
            // A signal may interrupt the waiting.
            while let Err(error) = file.lock() {
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        Ok(file)
    };
    lock().map_err(|why| BuildError::file(&path, &why))
}

/// Is what cargo tells about the crate of a rule.
#[derive(Debug)]
struct RuleCrate {
    dir: PathBuf,
    name: String,
    /// Is the stem of the file that cargo writes.
    stem: String,
    target_dir: PathBuf,
    workspace: PathBuf,
    /// Are the folders of packages outside the workspace, each with a name to stand for it.
    outside: Vec<(PathBuf, String)>,
}

impl RuleCrate {
    fn read(crate_dir: &Path) -> Result<Self, BuildError> {
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

    fn from_metadata(dir: &Path, told: &Value) -> Result<Self, BuildError> {
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

fn no_cargo(cargo: &str, why: &io::Error) -> BuildError {
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

/// Is a folder of this crate's target folder that no other cargo locks.
fn cargo_target_dir(rule: &RuleCrate, debian: bool, vectors: Vectors) -> PathBuf {
    let folder = match (debian, vectors) {
        (false, Vectors::Used) => "trommel",
        (false, Vectors::Unused) => "trommel-core",
        (true, Vectors::Used) => "trommel-debian",
        (true, Vectors::Unused) => "trommel-debian-core",
    };
    rule.target_dir.join(folder)
}

/// Compiles the crate, and returns the bytes of the module.
fn compile(
    rule: &RuleCrate,
    toolchain: &Toolchain,
    vectors: Vectors,
    note: &mut dyn FnMut(&str),
) -> Result<Vec<u8>, BuildError> {
    let target_dir = cargo_target_dir(rule, toolchain.debian_linker.is_some(), vectors);
    let program = if toolchain.debian_linker.is_some() { DEBIAN_CARGO } else { "cargo" };
    let mut cargo = tool(program, &rule.dir);
    // With a crate type beside cdylib, `cargo build` would leave out the link-time optimization.
    cargo.args(["rustc", "--quiet", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET]);
    cargo.arg("--manifest-path").arg(rule.dir.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(&target_dir);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    cargo
        .env("CARGO_BUILD_BUILD_DIR", &target_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(rule, vectors, &target_dir))
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TERM_COLOR", if io::stderr().is_terminal() { "always" } else { "never" });
    if let Some(linker) = &toolchain.debian_linker {
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC", DEBIAN_RUSTC)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
            .env_remove("LD_LIBRARY_PATH");
    }

    let mut child =
        cargo.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().map_err(|why| no_cargo(program, &why))?;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            note(&String::from_utf8_lossy(&line));
        }
    }
    match child.wait() {
        Ok(status) if status.success() => {
            let module = target_dir.join(TARGET).join("release").join(format!("{}.wasm", rule.stem));
            fs::read(&module).map_err(|why| BuildError::file(&module, &why))
        }
        Ok(_) => Err(BuildError::new(BuildErrorKind::Compile, &rule.name, "does not compile; cargo has said why")),
        Err(why) => Err(no_cargo(program, &why)),
    }
}

/// Says whether a module may use vectors of 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vectors {
    /// For hosts of components, which all have them.
    Used,
    /// For hosts of core modules.
    Unused,
}

/// Writes the compiler's flags: whether the module uses vectors, and what keeps the paths of this machine out of it; of
/// two of these that fit, the last one counts.
fn flags(rule: &RuleCrate, vectors: Vectors, target_dir: &Path) -> OsString {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let mut flags = OsString::from(match vectors {
        Vectors::Used => "-Ctarget-feature=+simd128",
        Vectors::Unused => "-Ctarget-feature=-simd128",
    });
    flags.push(format!("\u{1f}-Clink-arg=--max-memory={MODULE_MEMORY_BYTES_MAX}"));
    flags.push(format!("\u{1f}-Cllvm-args=-inline-threshold={INLINE_THRESHOLD}"));
    let mut add = |from: &Path, to: &str| {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    };
    if let Some(cargo_home) = cargo_home {
        add(&cargo_home, "/cargo");
    }
    add(Path::new(DEBIAN_SOURCE), "/rust");
    add(&rule.workspace, "/rule");
    for (dir, name) in &rule.outside {
        add(dir, name);
    }
    add(target_dir, "/target");
    flags
}

/// Wraps a core module as a component.
fn wrap(name: &str, core: &[u8]) -> Result<Vec<u8>, BuildError> {
    let imports = imports(core);
    if !imports.is_empty() {
        return Err(BuildError::new(BuildErrorKind::Imports, name, format!("imports {}", imports.join(", ")))
            .with_hint("a rule is given nothing but the event: leave out the dependency that asks its host"));
    }
    let not_a_rule = |why: String| {
        BuildError::new(BuildErrorKind::NotARule, name, why)
            .with_hint("implement the trait Rule and name the type in trommel_rule::export!")
    };
    match metadata::decode(core) {
        Ok((Some(_), _)) => {}
        Ok((None, _)) => return Err(not_a_rule("exports no rule".to_owned())),
        Err(why) => return Err(not_a_rule(why.root_cause().to_string())),
    }
    ComponentEncoder::default()
        .validate(true)
        .module(core)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|why| not_a_rule(why.root_cause().to_string()))
}

/// Refuses a core module that the hosts of core modules could not run.
fn check_features(name: &str, core: &[u8]) -> Result<(), BuildError> {
    match features::missing(core, false) {
        None => Ok(()),
        Some(missing) => {
            Err(BuildError::new(BuildErrorKind::Features, name, format!("uses what not every host has: {missing}"))
                .with_hint("leave out what turns such features on: target-feature in the code or a dependency"))
        }
    }
}

/// Wraps a core module that holds a rule as the component that it would have been built as. Nothing where it is none.
pub fn component_of(core: &[u8]) -> Option<Vec<u8>> {
    if wasmparser::Parser::is_core_wasm(core) { wrap("", core).ok() } else { None }
}

/// Lists the imports of a core module as `module.field`, or nothing where it is broken.
fn imports(core: &[u8]) -> Vec<String> {
    let sections = wasmparser::Parser::new(0).parse_all(core).map_while(Result::ok);
    let imports = sections.filter_map(|section| match section {
        wasmparser::Payload::ImportSection(imports) => Some(imports.into_imports().map_while(Result::ok)),
        _ => None,
    });
    imports.flatten().map(|import| format!("{}.{}", import.module, import.name)).collect()
}

/// Replaces a file as a whole, unless it has these bytes already: nobody ever finds half of one.
///
/// # Errors
///
/// The file, or one beside it, cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let temporary = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
}
