//! Compiles the crate of a rule to a core module, always alike: profile, flags and target folder are set here.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::rule_crate::{RuleCrate, no_cargo};
use super::toolchain::{DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_SOURCE, Toolchain, tool};
use super::{BuildError, BuildErrorKind, MODULE_MEMORY_BYTES_MAX, TARGET};

/// Is how large a function may be, by the compiler's own measure, that is copied to where it is called. Less than the
/// compiler's choice for speed: a rule gets a tenth smaller and no slower.
const INLINE_THRESHOLD: u32 = 100;

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

/// Is a folder of this crate's target folder that no other cargo locks.
pub(super) fn cargo_target_dir(rule: &RuleCrate, debian: bool, vectors: Vectors) -> PathBuf {
    let folder = match (debian, vectors) {
        (false, Vectors::Used) => "trommel",
        (false, Vectors::Unused) => "trommel-core",
        (true, Vectors::Used) => "trommel-debian",
        (true, Vectors::Unused) => "trommel-debian-core",
    };
    rule.target_dir.join(folder)
}

/// Compiles the crate, and returns the bytes of the module.
pub(super) fn compile(
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

    // Of the crate alone, not of what it is built from: so crates with rules can be put together.
    cargo.args(["--", "--cfg", "trommel_component"]);

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
pub(super) enum Vectors {
    /// For hosts of components, which all have them.
    Used,
    /// For hosts of core modules.
    Unused,
}

/// Writes the compiler's flags: whether the module uses vectors, and what keeps the paths of this machine out of it; of
/// two of these that fit, the last one counts.
pub(super) fn flags(rule: &RuleCrate, vectors: Vectors, target_dir: &Path) -> OsString {
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
