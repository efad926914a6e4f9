//! Chooses needles: texts of which an event holds one, as they are written, wherever a rule fires.
//!
//! They pay where all rules of a pack have some, and few events hold one: in packs for clouds.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::normal::implied;
use crate::compile::ir::{Condition, Fields, Fold, Piece, Test};

/// The shortest needle that is given.
const NEEDLE_BYTES_MIN: usize = 5;

/// How many rules may have needles together: with more, some needle lies in nearly every event.
const NEEDLE_RULES_MAX: usize = 1_000;

/// Gives each rule its needles: the texts of one part of its condition, as they are written. Nothing if a rule has none,
/// since then every event must be seen anyhow.
pub(super) fn choose(rules: &[Condition]) -> Option<Vec<Vec<String>>> {
    if rules.len() > NEEDLE_RULES_MAX {
        return None;
    }
    let mut popular: HashMap<String, usize> = HashMap::new();
    for rule in rules {
        let mut texts = BTreeSet::new();
        every_needle(rule, &mut texts);
        for text in texts {
            *popular.entry(text).or_default() += 1;
        }
    }
    rules
        .iter()
        .map(|rule| best_needles(rule, &popular, rules.len()).map(|texts| texts.into_iter().collect()))
        .collect()
}

/// How the names of fields of few values end: a text of theirs lies in too many events to be a needle.
const COMMON: [&str; 8] = ["category", "dataset", "kind", "module", "namespace", "outcome", "provider", "type"];

fn is_common(path: &str) -> bool {
    COMMON.contains(&path.rsplit('.').next().unwrap_or(path))
}

/// How many of the rules of a pack may share a needle.
const NEEDLE_SHARE_MAX: f64 = 0.1;

fn best_needles(condition: &Condition, popular: &HashMap<String, usize>, rules: usize) -> Option<BTreeSet<String>> {
    match condition {
        Condition::Any(Fields::One(field), test) => {
            if field.paths.iter().any(|path| is_common(path)) {
                return None;
            }
            let needles = needles_of(test)?;
            let limit = ((rules as f64 * NEEDLE_SHARE_MAX) as usize).max(3);
            needles.iter().all(|needle| popular.get(needle).is_none_or(|&count| count <= limit)).then_some(needles)
        }
        Condition::And(parts) => {
            parts.iter().filter_map(|part| best_needles(part, popular, rules)).min_by_key(|needles| {
                let shared: usize = needles.iter().map(|needle| popular.get(needle).unwrap_or(&1)).sum();
                // Of those that are as rare in the rules, the longer ones are rarer in events.
                (shared, Reverse(needles.iter().map(String::len).min()))
            })
        }
        Condition::Or(parts) => {
            let mut all = BTreeSet::new();
            for part in parts {
                all.extend(best_needles(part, popular, rules)?);
            }
            Some(all)
        }
        Condition::Constant(false) => Some(BTreeSet::new()),
        Condition::Single(expression) | Condition::Script(expression) => {
            best_needles(&implied(expression), popular, rules)
        }
        _ => None,
    }
}

fn every_needle(condition: &Condition, texts: &mut BTreeSet<String>) {
    match condition {
        Condition::Any(Fields::One(_), test) => texts.extend(needles_of(test).unwrap_or_default()),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| every_needle(part, texts)),
        Condition::Single(expression) | Condition::Script(expression) => every_needle(&implied(expression), texts),
        _ => {}
    }
}

/// Is what an event must hold, as it is, of one of the texts that satisfy the test.
fn needles_of(test: &Test) -> Option<BTreeSet<String>> {
    let Test::Text(patterns, Fold::Exact) = test else { return None };
    let plain = |c: char| c.is_ascii_graphic() && c != '"' && c != '\\';
    patterns
        .iter()
        .map(|pattern| {
            pattern
                .0
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Text(text) => text.split(|c| !plain(c)).max_by_key(|part| part.len()),
                    _ => None,
                })
                .max_by_key(|part| part.len())
                .filter(|part| (NEEDLE_BYTES_MIN..=255).contains(&part.len()))
                .map(str::to_owned)
        })
        .collect()
}
