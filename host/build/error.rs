//! Why a rule is not built: typed, with what helps.

use std::path::Path;
use std::{fmt, io};

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
    pub(super) fn new(kind: BuildErrorKind, what: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { kind, message: format!("{what}: {why}"), hint: None }
    }

    pub(super) fn file(path: &Path, why: &io::Error) -> Self {
        Self::new(BuildErrorKind::File, path.display(), why)
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
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
