//! Where an event lies.

use std::fmt;

use crate::diagnostics::printable;

/// Where an event lies: for people, in dead letters and in alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'p> {
    /// The input's name.
    pub file: &'p str,
    /// The number of the line, from 1.
    pub line: u64,
    /// The number of the record in a wrapped line, from 1.
    pub record: Option<u64>,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, record } = self;
        write!(f, "{}:{line}", printable(file))?;
        record.map_or(Ok(()), |record| write!(f, ": record {record}"))
    }
}
