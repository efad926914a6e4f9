//! Turns the texts of detection rules, Elastic's and Sigma's, into one component.
//!
//! - [`ir`] is what every rule text compiles to: the middle, which all others meet.
//! - A **front end** reads one language. `eql`, `kql` and `esql` each have `compile(&str) -> Result<Query, Problem>`, and
//!   `elastic` reads the TOML around them. `sigma` has `rules(&str, …)`, which answers with a rule or a problem for each
//!   document of a YAML file.
//! - The **back end** writes rules as a flat image, the pack, and lays it into the engine (`guest/engine`).
//!
//! A rule that is not understood is refused, never half compiled.

pub mod elastic;
pub mod eql;
mod fields;
pub mod ir;
pub mod kql;
pub mod pack;
pub mod problem;
pub mod regex;
pub mod types;

#[cfg(test)]
mod testing;
