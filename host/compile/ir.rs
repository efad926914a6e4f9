//! The intermediate representation: what every rule text compiles to, and all that the pack's writer knows of it.
//!
//! A front end (EQL, KQL, ES|QL, Sigma) reads one language and answers with [`Rule`]s. It looks up field types, folds
//! case rules, wildcards and analysers into [`Test`]s, and compiles regexes. Nothing downstream knows which language a
//! rule came from; what a language means must be in here.
//!
//! # Conditions
//!
//! A [`Condition`] is a tree of `and`, `or`, `not` over leaves, judged in three-valued (Kleene) logic: true, false,
//! unknown. A rule fires where its condition is true. There are three sorts of leaves:
//!
//! - [`Condition::Any`] is **any-value and two-valued**: true if any value of the field satisfies the [`Test`], else
//!   false; also false where the field is missing. `not` inverts that. This is what EQL, KQL and Sigma mean.
//!   `a != x` is `Not(Any(a == x))`; `a == null` is `Not(Any(a, Exists))`.
//! - [`Condition::Script`] is EQL's condition with a function in it: the [`Expression`] is computed for every
//!   combination of the values of its fields (a missing field takes part as null), and the leaf is true if any result
//!   is true, else false. Two-valued.
//! - [`Condition::Single`] is **single-value and three-valued**: ES|QL. The expression is computed once. A field with
//!   several values is [many](Expression::Field) and makes any function but the `Mv…`, `IsNull` and `IsNotNull` null.
//!   Null is unknown.
//!
//! A language may mix them: `kql()` in ES|QL is an `Any` inside a tree of `Single`s.
//!
//! # Fields and values
//!
//! A [`Field`] is one path or several that count as one field (the same thing in several shapes of event). Paths are
//! dotted; `{"a":{"b":1}}`, `{"a.b":1}` and arrays of objects are the same to it. Values are the JSON scalars that are
//! not null, with arrays flattened. Every scalar has a **text**: a string's own characters, anything else as the event
//! writes it (`5145`, `1.0`, `true`). Text tests read that, so `"4688"` and `4688` are alike to them.
//! An object has no text: it satisfies [`Test::Exists`] alone (if anything but null is in it), and may be a column.
//!
//! # Case
//!
//! [`Fold::Simple`] is Unicode simple case folding, code point by code point: `ß` is not `ss`, the Kelvin sign is `k`.
//! Front ends hand over texts as they are written; the pack's writer folds them.
//!
//! # Rows
//!
//! A rule of several rows (`mv_expand`) names what it expands in [`Rule::expand`]; [`Expression::Expanded`] is the value
//! of the present row. `eval`, `grok` and `dissect` need nothing of their own: a front end puts the expression in place
//! of the name. Equal conditions, tests and expressions are stored and judged once, in a rule and among rules, so
//! repeating one costs nothing.
//!
//! # What is not compiled
//!
//! A front end answers with a [`Problem`](super::problem::Problem): a mistake in the text, or a refusal of a construct
//! that it understands but does not build. Never with a rule that means something else than its text. What has no
//! meaning in a stream (suppression, index patterns) is left out with a [`Notice`].

pub use super::functions::Function;
pub use super::number::Number;
pub use super::regex::Regex;

/// A rule, compiled as far as its language is concerned.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says of itself.
    pub metadata: Metadata,
    /// The values that make rows, each against each: one finding a row. Empty for almost all rules.
    pub expand: Vec<Expression>,
    /// When it fires.
    pub condition: Condition,
    /// The columns of its findings, in their order; names are unlike, and none is `rule` or `event`.
    pub columns: Vec<Column>,
    /// The severity of one finding: that of the first condition that is true.
    pub severities: Vec<(Condition, Severity)>,
    /// The risk score of one finding: that of the first condition that is true and gives one.
    pub risk_scores: Vec<(Condition, RiskScore)>,
    /// The field that tells this event from all others, if the rule's source has one.
    pub event_id: Option<Field>,
    /// What was left out of the rule.
    pub notices: Vec<Notice>,
}

/// What a rule says of itself: the contract's record, without what the compiler adds.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// Tells the rule from every other. Not empty, at most 255 bytes.
    pub id: String,
    /// The title, in one line.
    pub name: String,
    /// A semantic version; empty becomes `1.0.0`.
    pub version: String,
    /// What the rule finds. Markdown.
    pub description: String,
    /// What to do with an alert. Markdown. Kept only on demand.
    pub triage: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// The licence, as an SPDX expression where there is one.
    pub license: String,
    /// The severity of a finding to which no mapping applies.
    pub severity: Severity,
    /// The risk score of a finding to which no mapping applies, 0 to 100.
    pub risk_score: u8,
    /// Words to sort rules by.
    pub tags: Vec<String>,
    /// URLs.
    pub references: Vec<String>,
    /// Where it stands in MITRE ATT&CK.
    pub threats: Vec<Threat>,
}

/// A tactic of MITRE ATT&CK with techniques.
#[derive(Clone, Debug)]
pub struct Threat {
    /// The tactic: id and name.
    pub tactic: (String, String),
    /// Techniques and sub-techniques: id and name.
    pub techniques: Vec<(String, String)>,
}

/// How much harm an alert stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth to know.
    Informational,
    /// Probably harmless.
    #[default]
    Low,
    /// To be looked at within the day.
    Medium,
    /// To be looked at now.
    High,
    /// Harm is being done.
    Critical,
}

/// Where the risk score of one finding comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RiskScore {
    /// This one.
    Fixed(u8),
    /// The number in this field, if it is one from 0 to 100.
    Of(Field),
}

/// A column of a finding.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: ColumnValue,
}

/// What a column holds.
#[derive(Clone, Debug)]
pub enum ColumnValue {
    /// The field as the event has it: one value as it is, several as a list, an object as an object, none as null.
    Field(Field),
    /// What was computed.
    Expression(Expression),
}

/// A field: the values at one path, or at several that count as one. Order has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Field {
    /// Dotted paths, at least one.
    pub paths: Vec<String>,
}

/// The fields that a leaf looks at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fields {
    /// One field.
    One(Field),
    /// Every field whose dotted path fits: KQL's `winlog.*:`. Case counts.
    Named(TextPattern),
    /// Every field: a keyword of Sigma, a value without a field in KQL.
    All,
}

/// A tree of conditions: see the [module](self).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// Always true, or always false.
    Constant(bool),
    /// True if all are; of none, true.
    And(Vec<Condition>),
    /// True if any is; of none, false.
    Or(Vec<Condition>),
    /// True if it is false; unknown if it is unknown.
    Not(Box<Condition>),
    /// True if any value of the fields satisfies the test, else false.
    Any(Fields, Test),
    /// True if the expression is true for any combination of its fields' values, else false.
    Script(Expression),
    /// The truth of the expression; unknown if it is null.
    Single(Expression),
}

/// What one value must satisfy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Being there: any value but null. The empty string is one.
    Exists,
    /// Its text fits one of the patterns as a whole: `==`, `in`, `like`, `contains`, `endswith`.
    Text(Vec<TextPattern>, Fold),
    /// Its text stands in this order to the operand, compared by code points. Not for `==`.
    Order(Relation, String),
    /// The regex matches its text.
    Regex(Regex),
    /// It is a number, or a string that holds one, in this relation to the operand: fields of type `long`, `double`.
    Number(Relation, Number),
    /// It is this boolean, or a string that says so: fields of type `boolean`.
    Boolean(bool),
    /// It is an address, written in any form, in one of the networks: fields of type `ip`.
    Networks(Vec<Network>),
    /// It is a time in this relation to the operand, milliseconds since 1970: ISO 8601 strings, and numbers as they are.
    Time(Relation, i64),
    /// Its text, cut into tokens by the analyser, holds these: fields of type `text`.
    Tokens(Analyzer, Tokens),
}

/// Whether case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fold {
    /// It does.
    Exact,
    /// It does not: Unicode simple folding.
    Simple,
}

/// A pattern for a whole text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextPattern(pub Vec<Piece>);

impl TextPattern {
    /// Is the pattern of one text only.
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// Is the pattern of a text with `*` and `?` in it, which cannot be escaped.
    pub fn wildcard(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        for c in text.chars() {
            let piece = match c {
                '*' => Piece::Many,
                '?' => Piece::One,
                _ => {
                    literal.push(c);
                    continue;
                }
            };
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut literal)));
            }
            pieces.push(piece);
        }
        if !literal.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        Self(pieces)
    }
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// These characters.
    Text(String),
    /// Any one code point.
    One,
    /// Any number of code points, also none, also line ends.
    Many,
}

/// An order of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// `==`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// A network, or one address: the first `prefix` bits of `address`, IPv4 as `::ffff:a.b.c.d` with a prefix from 96.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The address.
    pub address: [u8; 16],
    /// How many bits of it count, 0 to 128.
    pub prefix: u8,
}

/// How a text is cut into tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Analyzer {
    /// At whatever is no letter, digit or part of a word (Unicode's word boundaries, roughly); lowercased.
    Standard,
    /// At whatever is neither a word character nor `-`; lowercased. PowerShell's script blocks.
    PowerShell,
}

/// Which tokens a text must hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tokens {
    /// Any one of these tokens, which may hold wildcards.
    AnyOf(Vec<TextPattern>),
    /// All of them, anywhere.
    AllOf(Vec<TextPattern>),
    /// All of them, one after the other.
    Phrase(Vec<String>),
}

/// How a field's value is read by an [`Expression`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// As its text.
    Text,
    /// As a number; as null if it is none. Whole numbers stay whole.
    Number,
    /// As a boolean; as null if it is none.
    Boolean,
    /// By what JSON says it is: string, number or boolean.
    Json,
}

/// A computation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// The field's value. In [`Condition::Script`] each of its values in turn; else: none is null, several are *many*.
    Field(Field, Kind),
    /// The value of `Rule::expand` of this number in the present row.
    Expanded(u16),
    /// Whether the value satisfies the test; null if it is null.
    Test(Box<Expression>, Test),
    /// The truth of a condition; null if it is unknown.
    Condition(Box<Condition>),
    /// What the group of this number holds of the regex's first match in the text, else null. Of *many* texts, what it
    /// holds in each of those that match.
    Capture(Box<Expression>, Regex, u16),
    /// Every match of the regex, replaced. The pieces stand for themselves or for a group.
    Replace(Box<Expression>, Regex, Vec<Replacement>),
    /// A function of its arguments.
    Call(Function, Vec<Expression>),
}

/// A part of a replacement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Replacement {
    /// These characters.
    Text(String),
    /// What the group of this number took part of, or nothing.
    Group(u16),
}

/// What was left out of a rule, which runs all the same. Told once a pack, with the number of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Notice {
    /// `alert_suppression`: every event that fits alerts.
    Suppression,
    /// `exceptions_list`: lives in Kibana.
    Exceptions,
    /// Sigma's `logsource`, of which nothing in an event tells: the rule judges every event.
    LogSource,
    /// `index`: a stream has none.
    Index,
    /// `from`, `interval`, `max_signals`: a stream needs none.
    Schedule,
}

/// What a query of Elastic's compiles to, without the TOML around it: EQL, KQL, ES|QL.
#[derive(Clone, Debug)]
pub struct Query {
    /// As in [`Rule::expand`].
    pub expand: Vec<Expression>,
    /// When it fires.
    pub condition: Condition,
    /// The columns that the query itself names (`keep`), in their order; none if it names none.
    pub columns: Vec<Column>,
    /// The fields that it reads, in the order in which it names them.
    pub fields: Vec<String>,
}
