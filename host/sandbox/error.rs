//! Why there is no sandbox, why a component cannot be loaded or configured, or gave no answer.
//!
//! Hints for the operator are left to the program.

use std::{fmt, io};

use crate::INTERFACE_VERSION;
use crate::sandbox::metadata::SettingError;

/// Why there is no sandbox.
#[derive(Debug)]
#[non_exhaustive]
pub enum SandboxError {
    /// This process may not make memory executable, which compiled rules need: the system's error.
    NotExecutable(io::Error),
    /// The runtime refuses: why.
    Engine(String),
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotExecutable(error) => write!(f, "memory cannot be made executable: {error}"),
            Self::Engine(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SandboxError {}

/// A component that cannot be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoadError {
    /// More bytes than the limit, given here.
    TooLarge(usize),
    /// These bytes are not WebAssembly.
    NotWasm,
    /// These bytes are a core module.
    CoreModule,
    /// A broken component, or one that needs what the host does not have: why.
    Invalid(String),
    /// A function is larger than the limit, given here: compiling it could take any time.
    LargeFunction(usize),
    /// It is composed of components that have code of their own.
    Composed,
    /// It has more of something than the limit: of what, and the limit.
    TooMany(&'static str, usize),
    /// Compiling took more seconds of the processor's time than the limit, given here.
    CompileTime(u64),
    /// Compiling took more bytes of memory than the limit, given here.
    CompileMemory(usize),
    /// The compiler itself failed: how.
    Compiler(String),
    /// The component imports these, which nothing provides.
    Imports(Vec<String>),
    /// The component imports these, which are of WASI, and [`Wasi::Deny`](crate::Wasi::Deny) says to refuse it.
    Wasi(Vec<String>),
    /// The interface is not among the exports.
    NoInterface,
    /// The component speaks another version of the interface: which.
    OtherVersion(String),
    /// `describe` failed.
    Describe(Failure),
    /// The rules contradict themselves: how.
    Metadata(String),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(max) => write!(f, "is larger than {max} bytes"),
            Self::NotWasm => f.write_str("is not a rule: not WebAssembly"),
            Self::CoreModule => f.write_str("is a core module, where a component is needed"),
            Self::Invalid(why) => write!(f, "is no valid component: {why}"),
            Self::LargeFunction(max) => write!(f, "has a function of more than {max} bytes"),
            Self::Composed => f.write_str(
                "is composed of components that have code of their own: work between them cannot be bounded",
            ),
            Self::TooMany(what, max) => write!(f, "has more than {max} {what}"),
            Self::CompileTime(seconds) => {
                write!(f, "was not compiled within {seconds} seconds of the processor's time")
            }
            Self::CompileMemory(max) => write!(f, "was not compiled within {max} bytes of memory"),
            Self::Compiler(why) => write!(f, "was not compiled, because the compiler failed: {why}"),
            Self::Imports(names) => write!(f, "imports what no rule is given: {}", names.join(", ")),
            Self::Wasi(names) => write!(f, "imports WASI, which is denied: {}", names.join(", ")),
            Self::NoInterface => write!(
                f,
                "is not a rule: a component that does not export trommel:filter/event-filter@{INTERFACE_VERSION}"
            ),
            Self::OtherVersion(version) => {
                write!(f, "speaks version {version} of the interface; this host speaks {INTERFACE_VERSION}")
            }
            Self::Describe(failure) => write!(f, "cannot say what its rules are: {failure}"),
            Self::Metadata(why) => write!(f, "breaks the contract: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A component that refuses its settings.
#[derive(Debug)]
pub enum ConfigureError {
    /// These are the mistakes.
    Refused(Vec<SettingError>),
    /// The call failed.
    Failed(Failure),
}

impl fmt::Display for ConfigureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => write!(f, "{failure}"),
            Self::Refused(mistakes) => {
                let text = |mistake: &SettingError| {
                    let at = if mistake.pointer.is_empty() { "the whole document" } else { &mistake.pointer };
                    format!("{at}: expected {}", mistake.expected)
                };
                f.write_str(&mistakes.iter().map(text).collect::<Vec<_>>().join("; "))
            }
        }
    }
}

impl std::error::Error for ConfigureError {}

/// Why a component gave no answer that the host can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The details, for people.
    pub text: String,
    /// The rule to blame, by its number, where one is known. Else the call failed for all the rules that were asked.
    pub rule: Option<u32>,
    /// Whether it is that of all the rules that were asked, so that asking them one by one would tell nothing more.
    pub is_everybodys: bool,
}

/// How much of a rule's own words is kept, in bytes.
pub(super) const FAILURE_TEXT_BYTES_MAX: usize = 4 << 10;

impl Failure {
    /// A failure of this rule, or of a call.
    pub(super) fn new(kind: FailureKind, text: impl Into<String>, rule: Option<u32>) -> Self {
        let mut text = text.into();
        if text.len() > FAILURE_TEXT_BYTES_MAX {
            text.truncate(text.floor_char_boundary(FAILURE_TEXT_BYTES_MAX));
            text.push('…');
        }
        Self { kind, text, rule, is_everybodys: false }
    }
}

/// The kinds of [`Failure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The event is not one JSON object: the event's own fault, as the rule sees it.
    Malformed,
    /// The rule said that it could not judge the event, or its code could not be had.
    Internal,
    /// The rule trapped: a crash.
    Trap,
    /// The rule ran longer than its limit.
    Fuel,
    /// The rule wanted more memory, or more table elements, than its limit.
    Memory,
    /// The rule overflowed its stack.
    Stack,
    /// The answer is not what the contract demands, or over its limit.
    Answer,
    /// A finding in an event that holds no needle of its rule.
    Needle,
    /// To make an instance anew was not allowed: that took more work before than its events allow.
    Restart,
}

impl FailureKind {
    /// The kind's name in dead letters and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Internal => "internal",
            Self::Trap => "trap",
            Self::Fuel => "fuel",
            Self::Memory => "memory",
            Self::Stack => "stack",
            Self::Answer => "answer",
            Self::Needle => "needle",
            Self::Restart => "restart",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.text)
    }
}

impl std::error::Error for Failure {}
