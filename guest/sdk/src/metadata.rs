//! What a rule says of itself: to hosts at every start, and to people who ask.

use crate::{AttackEntry, Column, ColumnKind, Described, Document, Severity, Threat};

/// What a rule says of itself. The contract has the limits of each member: see `rule` in `wit/event-filter.wit`.
#[derive(Debug, Clone)]
pub struct Metadata {
    /// Tells the rule from every other, for ever: a UUID or a name in reverse-domain form.
    pub id: String,
    /// The title, in one line.
    pub name: String,
    /// The rule's version, a semantic version.
    pub version: String,
    /// What the rule finds and why that matters. Markdown.
    pub description: String,
    /// What a person does with an alert. Markdown.
    pub triage: String,
    /// The people or organisations who wrote the rule.
    pub authors: Vec<String>,
    /// An SPDX expression.
    pub license: String,
    /// The severity of a finding that names none.
    pub severity: Severity,
    /// The risk score of a finding that names none, 0 to 100.
    pub risk_score: u8,
    /// Free words to sort rules by.
    pub tags: Vec<String>,
    /// URLs that explain what the rule finds.
    pub references: Vec<String>,
    /// Where the finding stands in MITRE ATT&CK.
    pub threats: Vec<Threat>,
    /// A finding's columns, in their order. A name alone is a column of text.
    pub columns: Vec<Column>,
    /// The JSON Schema of the settings. Empty: it is made of what [`configure`](crate::Rule::configure) reads.
    pub settings_schema: String,
    /// Texts of which an event holds at least one if the rule finds something in it. Empty: the rule sees every event.
    pub needles: Vec<String>,
}

impl Default for Metadata {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            version: String::new(),
            description: String::new(),
            triage: String::new(),
            authors: Vec::new(),
            license: String::new(),
            severity: Severity::Low,
            risk_score: 21,
            tags: Vec::new(),
            references: Vec::new(),
            threats: Vec::new(),
            columns: Vec::new(),
            settings_schema: String::new(),
            needles: Vec::new(),
        }
    }
}

impl Metadata {
    /// The two halves of it: what a host reads, and what a person reads.
    pub(crate) fn split(self) -> (Described, Document) {
        let described = Described {
            id: self.id,
            name: self.name,
            version: self.version,
            authors: self.authors,
            license: self.license,
            severity: self.severity,
            risk_score: self.risk_score,
            tags: self.tags,
            references: self.references,
            threats: self.threats,
            columns: self.columns,
            settings_schema: self.settings_schema,
            needles: self.needles,
        };
        (described, Document { description: self.description, triage: self.triage })
    }
}

impl Threat {
    /// A tactic of MITRE ATT&CK and the techniques that serve it, each by its id and its name.
    ///
    /// ```
    /// use trommel_rule::Threat;
    ///
    /// let threat = Threat::new(("TA0010", "Exfiltration"), &[("T1537", "Transfer Data to Cloud Account")]);
    /// assert_eq!(threat.techniques[0].id, "T1537");
    /// ```
    pub fn new(tactic: (&str, &str), techniques: &[(&str, &str)]) -> Self {
        let entry = |(id, name): &(&str, &str)| AttackEntry { id: (*id).into(), name: (*name).into() };
        Self { tactic: entry(&tactic), techniques: techniques.iter().map(entry).collect() }
    }
}

impl Column {
    /// A column with values of this kind.
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self { name: name.into(), kind }
    }

    /// A column of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Number)
    }

    /// A column of `true` and `false`.
    pub fn boolean(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Boolean)
    }

    /// A column that is a list, also of a single value.
    pub fn list(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::List)
    }

    /// A column of objects.
    pub fn object(name: impl Into<String>) -> Self {
        Self::new(name, ColumnKind::Object)
    }
}

/// A column of text.
impl<N: Into<String>> From<N> for Column {
    fn from(name: N) -> Self {
        Self::new(name, ColumnKind::Text)
    }
}
