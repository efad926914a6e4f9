//! Filters event streams with detection rules that travel as WebAssembly components.
//!
//! - An **event** is one JSON object of a stream: a line, or a record of a line that wraps many ([`Reading`]).
//! - A **rule** judges one event at a time. Rules lie in a [`Component`], which runs in the [`Sandbox`].
//! - A **finding** is what a rule says of an event ([`metadata::Finding`]).
//! - A **needle** is a text without which an event cannot matter to a rule ([`needles`]).
//! - An **alert** is a finding as it is written ([`Writing`]).
//!
//! [`run`] takes a [`Job`] from its input to its output, whatever the rules do. [`build::build`] compiles a rule.
//!
//! Not here: the words and the exit codes of the program, which `main.rs` has, and the contract with the rules, which
//! lies in `wit/`.

pub mod build;
pub mod limits;
pub mod metadata;
pub mod needles;
pub mod talk;

mod alert;
mod block;
mod columns;
mod count;
mod dead_letter;
mod engine;
mod lines;
mod output;
mod read;
mod rule;
mod sieve;
mod source;
mod unwrap;

pub use count::{ComponentCounts, Counts};
pub use dead_letter::event_of_letter;
pub use engine::{Job, THREAD_STACK_BYTES, cores, run};
pub use limits::Limits;
pub use output::{Emit, Ended, OnError, Writing};
pub use read::{BLOCK_BYTES, EVENT_BYTES_MAX, Input, Reading};
pub use rule::{
    Component, ConfigureError, Failure, FailureKind, INTERFACE_VERSION, Instance, LoadError, Sandbox, Wasi,
    compile_alone,
};
pub use source::{Progress, Stop};
pub use unwrap::{NoPointer, Unwrap};
