//! `--format` of `test` and `bench`: how a command reports what it found out.

use clap::ValueEnum;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For people
    Text,
    /// One JSON object
    Json,
}
