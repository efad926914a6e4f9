//! Filters event streams with detection rules that travel as WebAssembly components.
//!
//! - An **event** is one JSON object of a stream: a line, or a record of a line that wraps many ([`Reading`]).
//! - A **rule** judges one event at a time. Rules lie in a [`Component`], which runs in the [`Sandbox`]; [`Rules`] are
//!   those of a run.
//! - A **finding** is what a rule says of an event ([`metadata::Finding`]).
//! - A **needle** is a text without which an event cannot matter to a rule ([`prefilter`]).
//! - An **alert** is a finding as it is written ([`Text`]).
//!
//! [`run`] takes a [`Job`] from its input to a [`Sink`], whatever the rules do. [`build::build`] compiles a rule crate,
//! [`compile`] turns texts of rules into one component, [`adapt::adapt`] makes the file that another host loads, and
//! [`package`] is a rule's way from its author to whoever runs it. [`cases`] test a rule.
//!
//! Not here: the words and the exit codes of the program, which `main.rs` has, and the contract with the rules, which
//! lies in `wit/`.

#[cfg(feature = "build")]
pub mod adapt;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "build")]
pub mod cases;
#[cfg(feature = "compile")]
pub mod compile;
pub mod diagnostics;
pub mod files;
#[cfg(feature = "package")]
pub mod package;
pub mod prefilter;
pub mod report;

mod input;
mod job;
mod judge;
pub mod measure;
mod output;
mod replay;
mod rules;
mod sandbox;
mod stream;
mod threads;

pub use input::source::{Progress, Stop};
pub use input::unwrap::{NoPointer, Unwrap};
pub use input::{BLOCK_BYTES, EVENT_BYTES_MAX, Input, Reading};
pub use job::{Exchange, FAILURES_MAX, Job, Judging, REST_EVENTS};
pub use output::answers::{Answer, Answers, Confirmed};
pub use output::counts::{Counts, RuleCounts};
pub use output::dead_letter::{Letter, LetterError};
pub use output::format::Format;
pub use output::place::Place;
pub use output::sink::{Judgement, Outcome, Sink};
pub use output::text::{Emit, Text, Writing};
pub use output::{Ended, OnError};
pub use replay::{Replay, ReplayError, replay};
pub use rules::Rules;
pub use sandbox::limits::{self, Limits};
pub use sandbox::{
    Component, ConfigureError, Failure, FailureKind, INTERFACE_VERSION, Instance, LoadError, Sandbox, SandboxError,
    Spent, Wasi, compile_alone, metadata,
};
pub use stream::run;
pub use threads::{THREAD_STACK_BYTES, cores};
