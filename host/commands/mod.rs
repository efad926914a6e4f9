//! The subcommands, one a file: its arguments and its run; and what several share.

pub(crate) mod adapt;
mod alerts;
mod answers;
pub(crate) mod build;
pub(crate) mod compile;
pub(crate) mod compile_child;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod inspect;
pub(crate) mod man;
mod overlap;
mod profile;
pub(crate) mod new;
mod progress;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod select;
pub(crate) mod settings;
pub(crate) mod sign;
mod source;
mod stop;
mod trust;
pub(crate) mod verify;
