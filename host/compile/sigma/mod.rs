//! Reads Sigma's rules: YAML, a rule a document.
//!
//! `yaml` reads the text, `selection` what a rule looks for, with `modifiers` and `pattern`; `condition` puts
//! that together, `sources` says which events it is about and where they hold their fields, `attack` reads tags.
//!
//! Strings ignore case, by simple folding. Null is missing, null or empty. A keyword lies anywhere in any value.

mod attack;
mod condition;
mod modifiers;
mod pattern;
mod rule;
mod selection;
mod sources;
mod yaml;

pub use condition::TESTS_MAX;
pub use pattern::VARIANTS_MAX;
pub use sources::Sources;
pub use yaml::{NESTING_MAX, NODES_MAX, TEXT_BYTES_MAX};

use super::ir::Rule;
use super::problem::Problem;

/// What a document of a text holds.
#[derive(Clone, Debug)]
pub struct Document {
    /// The title of the rule, if it was read.
    pub name: Option<String>,
    /// The rule, or why there is none.
    pub rule: Result<Rule, Problem>,
}

/// Says whether a YAML text is Sigma's: whether any document has what only those have.
pub fn is_rule(text: &str) -> bool {
    text.lines().any(|line| {
        ["detection:", "correlation:", "filter:"]
            .iter()
            .any(|key| line.trim_end() == *key || line.starts_with(&format!("{key} ")))
    })
}

/// Reads the rules of a text. A problem's span is in the text.
pub fn rules(text: &str, sources: &Sources) -> Vec<Document> {
    match yaml::documents(text) {
        Err(problem) => vec![Document { name: None, rule: Err(problem) }],
        Ok(documents) => documents
            .iter()
            .filter(|document| !document.is_null())
            .map(|document| Document {
                name: document.get("title").and_then(yaml::Node::text).map(str::to_owned),
                rule: rule::compile(document, sources),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
