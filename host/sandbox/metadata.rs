//! What rules say of themselves and find, as plain data.

use std::fmt;

use serde::{Deserialize, Serialize};

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
    /// Its number among those of its rule in the event, from 0.
    pub nth: usize,
}

/// The longest id of an event, in bytes.
pub const EVENT_ID_BYTES_MAX: usize = 255;
/// The highest risk score.
pub const RISK_SCORE_MAX: u8 = 100;
/// Members of an alert that the host writes: no column may have their names.
pub const RESERVED_COLUMNS: [&str; 3] = ["rule", "alert", "event"];

mod check;

pub(crate) use check::check;
pub use check::{
    ATTACK_ENTRIES_MAX, AUTHORS_MAX, COLUMNS_MAX, ID_BYTES_MAX, LABEL_BYTES_MAX, NAME_BYTES_MAX, NEEDLES_MAX,
    REFERENCES_MAX, RULE_COLUMNS_MAX, RULES_MAX, SCHEMA_BYTES_MAX, TAGS_MAX, VERSION_BYTES_MAX,
};
