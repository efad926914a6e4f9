//! Finds a Rust that can build for the target: rustup's, or Debian's beside it.

use std::{
    env, fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{BuildError, BuildErrorKind, TARGET};

/// Bounds how long rustup may take to add the target, in seconds.
pub const TARGET_ADD_SECONDS_MAX: u64 = 60;

/// Are the variables that would make one rule's build differ from another's.
const FOREIGN: [&str; 6] = ["CARGO", "RUSTC", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER", "RUSTDOC", "RUSTFLAGS"];

/// Is Debian's cargo, which never is rustup's.
pub(super) const DEBIAN_CARGO: &str = "/usr/bin/cargo";
/// Is Debian's rustc, which never is rustup's.
pub(super) const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Is where Debian puts the source of Rust's library.
pub(super) const DEBIAN_SOURCE: &str = "/usr/lib/rustlib/src/rust";

const NO_TOOLCHAIN_HINT: &str = "run one of these, and build again\n  \
    rustup target add wasm32-unknown-unknown\n  \
    apt-get install --no-install-recommends rustc-web cargo-web rust-web-src";

/// Is a Rust that can build for the target.
#[derive(Debug)]
pub(super) struct Toolchain {
    /// Says in one line which one it is.
    pub(super) line: String,
    /// Is the linker for Debian's Rust, which brings none; nothing where the crate's own toolchain is taken.
    pub(super) debian_linker: Option<PathBuf>,
}

impl Toolchain {
    /// Takes the first toolchain that works: the crate's own, the crate's own with the target added, Debian's.
    ///
    /// `refused` says that rustup was asked once and did not add the target: it is not asked at every build.
    pub(super) fn find(dir: &Path, refused: bool, note: &mut dyn FnMut(&str)) -> Result<Self, BuildError> {
        let mut found = has_target(dir);
        if !found && !refused {
            add_target(dir, note);
            found = has_target(dir);
        }
        if found {
            let version = version("rustc", dir).unwrap_or_default();
            return Ok(Self { line: format!("{version} with its library for {TARGET}"), debian_linker: None });
        }
        let missing = || {
            BuildError::new(BuildErrorKind::NoToolchain, TARGET, "no Rust here has a library for this target")
                .with_hint(NO_TOOLCHAIN_HINT)
        };
        let library = Path::new(DEBIAN_SOURCE).join("library/std/Cargo.toml");
        if ![Path::new(DEBIAN_CARGO), Path::new(DEBIAN_RUSTC), &library].iter().all(|path| path.is_file()) {
            return Err(missing());
        }
        let version = version(DEBIAN_RUSTC, dir).ok_or_else(missing)?;
        let linker = debian_linker(dir).ok_or_else(|| {
            BuildError::new(BuildErrorKind::NoToolchain, DEBIAN_RUSTC, "has no linker for WebAssembly beside it")
                .with_hint("run this, and build again\n  apt-get install --no-install-recommends lld")
        })?;
        if !refused {
            note("building Rust's library from Debian's source: a minute or two, this once");
        }
        Ok(Self { line: format!("Debian's {version} with its library from source"), debian_linker: Some(linker) })
    }
}

/// The folder of the compiler that the crate's own toolchain has.
pub(super) fn sysroot(dir: &Path) -> Option<PathBuf> {
    first_line(tool("rustc", dir).args(["--print", "sysroot"])).map(PathBuf::from)
}

fn version(rustc: &str, dir: &Path) -> Option<String> {
    let line = first_line(tool(rustc, dir).arg("--version"))?;
    // The rest tells the commit and the day.
    Some(line.split(" (").next()?.to_owned())
}

/// Tells whether an empty crate compiles, so a library that is half unpacked does not count.
fn has_target(dir: &Path) -> bool {
    tool("rustc", dir)
        .args(["--target", TARGET, "--crate-type", "lib", "--emit", "metadata=-", "-"])
        .output()
        .is_ok_and(|output| output.status.success())
}

fn add_target(dir: &Path, note: &mut dyn FnMut(&str)) {
    let mut rustup = tool("rustup", dir);
    rustup.args(["target", "add", TARGET]).env("RUST_BACKTRACE", "0");
    let Ok(mut child) = rustup.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() else {
        return;
    };
    note(&format!("adding the target {TARGET} with rustup"));
    let deadline = Instant::now() + Duration::from_secs(TARGET_ADD_SECONDS_MAX);
    let status = loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
            Ok(status) => break status,
            Err(_) => break None,
        }
    };
    let why = if let Some(status) = status {
        if status.success() {
            return;
        }
        let mut said = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            // What cannot be read is only missing from the note.
            let _ = stderr.read_to_string(&mut said);
        }
        let error = said.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it gave no reason");
        // The rest is the chain of causes, with the paths of its temporary files.
        error.split(": ").next().unwrap_or(error).to_owned()
    } else {
        let _ = child.kill();
        let _ = child.wait();
        format!("took more than {TARGET_ADD_SECONDS_MAX} s")
    };
    note(&format!("rustup did not add the target: {why}"));
}

/// Looks for a linker beside rustup's compiler first, then beside Debian's.
fn debian_linker(dir: &Path) -> Option<PathBuf> {
    let rustups = first_line(tool("rustc", dir).args(["--print", "target-libdir"]))
        .map(|library| Path::new(&library).with_file_name("bin").join("rust-lld"))
        .filter(|linker| linker.is_file());
    let debians = || {
        let names = fs::read_dir("/usr/bin").ok()?.flatten().map(|entry| entry.path());
        names.filter_map(|path| Some((linker_rank(path.file_name()?.to_str()?)?, path))).max().map(|(_, path)| path)
    };
    rustups.or_else(debians)
}

/// Ranks the names of linkers for WebAssembly: a newer version over an older one, `rust-lld` over all.
fn linker_rank(name: &str) -> Option<u32> {
    match name {
        "rust-lld" => Some(u32::MAX),
        "wasm-ld" => Some(0),
        _ => name.strip_prefix("wasm-ld-")?.parse().ok(),
    }
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
}

/// Prepares a tool of Rust to run in `dir` as if no other cargo had started this process.
pub(super) fn tool(program: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).stdin(Stdio::null());
    if env::var_os("CARGO").is_some() {
        // The folder of the crate decides about the toolchain, not the cargo that runs trommel.
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTUP_TOOLCHAIN_SOURCE");
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
    for name in ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"] {
        // It is relative to the folder of this process, not to `dir`.
        if let Some(path) = env::var_os(name).and_then(|path| std::path::absolute(path).ok()) {
            command.env(name, path);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_says_both_commands() {
        assert!(NO_TOOLCHAIN_HINT.contains("\n  rustup target add wasm32-unknown-unknown\n"));
        assert!(
            NO_TOOLCHAIN_HINT.ends_with("\n  apt-get install --no-install-recommends rustc-web cargo-web rust-web-src")
        );
    }

    #[test]
    fn newer_linkers_come_first() {
        let mut names = ["wasm-ld", "rust-lld", "wasm-ld-22", "wasm-ld-9"];
        names.sort_by_key(|name| linker_rank(name));
        assert_eq!(names, ["wasm-ld", "wasm-ld-9", "wasm-ld-22", "rust-lld"]);
        assert_eq!(linker_rank("ld.lld"), None);
    }
}
