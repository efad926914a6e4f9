//! The cases by which a rule is tested: events, and what must be found in them.
//!
//! A case is plain files in a folder of its own ([`read`]); a component carries the same files in a custom section
//! ([`carried`]). A [`Checker`] has a component judge a case, and holds it to what rules promise.
//!
//! Left to others: reports, and writing findings anew, which the program does.

pub mod carried;
mod check;
mod diff;
mod findings;
mod read;

pub use check::{Checker, Outcome, Share};
pub use diff::{Line, diff};
pub use findings::line;
pub use read::read;

/// How many cases a rule may have.
pub const CASES_MAX: usize = 10_000;
/// The files of all cases of a rule together, in bytes.
pub const CASES_BYTES_MAX: usize = 16 << 20;

/// One case, as its files have it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Case {
    /// The name of its folder.
    pub name: String,
    /// The event of `event.json`, or those of `events.ndjson`, one a line.
    pub events: Vec<String>,
    /// What must be found: the lines of `findings.ndjson`. Empty: nothing may be found. `None`: whatever it is.
    pub findings: Option<Vec<String>>,
    /// The text of `settings.json`: the settings of the one rule, or of several by their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<String>,
}

/// Why there are no cases to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CasesError {
    /// A file or folder cannot be read, or is not what it should be: which, and why.
    File(String, String),
    /// There are more than [`CASES_MAX`].
    TooMany,
    /// They have more than [`CASES_BYTES_MAX`] bytes.
    TooLarge,
    /// What the component carries is broken: how.
    Broken(String),
}

impl std::fmt::Display for CasesError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "{path}: {why}"),
            Self::TooMany => write!(f, "there are more than {CASES_MAX} tests"),
            Self::TooLarge => write!(f, "the tests have more than {CASES_BYTES_MAX} bytes"),
            Self::Broken(why) => write!(f, "the tests in the component are broken: {why}"),
        }
    }
}

impl std::error::Error for CasesError {}

/// A number of things, in words.
pub(crate) fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
