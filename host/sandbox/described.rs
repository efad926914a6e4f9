//! What is known of components from an earlier start: that they compile within the limits, and what they said of
//! themselves. With it, a component need not be compiled, read or asked before an event concerns it.
//!
//! The code itself lies in wasmtime's cache, which cannot be asked whether it has it.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wasmtime::ModuleVersionStrategy;

use super::Sandbox;
use crate::sandbox::metadata::{self, Metadata};

/// What a component says of itself. It is always the same: nothing that `describe` could ask gives it another answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) imports: Vec<String>,
    pub(super) rules: Vec<Metadata>,
}

/// The file that has what is known of a component.
pub(super) struct Known(PathBuf);

impl Known {
    /// Its name tells the component, and what else its loading depends on, from all others.
    pub(super) fn of(folder: &Path, sandbox: &Sandbox, bytes: &[u8]) -> Self {
        struct Sha(Sha256);
        impl Hasher for Sha {
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
            fn finish(&self) -> u64 {
                unreachable!("the whole hash is taken")
            }
        }
        let mut sha = Sha(Sha256::new());
        (ModuleVersionStrategy::WasmtimeVersion, env!("CARGO_PKG_VERSION")).hash(&mut sha);
        sandbox.engine.precompile_compatibility_hash().hash(&mut sha);
        format!("{:?} {:?}", sandbox.limits, sandbox.wasi).hash(&mut sha);
        sha.write(bytes);
        Self(folder.join(format!("{:x}", sha.0.finalize())))
    }

    /// What is known. A file that is broken, or was written by other rules for metadata, is as none.
    pub(super) fn read(&self) -> Option<Described> {
        let mut described: Described = serde_json::from_slice(&fs::read(&self.0).ok()?).ok()?;
        metadata::check(&mut described.rules).ok()?;
        Some(described)
    }

    /// Keeps what is known. Where that fails, the next start finds it out again.
    pub(super) fn write(&self, described: &Described) {
        let json = serde_json::to_vec(described).expect("texts and numbers are JSON");
        let _ = self.0.parent().map(|folder| fs::create_dir_all(folder).and_then(|()| forget_old(folder)));
        let _ = fs::write(&self.0, json);
    }
}

/// What was found out longer ago is forgotten: most of it is of components that have a newer version.
const KEPT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

fn forget_old(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.metadata()?.modified()?.elapsed().is_ok_and(|age| age > KEPT) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}
