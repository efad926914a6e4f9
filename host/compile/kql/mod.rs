//! KQL, Kibana's query language, as Kibana turns it into a query of Elasticsearch's.
//!
//! What a value means depends on the field's type: a keyword is compared as a whole, a text by its tokens, an address may
//! be asked for by its network. Case counts, except in texts.

mod lower;
mod parse;

use super::ir::Query;
use super::problem::Problem;

/// The longest query.
pub const QUERY_BYTES_MAX: usize = 1 << 20;

/// How deep parentheses may lie in each other.
const NESTING_MAX: u32 = 100;

/// Compiles a query.
///
/// # Errors
///
/// A mistake in the query, or a refusal, with its place in the query.
pub fn compile(query: &str) -> Result<Query, Problem> {
    let parsed = parse::query(query)?;
    lower::query(parsed.as_ref())
}

#[cfg(test)]
mod tests;
