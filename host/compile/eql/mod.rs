//! EQL, Elastic's language of rules for one event, as Elasticsearch runs it.
//!
//! [`compile`] reads a query of one event. `sequence`, `sample` and pipes are refused: they need several.

mod calls;
mod lex;
mod lower;
mod parse;

use super::ir::Query;
use super::problem::Problem;

/// The longest query.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// How deep parentheses and functions may lie in each other.
const NESTING_MAX: u32 = 100;

/// Compiles a query. `category_field` holds an event's category: `event.category`, unless the rule overrides it.
///
/// # Errors
///
/// A mistake in the query, or a refusal, with its place in the query.
pub fn compile(query: &str, category_field: &str) -> Result<Query, Problem> {
    let parsed = parse::query(query)?;
    lower::query(&parsed, category_field)
}

#[cfg(test)]
mod tests;
