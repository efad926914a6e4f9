//! Turns the folder of a rule crate into the two files that hosts load.
//!
//! Each compile for [`TARGET`] gives a core module without imports. One without vectors is written as
//! `<name>.core.wasm`, for hosts that know core modules only: some of them have none. One with vectors is wrapped as the
//! component `<name>.wasm`, for all others. Each compile has a target folder of its own, so that one does not undo the
//! other: the first build takes twice as long, and one after which nothing changed no time. Whoever runs the rule at once
//! needs the component alone.
//!
//! The component carries the cases by which the rule is tested.
//!
//! Every rule is built alike: the profile, the flags and the target folder are set here, whatever its workspace says,
//! so the same source gives the same bytes. Debian's own Rust takes over where rustup has no library for the target.
//!
//! Left to others: making a new crate ([`new()`]), loading what was built, and the words on stderr.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::adapt::MEMORY_PAGES_MAX;
use crate::cases;

use compile::{Vectors, cargo_target_dir, compile};
use rule_crate::{RuleCrate, no_cargo};
use toolchain::Toolchain;
use wrap::{check_features, wrap};

mod compile;
mod error;
mod fresh;
mod new;
mod rule_crate;
#[cfg(test)]
mod tests;
mod toolchain;
mod wrap;

pub use error::{BuildError, BuildErrorKind};
pub use new::{NAME_BYTES_MAX, Sdk, new};
pub use toolchain::TARGET_ADD_SECONDS_MAX;
pub use wrap::component_of;

/// Names the target of every rule: WebAssembly that is given nothing.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// Is the most memory that a rule declares to its host, in bytes.
///
/// A host of components bounds it anyway; one of core modules mostly knows no other bound.
pub const MODULE_MEMORY_BYTES_MAX: u64 = MEMORY_PAGES_MAX << 16;

/// Names the folder of a rule crate that holds its cases.
pub const TESTS: &str = "tests";

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

/// Compiles the crate in `crate_dir` and writes its component and its core module.
///
/// The files go to `out`, or to the folder `rules` in the crate's target folder. Each is replaced as a whole, and only
/// if its bytes change, and only if `accept` takes the component. `note` is given what the operator should see meanwhile,
/// line by line: the toolchain, and all that the compiler says. Builds may run at the same time, also of the same crate.
///
/// The same source, lock file and toolchain give the same bytes in any folder, as long as the workspace holds all
/// packages that are used by path: Cargo numbers those outside it by their absolute path.
///
/// # Errors
///
/// The error's kind tells what is at fault: the folder, the toolchain, or the rule.
pub fn build<E: From<BuildError>>(
    crate_dir: &Path,
    out: Option<&Path>,
    accept: impl FnOnce(&[u8]) -> Result<(), E>,
    note: &mut dyn FnMut(&str),
) -> Result<Built, E> {
    let rule = RuleCrate::read(crate_dir)?;
    let _turn = wait_for_turn(&rule, note)?;
    let toolchain = Toolchain::find(&rule.dir, cargo_target_dir(&rule, true, Vectors::Unused).is_dir(), note)?;
    note(&format!("toolchain: {}", toolchain.line));

    let core = compile(&rule, &toolchain, Vectors::Unused, note)?;
    check_features(&rule.name, &core)?;
    let component = tested(&rule, &compile_again(&rule, &toolchain, note)?)?;
    accept(&component)?;

    let out = out.map_or_else(|| rule.rules_dir(), Path::to_path_buf);
    let built = Built {
        component: out.join(format!("{}.wasm", rule.name)),
        core: out.join(format!("{}.core.wasm", rule.name)),
        name: rule.name,
        toolchain: toolchain.line,
    };
    write(&built.core, &core)?;
    write(&built.component, &component)?;
    Ok(built)
}

/// Compiles the crate in `crate_dir` as [`build`] does, to its component alone, unless nothing that it is made of has
/// changed. Gives the component's path.
///
/// `note` is given what the compiler says: nothing, where all is well.
///
/// # Errors
///
/// As of [`build`].
pub fn component(crate_dir: &Path, note: &mut dyn FnMut(&str)) -> Result<PathBuf, BuildError> {
    if let Some(component) = fresh::component(crate_dir) {
        return Ok(component);
    }
    let begun = SystemTime::now();
    let rule = RuleCrate::read(crate_dir)?;
    let _turn = wait_for_turn(&rule, note)?;
    let toolchain = Toolchain::find(&rule.dir, cargo_target_dir(&rule, true, Vectors::Used).is_dir(), note)?;
    let core = compile(&rule, &toolchain, Vectors::Used, note);
    let core = core.inspect_err(|_| note(&format!("toolchain: {}", toolchain.line)))?;
    let path = rule.rules_dir().join(format!("{}.wasm", rule.name));
    write(&path, &tested(&rule, &core)?)?;
    fresh::remember(&rule, &toolchain, &path, begun);
    Ok(path)
}

/// Compiles for hosts with vectors what was just compiled for those without: the compiler has said all that it has to.
fn compile_again(rule: &RuleCrate, toolchain: &Toolchain, note: &mut dyn FnMut(&str)) -> Result<Vec<u8>, BuildError> {
    let mut said = Vec::new();
    let core = compile(rule, toolchain, Vectors::Used, &mut |line| said.push(line.to_owned()));
    core.inspect_err(|_| said.iter().for_each(|line| note(line)))
}

/// Wraps a core module as a component that carries the tests of the crate.
fn tested(rule: &RuleCrate, core: &[u8]) -> Result<Vec<u8>, BuildError> {
    let mut component = wrap(&rule.name, core)?;
    let tests = cases::read(&rule.dir.join(TESTS)).and_then(|cases| cases::carried::add(&mut component, &cases));
    tests.map_err(|why| BuildError::new(BuildErrorKind::Tests, &rule.name, why))?;
    Ok(component)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), BuildError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(|why| BuildError::file(folder, &why))?;
    replace(path, bytes).map_err(|why| BuildError::file(path, &why))
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
