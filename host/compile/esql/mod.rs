//! ES|QL: the commands that look at one row at a time.
//!
//! `lex` and `parse` read a query as a `tree`; `columns` takes its commands one after the other, with what every
//! name stands for; `conditions`, `values` and `functions` turn expressions into the intermediate representation;
//! `dissect` and `grok` become regexes; `search` is full-text search.
//!
//! A field with several values is null to almost everything, and what is null is not true. An expression stands in place
//! of every name that `eval` gives it, so nothing is computed that no condition reads.

mod columns;
mod conditions;
mod dissect;
mod expressions;
mod functions;
mod grok;
mod grok_patterns;
mod lex;
mod parse;
mod search;
mod tree;
mod values;

use super::ir::Query;
use super::problem::{Problem, Reason};

/// The longest query.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// How deep expressions may lie in each other.
const NESTING_MAX: u32 = 100;

/// How large what a query computes may become, with every name replaced by what it stands for, in expressions.
pub const EXPRESSIONS_MAX: usize = 100_000;

/// Compiles a query.
///
/// # Errors
///
/// A mistake in the query, or a refusal, with its place in the query.
pub fn compile(query: &str) -> Result<Query, Problem> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::refusal(0..query.len(), Reason::TooLarge, "a query of so many bytes"));
    }
    columns::query(&parse::query(query)?)
}

#[cfg(test)]
mod tests;
