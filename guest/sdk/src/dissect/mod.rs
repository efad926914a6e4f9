//! ES|QL's DISSECT: a pattern of keys and delimiters that cuts a text into named columns.
//!
//! A [`Dissect`] is built once from its pattern and applied to many texts. Which field a rule cuts, and what it does
//! with a null column, is left to the rule.
//!
//! A pattern is a leading literal, then keys, `%{…}`, each followed by its delimiter: the literal text up to the next
//! `%{`. What a key may hold:
//!
//! | key | meaning |
//! |---|---|
//! | `%{name}` | keeps the value; of several keys of one name the rightmost value stays |
//! | `%{}`, `%{?name}` | skips the value |
//! | `%{+name}` | appends: joins the values of all keys of this name, plain ones included, in order of appearance |
//! | `%{+name/2}` | appends by number, after the values that have none |
//! | `%{…->}` | swallows repeats of the delimiter after the value |
//!
//! Three corners are as Elasticsearch reads them. A delimiter is never empty between two keys, so in `%{a}%{b}` the
//! text `%{b}` is the delimiter of `a`, not a key. A key that is never closed ends the pattern: `%{a},%{b` is `%{a},`.
//! And what stands in a key before its modifier is no part of the name: `%{->?x}` is `%{?x}`.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

const KEY_OPEN: &str = "%{";
const PADDING: &str = "->";
/// The largest number of an appended key, that of a Java short.
const APPEND_ORDER_MAX: u16 = 32_767;

/// Cuts texts into columns by a pattern.
#[derive(Clone, Debug)]
pub struct Dissect {
    lead: String,
    steps: Vec<Step>,
    columns: Vec<Column>,
    separator: String,
}

/// One key as the text is walked: the value ends at `until`, or with the text where that is empty.
#[derive(Clone, Debug)]
struct Step {
    until: String,
    padded: bool,
}

/// One output: the steps whose values it is made of, in the order in which they are joined.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    steps: Vec<usize>,
}

impl Dissect {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Refuses a key that it cannot read, a reference key (`%{*k}`, `%{&k}`), and a pattern that keeps no key.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let lead_end = pattern.find(KEY_OPEN).unwrap_or(pattern.len());
        let (lead, mut rest) = pattern.split_at(lead_end);
        let mut steps = Vec::new();
        let mut kept = Vec::new();
        while let Some(start) = rest.find(KEY_OPEN) {
            let position = pattern.len() - rest.len() + start;
            let Some((body, after)) = rest[start + KEY_OPEN.len()..].split_once('}') else {
                break;
            };
            let key = Key::read(body).map_err(|kind| PatternError { kind, key: body.to_owned(), position })?;
            // A key straight after this one is delimiter text: a delimiter is never empty between two keys.
            let adjacent = if after.starts_with(KEY_OPEN) { KEY_OPEN.len() } else { 0 };
            let until_end = after[adjacent..].find(KEY_OPEN).map_or(after.len(), |found| adjacent + found);
            let (until, next) = after.split_at(until_end);
            if let Some((name, join)) = key.keep {
                kept.push((name, join, steps.len()));
            }
            steps.push(Step { until: until.to_owned(), padded: key.padded });
            rest = next;
        }
        if kept.is_empty() {
            return Err(PatternError { kind: PatternErrorKind::NothingKept, key: String::new(), position: 0 });
        }
        Ok(Self { lead: lead.to_owned(), steps, columns: columns(&kept), separator: String::new() })
    }

    /// Puts a separator between appended values, which are otherwise joined with nothing.
    #[must_use]
    pub fn with_append_separator(mut self, separator: &str) -> Self {
        separator.clone_into(&mut self.separator);
        self
    }

    /// Names the kept columns, each once, in order of first appearance.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Cuts one text; `None` when any part of the pattern is not found, and then every column is null.
    ///
    /// The text must go on after the leading literal, so an empty text never matches.
    #[must_use]
    pub fn apply<'t>(&self, text: &'t str) -> Option<Captures<'_, 't>> {
        let values = self.values(text)?;
        Some(Captures { columns: &self.columns, values })
    }

    /// Cuts every value of a field: one list for each column, in the order of [`names`](Self::names).
    ///
    /// A value that does not match adds nothing to any list. Lists left empty are null columns.
    pub fn apply_all<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Vec<Vec<Cow<'t, str>>> {
        let mut lists = vec![Vec::new(); self.columns.len()];
        for values in texts.into_iter().filter_map(|text| self.values(text)) {
            for (list, value) in lists.iter_mut().zip(values) {
                list.push(value);
            }
        }
        lists
    }

    /// The value of each column.
    fn values<'t>(&self, text: &'t str) -> Option<Vec<Cow<'t, str>>> {
        let cuts = self.cut(text)?;
        let cut = |step: &usize| cuts.get(*step).copied().unwrap_or_default();
        let value = |column: &Column| match column.steps.as_slice() {
            [step] => Cow::Borrowed(cut(step)),
            steps => {
                let parts: Vec<&str> = steps.iter().map(cut).collect();
                Cow::Owned(parts.join(&self.separator))
            }
        };
        Some(self.columns.iter().map(value).collect())
    }

    /// The value of each key, skipped ones included.
    fn cut<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let mut rest = text.strip_prefix(self.lead.as_str())?;
        if rest.is_empty() {
            return None;
        }
        let mut cuts = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let until = step.until.as_str();
            if until.is_empty() {
                cuts.push(rest);
                rest = "";
                continue;
            }
            let (value, mut after) = rest.split_once(until)?;
            while step.padded
                && let Some(shorter) = after.strip_prefix(until)
            {
                after = shorter;
            }
            cuts.push(value);
            rest = after;
        }
        Some(cuts)
    }
}

/// How the values of one name come together.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Join {
    /// The rightmost value replaces the others, unless another key of the name appends.
    Replace,
    /// The values are joined: those without a number first, in order of appearance.
    Append(Option<u16>),
}

/// Gathers the kept keys, each with its step, into one column a name.
fn columns(kept: &[(&str, Join, usize)]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for &(name, ..) in kept {
        if columns.iter().any(|column| column.name == name) {
            continue;
        }
        let mut parts: Vec<(Option<u16>, usize)> = Vec::new();
        let mut appends = false;
        for &(_, join, step) in kept.iter().filter(|&&(other, ..)| other == name) {
            match join {
                Join::Replace => insert(&mut parts, None, step),
                Join::Append(order) => {
                    appends = true;
                    insert(&mut parts, order, step);
                }
            }
        }
        if !appends {
            parts.drain(..parts.len().saturating_sub(1));
        }
        columns.push(Column { name: name.to_owned(), steps: parts.into_iter().map(|(_, step)| step).collect() });
    }
    columns
}

/// Puts a part behind all that do not come later: a sort of the library would be larger than the whole module.
fn insert(parts: &mut Vec<(Option<u16>, usize)>, order: Option<u16>, step: usize) {
    let at = parts.iter().rposition(|(earlier, _)| *earlier <= order).map_or(0, |at| at + 1);
    parts.insert(at, (order, step));
}

/// What stands between the braces of `%{…}`.
struct Key<'p> {
    /// The name to keep the value under; none for a skipped key.
    keep: Option<(&'p str, Join)>,
    padded: bool,
}

impl<'p> Key<'p> {
    fn read(body: &'p str) -> Result<Self, PatternErrorKind> {
        let (body, padded) = match body.strip_suffix(PADDING) {
            Some(body) => (body, true),
            None => (body, false),
        };
        let mut signs = body.match_indices(['+', '*', '&', '?', '/']);
        let first = signs.next();
        let second = signs.next();
        let keep = match (first, second) {
            (None, _) => (!body.is_empty()).then_some((body, Join::Replace)),
            (Some((_, "*" | "&")), None) => return Err(PatternErrorKind::Reference),
            (Some((_, "/")), None) => return Err(PatternErrorKind::OrderWithoutAppend),
            (Some((_, "?")), None) => None,
            (Some((at, _)), None) => Some(appended(&body[at + 1..], None)?),
            (Some((at, "+")), Some((slash, "/"))) if signs.next().is_none() => {
                let order = append_order(&body[slash + 1..])?;
                Some(appended(&body[at + 1..slash], Some(order))?)
            }
            _ => return Err(PatternErrorKind::SeveralModifiers),
        };
        Ok(Self { keep, padded })
    }
}

fn appended(name: &str, order: Option<u16>) -> Result<(&str, Join), PatternErrorKind> {
    if name.is_empty() {
        return Err(PatternErrorKind::NameMissing);
    }
    Ok((name, Join::Append(order)))
}

fn append_order(digits: &str) -> Result<u16, PatternErrorKind> {
    // Parsing alone would let a sign through.
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PatternErrorKind::OrderUnreadable);
    }
    match digits.parse() {
        Ok(order) if order <= APPEND_ORDER_MAX => Ok(order),
        _ => Err(PatternErrorKind::OrderUnreadable),
    }
}

/// Holds what one text gave: a value for every kept column.
#[derive(Clone, Debug)]
pub struct Captures<'d, 't> {
    columns: &'d [Column],
    values: Vec<Cow<'t, str>>,
}

impl<'d, 't> Captures<'d, 't> {
    /// Returns the value of a column; `None` for a name that the pattern does not keep.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find_map(|(column, value)| (column == name).then_some(value))
    }

    /// Walks the columns and their values, in the order of [`Dissect::names`].
    pub fn iter(&self) -> impl Iterator<Item = (&'d str, &str)> {
        let names = self.columns.iter().map(|column| column.name.as_str());
        names.zip(self.values.iter().map(|value| &**value))
    }

    /// Gives the values away, in the order of [`Dissect::names`].
    #[must_use]
    pub fn into_values(self) -> Vec<Cow<'t, str>> {
        self.values
    }
}

/// Says why a pattern is refused, and at which of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    kind: PatternErrorKind,
    key: String,
    position: usize,
}

impl PatternError {
    /// Returns the reason.
    #[must_use]
    pub fn kind(&self) -> PatternErrorKind {
        self.kind
    }

    /// Returns the refused key, without its braces; empty when the pattern as a whole is refused.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns where in the pattern the refused key begins, in bytes.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, key, position } = self;
        match kind {
            PatternErrorKind::NothingKept => write!(f, "dissect pattern: {kind}"),
            _ => write!(f, "dissect pattern: key %{{{key}}} at byte {position}: {kind}"),
        }
    }
}

impl Error for PatternError {}

/// Names the reasons for which a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternErrorKind {
    /// The pattern has no key, or only keys that are skipped.
    NothingKept,
    /// A `*` or `&` key takes its name from the text, and columns are fixed before any text is seen.
    Reference,
    /// A key has more than one modifier, other than `+` with `/`.
    SeveralModifiers,
    /// A `+` key has no name.
    NameMissing,
    /// A key has a number but no `+`.
    OrderWithoutAppend,
    /// What follows the `/` is not a number, or it is above 32767.
    OrderUnreadable,
}

impl fmt::Display for PatternErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NothingKept => "it keeps no key",
            Self::Reference => "reference keys (* and &) are not supported",
            Self::SeveralModifiers => "only one modifier is allowed",
            Self::NameMissing => "the name to append to is missing",
            Self::OrderWithoutAppend => "a number after / needs the + modifier",
            Self::OrderUnreadable => "what follows / must be a number up to 32767",
        })
    }
}

#[cfg(test)]
mod tests;
