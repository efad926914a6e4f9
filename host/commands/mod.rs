//! The subcommands, one a file: its arguments and its run; and what several share.

pub(crate) mod adapt;
mod answers;
pub(crate) mod build;
pub(crate) mod compile;
pub(crate) mod compile_child;
pub(crate) mod inspect;
mod overlap;
mod progress;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod select;
pub(crate) mod settings;
mod stop;
