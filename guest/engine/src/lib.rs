//! The rule that is made of data: judges events by a pack of rules, which `trommel compile` writes.
//!
//! - A **pack** is a flat image of rules ([`image`]), read in place and never trusted.
//! - A **field** of a rule is a **slot**; one walk over the event ([`json`]) fills the slots that the pack reads.
//! - A rule is a **candidate** if the event holds one of the texts without which it cannot fire; only candidates are
//!   judged, and equal conditions once.
//!
//! [`Engine`] is all of it, natively and in the sandbox.
//!
//! Not here: reading rules. What a rule's text means is the compiler's.

pub mod fold;
pub mod grams;
pub mod hash;
pub mod image;
pub mod json;
pub mod report;
pub mod scalar;
pub mod text;
pub mod tokens;

#[cfg(target_arch = "wasm32")]
mod component;
mod decode;
mod engine;
mod expression;
mod fold_table;
mod function;
mod functions;
mod json_text;
mod judge;
#[cfg(target_arch = "wasm32")]
mod pack;
mod regex;
mod strings;
mod test;
mod values;
mod wide;

use std::fmt;

pub use engine::{About, Engine, Finding, ThreatEntry};
pub use expression::MADE_BYTES_MAX;
pub use judge::COMBINATIONS_MAX;
pub use regex::STEPS_MAX;
pub use test::TOKENS_MAX;

/// The engine itself, compiled: a core module with the component's type, into which `trommel compile` lays a pack.
///
/// It lies here, so that nobody needs a toolchain for WebAssembly to compile rules. A test builds it anew.
#[cfg(not(target_arch = "wasm32"))]
pub const ENGINE: &[u8] = include_bytes!("../engine.wasm");

/// Why an event was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The event is not the text of one JSON object.
    Malformed(json::Malformed),
    /// The pack is broken.
    Corrupt(image::Corrupt),
    /// The event would take more than the engine gives.
    TooMuch(&'static str),
}

impl From<json::Malformed> for Stop {
    fn from(what: json::Malformed) -> Self {
        Self::Malformed(what)
    }
}

impl From<image::Corrupt> for Stop {
    fn from(what: image::Corrupt) -> Self {
        Self::Corrupt(what)
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => write!(f, "{} at byte {}", malformed.what, malformed.at),
            Self::Corrupt(corrupt) => write!(f, "the pack is broken: {}", corrupt.0),
            Self::TooMuch(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for Stop {}
