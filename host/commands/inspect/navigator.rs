//! A layer for the ATT&CK Navigator: which techniques the rules cover.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use trommel::metadata::Metadata;

/// The format's version.
const LAYER: &str = "4.5";

/// The layer. A technique's score is the number of rules that look for it, and its comment their names.
pub(super) fn layer<'r>(rules: impl IntoIterator<Item = &'r Metadata>) -> Value {
    let mut techniques: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for rule in rules {
        for threat in &rule.threats {
            for technique in &threat.techniques {
                let names = techniques.entry((&technique.id, short_name(&threat.tactic.name))).or_default();
                names.push(&rule.name);
            }
        }
    }
    let most = techniques.values().map(Vec::len).max().unwrap_or(1);
    let technique = |((id, tactic), rules): ((&str, String), Vec<&str>)| {
        json!({
            "techniqueID": id,
            "tactic": tactic,
            "score": rules.len(),
            "comment": rules.join("\n"),
            "enabled": true,
            "showSubtechniques": true,
        })
    };
    json!({
        "name": "trommel",
        "versions": {"layer": LAYER},
        "domain": "enterprise-attack",
        "description": "Techniques that the rules look for; the score is the number of rules.",
        "techniques": techniques.into_iter().map(technique).collect::<Vec<_>>(),
        "gradient": {"colors": ["#cfe8ff", "#0b5cad"], "minValue": 0, "maxValue": most},
    })
}

/// A tactic as the Navigator calls it: `command-and-control`.
fn short_name(tactic: &str) -> String {
    tactic.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::profile::tests::rule;

    #[test]
    fn counts_the_rules_of_a_technique() {
        let (one, mut other) = (rule("one"), rule("other"));
        other.name = "Another".into();
        other.threats[0].tactic.name = "Command and Control".into();
        let layer = layer([&one, &one, &other]);
        let told: Vec<_> = layer["techniques"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|technique| {
                (technique["techniqueID"].as_str(), technique["tactic"].as_str(), technique["score"].as_u64())
            })
            .collect();
        let id = Some("T1537");
        assert_eq!(told, [(id, Some("command-and-control"), Some(1)), (id, Some("exfiltration"), Some(2))]);
        assert_eq!(layer["gradient"]["maxValue"], 2);
    }
}
