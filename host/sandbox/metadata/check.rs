//! What a host refuses of what rules say of themselves: contradictions, and more than a host wants to keep, to search
//! for and to write into every alert. One pass, whatever a rule says.

use std::collections::HashSet;
use std::fmt;

use super::{AttackEntry, Column, Metadata, RESERVED_COLUMNS, RISK_SCORE_MAX};
use crate::prefilter;

/// The most rules of a component.
pub const RULES_MAX: usize = 10_000;
/// The most columns of a rule.
pub const RULE_COLUMNS_MAX: usize = 1_000;
/// The most columns of all rules of a component together.
pub const COLUMNS_MAX: usize = 100_000;
/// The most needles of all rules of a component together, each counted once a rule.
pub const NEEDLES_MAX: usize = 20_000;
/// The longest id of a rule.
pub const ID_BYTES_MAX: usize = 255;
/// The longest name of a rule.
pub const NAME_BYTES_MAX: usize = 255;
/// The longest version of a rule.
pub const VERSION_BYTES_MAX: usize = 64;
/// The longest author, tag, reference and name of a column or of ATT&CK, and the longest license.
pub const LABEL_BYTES_MAX: usize = 1_024;
/// The longest schema of a rule's settings.
pub const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// The most authors of a rule.
pub const AUTHORS_MAX: usize = 100;
/// The most tags of a rule.
pub const TAGS_MAX: usize = 100;
/// The most references of a rule.
pub const REFERENCES_MAX: usize = 100;
/// The most tactics and techniques of a rule, counted together.
pub const ATTACK_ENTRIES_MAX: usize = 100;

/// Finds the first thing in which the rules of a component contradict themselves or the contract, and takes needles out
/// that stand twice.
pub(crate) fn check(rules: &mut [Metadata]) -> Result<(), String> {
    if rules.is_empty() {
        return Err("it has no rules".into());
    }
    at_most("rules", rules.len(), RULES_MAX)?;
    let mut ids = HashSet::with_capacity(rules.len());
    let (mut columns, mut needles, mut needle_bytes) = (0, 0, 0);
    for (number, rule) in rules.iter_mut().enumerate() {
        check_rule(rule, &mut ids).map_err(|what| format!("rule {number} (`{}`): {what}", rule.id))?;
        columns += rule.columns.len();
        needles += rule.needles.len();
        needle_bytes += rule.needles.iter().map(String::len).sum::<usize>();
    }
    at_most("columns", columns, COLUMNS_MAX)?;
    at_most("needles", needles, NEEDLES_MAX)?;
    if needle_bytes > prefilter::NEEDLES_BYTES_MAX {
        let max = prefilter::NEEDLES_BYTES_MAX;
        return Err(format!("its needles have {needle_bytes} bytes together, more than {max}"));
    }
    Ok(())
}

fn at_most(what: &str, count: usize, max: usize) -> Result<(), String> {
    if count > max { Err(format!("it has {count} {what}, more than {max}")) } else { Ok(()) }
}

fn check_rule(rule: &mut Metadata, ids: &mut HashSet<String>) -> Result<(), String> {
    // These three stand in every alert and in messages.
    for (name, text, max) in [
        ("id", &rule.id, ID_BYTES_MAX),
        ("name", &rule.name, NAME_BYTES_MAX),
        ("version", &rule.version, VERSION_BYTES_MAX),
    ] {
        if text.is_empty() {
            return Err(format!("its {name} is empty"));
        }
        is_label(format_args!("its {name}"), text, max)?;
    }
    if !ids.insert(rule.id.clone()) {
        return Err("another rule of the component has the same id".into());
    }
    for (name, text, max) in
        [("license", &rule.license, LABEL_BYTES_MAX), ("settings schema", &rule.settings_schema, SCHEMA_BYTES_MAX)]
    {
        is_short(format_args!("its {name}"), text, max)?;
    }
    for (names, texts, max) in [
        ("authors", &rule.authors, AUTHORS_MAX),
        ("tags", &rule.tags, TAGS_MAX),
        ("references", &rule.references, REFERENCES_MAX),
    ] {
        at_most(names, texts.len(), max)?;
        texts.iter().try_for_each(|text| is_short(format_args!("one of its {names}"), text, LABEL_BYTES_MAX))?;
    }
    check_attack(rule)?;
    if rule.risk_score > RISK_SCORE_MAX {
        return Err(format!("its risk score is {}, above {RISK_SCORE_MAX}", rule.risk_score));
    }
    check_columns(&rule.columns)?;
    check_needles(&mut rule.needles)?;
    let schema = &rule.settings_schema;
    if !schema.is_empty() && !matches!(serde_json::from_str(schema), Ok(serde_json::Value::Object(_))) {
        return Err("its settings schema is no JSON object".into());
    }
    Ok(())
}

/// Checks a text that is written into one line.
fn is_label(what: fmt::Arguments<'_>, text: &str, max: usize) -> Result<(), String> {
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_plain && text.chars().any(char::is_control) {
        return Err(format!("{what} holds a control character"));
    }
    is_short(what, text, max)
}

fn is_short(what: fmt::Arguments<'_>, text: &str, max: usize) -> Result<(), String> {
    if text.len() > max { Err(format!("{what} is longer than {max} bytes")) } else { Ok(()) }
}

fn check_attack(rule: &Metadata) -> Result<(), String> {
    let entries = |entries: &[AttackEntry]| entries.len();
    let count = rule.threats.iter().map(|threat| 1 + entries(&threat.techniques)).sum();
    at_most("ATT&CK tactics and techniques", count, ATTACK_ENTRIES_MAX)?;
    for entry in rule.threats.iter().flat_map(|threat| std::iter::once(&threat.tactic).chain(&threat.techniques)) {
        is_label(format_args!("an ATT&CK id"), &entry.id, VERSION_BYTES_MAX)?;
        is_label(format_args!("an ATT&CK name"), &entry.name, LABEL_BYTES_MAX)?;
    }
    Ok(())
}

fn check_columns(columns: &[Column]) -> Result<(), String> {
    at_most("columns", columns.len(), RULE_COLUMNS_MAX)?;
    let mut names = HashSet::with_capacity(columns.len());
    for Column { name: column, .. } in columns {
        if column.is_empty() {
            return Err("a column has an empty name".into());
        }
        is_short(format_args!("the name of a column"), column, LABEL_BYTES_MAX)?;
        if !names.insert(column) {
            return Err(format!("the column `{column}` is given twice"));
        }
        if RESERVED_COLUMNS.contains(&column.as_str()) {
            return Err(format!("a column is called `{column}`, which every alert has of its own"));
        }
    }
    Ok(())
}

fn check_needles(needles: &mut Vec<String>) -> Result<(), String> {
    if let Some(needle) = needles.iter().find(|needle| !prefilter::is_needle(needle)) {
        return Err(format!(
            "the needle `{needle}` is not 1 to {} ASCII letters, digits and punctuation without quote and backslash",
            prefilter::NEEDLE_BYTES_MAX
        ));
    }
    let mut known = HashSet::with_capacity(needles.len());
    let twice: Vec<bool> = needles.iter().map(|needle| !known.insert(needle.as_str())).collect();
    drop(known);
    let mut twice = twice.into_iter();
    needles.retain(|_| twice.next() != Some(true));
    Ok(())
}

#[cfg(test)]
mod tests;
