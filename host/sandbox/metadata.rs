//! What rules say of themselves and find, as plain data, and what of it a host refuses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::prefilter;

/// How much harm an alert stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth to know.
    Informational,
    /// Probably harmless.
    Low,
    /// To be looked at within the day.
    Medium,
    /// To be looked at now.
    High,
    /// Harm is being done.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}

/// An entry of MITRE ATT&CK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttackEntry {
    /// The id: `T1537`.
    pub id: String,
    /// The name.
    pub name: String,
}

/// A tactic, and the techniques that serve it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threat {
    /// The tactic.
    pub tactic: AttackEntry,
    /// The techniques.
    pub techniques: Vec<AttackEntry>,
}

/// What a rule says of itself. `wit/event-filter.wit` has the meaning and the limits of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the contract has the words")]
pub struct Metadata {
    pub id: String,
    pub name: String,
    pub version: String,
    pub authors: Vec<String>,
    pub license: String,
    pub severity: Severity,
    pub risk_score: u8,
    pub tags: Vec<String>,
    pub references: Vec<String>,
    pub threats: Vec<Threat>,
    pub columns: Vec<Column>,
    pub settings_schema: String,
    pub needles: Vec<String>,
}

impl Metadata {
    /// The ids of the rule's ATT&CK tactics and techniques, in their order, each once.
    pub fn attack_ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        for threat in &self.threats {
            for entry in std::iter::once(&threat.tactic).chain(&threat.techniques) {
                if !ids.contains(&entry.id.as_str()) {
                    ids.push(&entry.id);
                }
            }
        }
        ids
    }
}

/// A column of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Which values it holds.
    pub kind: ColumnKind,
}

/// Which JSON values a column holds. Any may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// A string, or a list of strings.
    Text,
    /// A number, or a list of numbers.
    Number,
    /// `true` or `false`, or a list of them.
    Boolean,
    /// A list of anything.
    List,
    /// An object, or a list of objects.
    Object,
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::List => "list",
            Self::Object => "object",
        })
    }
}

/// What a person reads about a rule, Markdown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Document {
    /// What the rule finds and why that matters.
    pub description: String,
    /// What a person does with an alert.
    pub triage: String,
}

/// One mistake in settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The place, a JSON pointer.
    pub pointer: String,
    /// What was expected there.
    pub expected: String,
}

/// Something that a rule found in an event: checked, and fit to be written into one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's number in its component.
    pub rule: usize,
    /// The columns: the text of a JSON object without any line end.
    pub columns: String,
    /// The severity for this event.
    pub severity: Severity,
    /// The risk score for this event.
    pub risk_score: u8,
    /// The id that the event has of its own, if the rule knows it.
    pub event_id: Option<String>,
}

/// The longest id of a rule.
pub const ID_BYTES_MAX: usize = 255;
/// The longest id of an event, in bytes.
pub const EVENT_ID_BYTES_MAX: usize = 255;
/// The highest risk score.
pub const RISK_SCORE_MAX: u8 = 100;
/// Members of an alert that the host writes: no column may have their names.
pub const RESERVED_COLUMNS: [&str; 2] = ["rule", "event"];

/// Finds the first thing in which the rules of a component contradict themselves or the contract.
pub(crate) fn check(rules: &[Metadata]) -> Result<(), String> {
    if rules.is_empty() {
        return Err("it has no rules".into());
    }
    let needles: usize = rules.iter().flat_map(|rule| &rule.needles).map(String::len).sum();
    if needles > prefilter::NEEDLES_BYTES_MAX {
        return Err(format!("its needles have {needles} bytes together, more than {}", prefilter::NEEDLES_BYTES_MAX));
    }
    for (number, rule) in rules.iter().enumerate() {
        let wrong = |what: String| Err(format!("rule {number} (`{}`): {what}", rule.id));
        for (name, text) in [("id", &rule.id), ("name", &rule.name), ("version", &rule.version)] {
            if text.is_empty() {
                return wrong(format!("its {name} is empty"));
            }
            if text.chars().any(char::is_control) {
                return wrong(format!("its {name} holds a control character"));
            }
        }
        if rule.id.len() > ID_BYTES_MAX {
            return wrong(format!("its id is longer than {ID_BYTES_MAX} bytes"));
        }
        if rules[..number].iter().any(|earlier| earlier.id == rule.id) {
            return wrong("another rule of the component has the same id".into());
        }
        if rule.risk_score > RISK_SCORE_MAX {
            return wrong(format!("its risk score is {}, above {RISK_SCORE_MAX}", rule.risk_score));
        }
        for (at, column) in rule.columns.iter().enumerate() {
            let Column { name, .. } = column;
            if name.is_empty() {
                return wrong("a column has an empty name".into());
            }
            if rule.columns[..at].iter().any(|earlier| earlier.name == *name) {
                return wrong(format!("the column `{name}` is given twice"));
            }
            if RESERVED_COLUMNS.contains(&name.as_str()) {
                return wrong(format!("a column is called `{name}`, which every alert has of its own"));
            }
        }
        if let Some(needle) = rule.needles.iter().find(|needle| !prefilter::is_needle(needle)) {
            return wrong(format!(
                "the needle `{needle}` is not 1 to {} ASCII letters, digits and punctuation without quote and backslash",
                prefilter::NEEDLE_BYTES_MAX
            ));
        }
        let schema = &rule.settings_schema;
        if !schema.is_empty() && !matches!(serde_json::from_str(schema), Ok(serde_json::Value::Object(_))) {
            return wrong("its settings schema is no JSON object".into());
        }
    }
    Ok(())
}
