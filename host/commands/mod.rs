//! The subcommands, one a file: its arguments and its run.

pub(crate) mod build;
pub(crate) mod replay;
pub(crate) mod run;
