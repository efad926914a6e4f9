//! Why a rule cannot be adapted.

use std::fmt;

/// Sorts the reasons why a rule cannot be adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AdaptErrorKind {
    /// The component imports something, so its module does too.
    Imports,
    /// The component is made of several core modules, or of none.
    SeveralModules,
    /// The bytes are not what they should be.
    Invalid,
    /// The module does not export a rule, or not in a way that is known.
    NotARule,
    /// The module uses what the other host does not have.
    Feature,
    /// The module does something that cannot be undone after a trap.
    Unsupported,
}

/// Says why a rule cannot be adapted, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdaptError {
    kind: AdaptErrorKind,
    message: String,
    hint: Option<String>,
}

impl AdaptError {
    pub(super) fn new(kind: AdaptErrorKind, why: impl Into<String>) -> Self {
        Self { kind, message: why.into(), hint: None }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns the sort of the error.
    pub fn kind(&self) -> AdaptErrorKind {
        self.kind
    }

    /// Returns what helps, where something is known to.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for AdaptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AdaptError {}
