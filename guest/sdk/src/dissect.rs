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
mod tests {
    use super::*;

    /// The nine keys with which the detection reads Elastic's request parameters.
    const NINE_KEYS: &str = "{%{}=%{snapshotId},%{}=%{attributeType},%{}={%{operationType}={%{}=[{%{}=%{userId}}]}}}";

    fn dissect(pattern: &str) -> Dissect {
        Dissect::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
    }

    /// A pattern, a text, and the columns that the text gives.
    type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

    #[track_caller]
    fn check(separator: &str, rows: &[Row<'_>]) {
        for (pattern, text, want) in rows {
            let dissect = dissect(pattern).with_append_separator(separator);
            let captures = dissect.apply(text).unwrap_or_else(|| panic!("{pattern} misses {text}"));
            let got: Vec<(&str, &str)> = captures.iter().collect();
            assert_eq!(&got, want, "{pattern} on {text}");
            let names: Vec<&str> = want.iter().map(|(name, _)| *name).collect();
            assert_eq!(dissect.names().collect::<Vec<_>>(), names, "{pattern}");
            for (name, value) in *want {
                assert_eq!(captures.get(name), Some(*value), "{pattern} on {text}");
            }
        }
    }

    #[test]
    fn values_end_at_the_first_delimiter() {
        check(
            "",
            &[
                ("%{a}", "all of it", &[("a", "all of it")]),
                ("%{a} %{b}", "one two three", &[("a", "one"), ("b", "two three")]),
                ("%{b} %{a},%{c}", "x y,z", &[("b", "x"), ("a", "y"), ("c", "z")]),
                ("%{a}--%{b}", "x-y--z--w", &[("a", "x-y"), ("b", "z--w")]),
                ("%{a}aab%{b}", "aaab", &[("a", "a"), ("b", "")]),
                ("%{a},%{b}\n%{c}", "1,2\n3", &[("a", "1"), ("b", "2"), ("c", "3")]),
                ("%{ a } %{b}", "x y", &[(" a ", "x"), ("b", "y")]),
            ],
        );
    }

    #[test]
    fn the_leading_literal_comes_first() {
        check(
            "",
            &[
                (",,%{a} %{b}", ",,x y", &[("a", "x"), ("b", "y")]),
                (",%{a} %{b}", ",,x y", &[("a", ",x"), ("b", "y")]),
                ("id=%{a}", "id= ", &[("a", " ")]),
                ("{}%{a}", "{}x", &[("a", "x")]),
                ("lead\n%{a}", "lead\nx", &[("a", "x")]),
            ],
        );
    }

    #[test]
    fn values_may_be_empty() {
        check(
            "",
            &[
                ("%{a},%{b},%{c},%{d}", "x,,,", &[("a", "x"), ("b", ""), ("c", ""), ("d", "")]),
                ("%{a},%{b},%{c}", ",y,", &[("a", ""), ("b", "y"), ("c", "")]),
                ("[%{a}] [%{b}]", "[] []", &[("a", ""), ("b", "")]),
                ("%{a},%{b}:%{c}", "x,,y:z", &[("a", "x"), ("b", ",y"), ("c", "z")]),
                ("%{a}-%{b}", "x---y", &[("a", "x"), ("b", "--y")]),
                ("%{}|%{}|k=%{a}", "||k=v", &[("a", "v")]),
            ],
        );
    }

    #[test]
    fn padding_swallows_repeats() {
        check(
            "",
            &[
                ("%{a->} %{b}", "x y", &[("a", "x"), ("b", "y")]),
                ("%{a->} %{b}", "x    y z", &[("a", "x"), ("b", "y z")]),
                ("%{a->},%{b}", ",,,,y", &[("a", ""), ("b", "y")]),
                ("%{a->},%{b}", "x,,", &[("a", "x"), ("b", "")]),
                ("%{a->}=-%{b}", "x=-=-=y", &[("a", "x"), ("b", "=y")]),
                ("%{->} %{b}", "x    y", &[("b", "y")]),
                ("%{?x->}-%{b}", "----y", &[("b", "y")]),
                ("%{?->}-%{b}", "----y", &[("b", "y")]),
                ("%{a->},", "x,,,,", &[("a", "x")]),
                ("%{a} %{b->}", "x y   ", &[("a", "x"), ("b", "y   ")]),
                ("%{+a->} %{+a/1->} %{b}", "x   y   z", &[("a", "xy"), ("b", "z")]),
                ("%{->a} %{b->c}", "x y", &[("->a", "x"), ("b->c", "y")]),
                ("%{a->->}-%{b}", "x--y", &[("a->", "x"), ("b", "y")]),
            ],
        );
    }

    #[test]
    fn appended_values_are_joined() {
        check(
            "",
            &[
                ("%{a} %{+a} %{+a}", "x y z", &[("a", "xyz")]),
                ("%{a} %{+a/2} %{+a/1}", "x y z", &[("a", "xzy")]),
                ("%{+a} %{b}", "x y", &[("a", "x"), ("b", "y")]),
                ("%{a} %{+a} %{+a}", "x  ", &[("a", "x")]),
            ],
        );
        check(
            "+",
            &[
                ("%{a} %{+a} %{b} %{+b}", "w x y z", &[("a", "w+x"), ("b", "y+z")]),
                ("%{a} %{b} %{+a}", "x y z", &[("a", "x+z"), ("b", "y")]),
                ("%{+a} %{b} %{+a}", "x y z", &[("a", "x+z"), ("b", "y")]),
                // A key without + joins in as soon as another of its name appends.
                ("%{a} %{a} %{+a}", "x y z", &[("a", "x+y+z")]),
                ("%{+a} %{a} %{+a} %{b}", "w x y z", &[("a", "w+x+y"), ("b", "z")]),
                // Values without a number stand before all that have one, even 0.
                ("%{+a/1} %{a} %{+a/2}", "x y z", &[("a", "y+x+z")]),
                ("%{+a/0} %{+a}", "x y", &[("a", "y+x")]),
                ("%{+a/2} %{+a/4} %{+a/1} %{+a/3}", "w x y z", &[("a", "y+w+z+x")]),
                ("%{+a/10} %{+a/9}", "x y", &[("a", "y+x")]),
                ("%{+a/1} %{+a/1} %{+a/0}", "x y z", &[("a", "z+x+y")]),
                ("%{+a/007} %{+a/32767} %{+a/8}", "x y z", &[("a", "x+z+y")]),
                ("%{a},%{+a},%{+a}", "x,,", &[("a", "x++")]),
            ],
        );
        check(", ", &[("%{a} %{+a}", "x y", &[("a", "x, y")])]);
    }

    #[test]
    fn skipped_keys_leave_no_column() {
        check(
            "",
            &[
                ("%{} %{b}", "x y", &[("b", "y")]),
                ("%{a} %{}", "x y z", &[("a", "x")]),
                ("%{?x} %{b} %{?x}", "x y z", &[("b", "y")]),
                ("%{?} %{b}", "x y", &[("b", "y")]),
                ("%{?a} %{a}", "x y", &[("a", "y")]),
                ("%{a} %{->?x}", "x y", &[("a", "x")]),
            ],
        );
    }

    #[test]
    fn a_name_given_twice_keeps_its_rightmost_value() {
        check(
            "-",
            &[
                ("%{a} %{a}", "x y", &[("a", "y")]),
                ("%{a} %{b} %{a}", "x y z", &[("a", "z"), ("b", "y")]),
                ("%{a},%{a}", "x,", &[("a", "")]),
                ("%{a} %{a} %{b} %{+b}", "w x y z", &[("a", "x"), ("b", "y-z")]),
            ],
        );
    }

    #[test]
    fn text_after_the_last_delimiter_is_ignored() {
        check(
            "",
            &[
                ("%{a},", "x,y,z", &[("a", "x")]),
                ("[%{a}]", "[x]", &[("a", "x")]),
                ("/%{a}/%{b}.log", "/x/y.log.gz", &[("a", "x"), ("b", "y")]),
            ],
        );
    }

    #[test]
    fn percent_and_braces_may_be_literal() {
        check(
            "",
            &[
                ("%%{a}", "%x", &[("a", "x")]),
                ("100% %{a}", "100% x", &[("a", "x")]),
                ("%{a} %%{b}", "x %y", &[("a", "x"), ("b", "y")]),
                ("%{a}%%{b}", "x%y", &[("a", "x"), ("b", "y")]),
                ("%{a}%", "50%", &[("a", "50")]),
                ("%{a}{b}%{c}", "x{b}y", &[("a", "x"), ("c", "y")]),
                ("}%{a}}%{b}", "}x}y", &[("a", "x"), ("b", "y")]),
                ("%{a{b}", "x", &[("a{b", "x")]),
                ("%{%{a}", "x", &[("%{a", "x")]),
            ],
        );
    }

    #[test]
    fn a_key_straight_after_another_is_delimiter_text() {
        check(
            "",
            &[
                ("%{a}%{b}", "x%{b}y", &[("a", "x")]),
                ("%{a}%{b} %{c}", "x%{b} y", &[("a", "x"), ("c", "y")]),
                ("%{a}%{%{c}", "x%{y", &[("a", "x"), ("c", "y")]),
                ("%{a}%{b", "x%{by", &[("a", "x")]),
            ],
        );
        assert!(dissect("%{a}%{b}").apply("xy").is_none());
    }

    #[test]
    fn a_key_never_closed_ends_the_pattern() {
        check("", &[("%{a},%{b", "x,y", &[("a", "x")]), ("%{a} %{b %{c}", "x y", &[("a", "x"), ("b %{c", "y")])]);
    }

    #[test]
    fn text_is_not_bound_to_ascii() {
        check(
            "",
            &[
                ("Zürich %{a} €%{b}", "Zürich 子 €é", &[("a", "子"), ("b", "é")]),
                ("%{ключ}…%{b}", "знач…😀", &[("ключ", "знач"), ("b", "😀")]),
                ("%{a->}é%{b}", "xééé子", &[("a", "x"), ("b", "子")]),
                ("%{a}😀", "😁😀", &[("a", "😁")]),
            ],
        );
        check("→", &[("%{a}·%{+a}", "é·ß", &[("a", "é→ß")])]);
    }

    #[test]
    fn one_missing_part_is_a_miss() {
        let rows = [
            ("%{a}", ""),
            ("{%{a}", ""),
            ("{%{a}", "{"),
            ("{%{a}", " {x"),
            ("é%{a}", "é"),
            ("lead%{a}", "lea"),
            ("lead%{a}", "Leadx"),
            ("%{a},%{b}", "x y"),
            ("%{a}, %{b}", "x,y"),
            ("%{a},%{b},", "x,y"),
            ("%{a},%{b},", "x,"),
            ("%{a}:%{b},", "x,y:z"),
            ("%{a->},%{b},", "x,,,"),
            ("%{a}ab%{b}", "aa"),
            ("%{a}é", "e"),
        ];
        for (pattern, text) in rows {
            let dissect = dissect(pattern);
            assert!(dissect.apply(text).is_none(), "{pattern} on {text}");
            assert!(dissect.apply_all([text]).iter().all(Vec::is_empty));
        }
    }

    #[test]
    fn refused_patterns_say_what_and_where() {
        use PatternErrorKind::*;
        let rows = [
            ("", NothingKept, "", 0),
            ("no key", NothingKept, "", 0),
            ("{} % }", NothingKept, "", 0),
            ("%{a", NothingKept, "", 0),
            ("%{}", NothingKept, "", 0),
            ("%{->}", NothingKept, "", 0),
            ("%{?a} %{}", NothingKept, "", 0),
            ("%{*a} %{b}", Reference, "*a", 0),
            ("%{b} %{&a->}", Reference, "&a->", 5),
            ("%{*a} %{&a}", Reference, "*a", 0),
            ("%{*}", Reference, "*", 0),
            ("%{++}", SeveralModifiers, "++", 0),
            ("%{+?a}", SeveralModifiers, "+?a", 0),
            ("%{&+a}", SeveralModifiers, "&+a", 0),
            ("%{?a/1}", SeveralModifiers, "?a/1", 0),
            ("é%{b} %{+a+c}", SeveralModifiers, "+a+c", 7),
            ("%{+a/1/2}", SeveralModifiers, "+a/1/2", 0),
            ("%{a/1+}", SeveralModifiers, "a/1+", 0),
            ("%{+}", NameMissing, "+", 0),
            ("%{+->} %{b}", NameMissing, "+->", 0),
            ("%{+/2}", NameMissing, "+/2", 0),
            ("%{a/2}", OrderWithoutAppend, "a/2", 0),
            ("x%{/}", OrderWithoutAppend, "/", 1),
            ("%{+a/}", OrderUnreadable, "+a/", 0),
            ("%{+a/->}", OrderUnreadable, "+a/->", 0),
            ("%{+a/x}", OrderUnreadable, "+a/x", 0),
            ("%{+a/-1}", OrderUnreadable, "+a/-1", 0),
            ("%{+a/32768}", OrderUnreadable, "+a/32768", 0),
            ("%{+a/99999999999}", OrderUnreadable, "+a/99999999999", 0),
        ];
        for (pattern, kind, key, position) in rows {
            let error = Dissect::new(pattern).expect_err(pattern);
            assert_eq!(error.kind(), kind, "{pattern}");
            assert_eq!(error.key(), key, "{pattern}");
            assert_eq!(error.position(), position, "{pattern}");
            if kind != NothingKept {
                assert!(pattern[position..].starts_with(&format!("%{{{key}}}")), "{pattern}");
            }
        }
    }

    #[test]
    fn errors_read_as_sentences() {
        let rows = [
            ("", "dissect pattern: it keeps no key"),
            ("x %{*a}", "dissect pattern: key %{*a} at byte 2: reference keys (* and &) are not supported"),
            ("%{+?a}", "dissect pattern: key %{+?a} at byte 0: only one modifier is allowed"),
            ("%{+}", "dissect pattern: key %{+} at byte 0: the name to append to is missing"),
            ("%{a/1}", "dissect pattern: key %{a/1} at byte 0: a number after / needs the + modifier"),
            ("%{+a/b}", "dissect pattern: key %{+a/b} at byte 0: what follows / must be a number up to 32767"),
        ];
        for (pattern, want) in rows {
            let error = Dissect::new(pattern).expect_err(pattern);
            assert_eq!(error.to_string(), want);
        }
    }

    #[test]
    fn several_values_give_lists() {
        let joined = dissect("%{a} %{b} %{+a}").with_append_separator("-");
        let lists = joined.apply_all(["1 2 3", "no-match", "4 5 6", "1 2 3", ""]);
        assert_eq!(lists, [vec!["1-3", "4-6", "1-3"], vec!["2", "5", "2"]]);
        assert_eq!(joined.apply_all([]), [[""; 0]; 2]);
        assert_eq!(joined.apply_all(["miss"]), [[""; 0]; 2]);
    }

    #[test]
    fn only_joined_values_are_copied() {
        let dissect = dissect("%{a} %{b} %{+b} %{+c}");
        let captures = dissect.apply("w x y z").expect("a match");
        assert_eq!(captures.get("d"), None);
        let borrowed: Vec<bool> =
            captures.into_values().iter().map(|value| matches!(value, Cow::Borrowed(_))).collect();
        assert_eq!(borrowed, [true, false, true]);
    }

    #[test]
    fn the_nine_keys_read_request_parameters() {
        let event = |items: &str| {
            format!(
                "{{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={{add={{items=[{items}]}}}}}}"
            )
        };
        let rows = [
            ("{userId=111122223333}", "111122223333"),
            ("{group=all}", "all"),
            ("{userId=111122223333}, {userId=444455556666}", "111122223333}, {userId=444455556666"),
            ("{userId=111122223333, group=all}", "111122223333, group=all"),
        ];
        let dissect = dissect(NINE_KEYS);
        for (items, user) in rows {
            let text = event(items);
            let captures = dissect.apply(&text).expect("a match");
            let want = [
                ("snapshotId", "snap-1"),
                ("attributeType", "CREATE_VOLUME_PERMISSION"),
                ("operationType", "add"),
                ("userId", user),
            ];
            assert_eq!(captures.iter().collect::<Vec<_>>(), want);
        }
        // The dryRun member stands where the pattern expects attributeType.
        let text = "{snapshotId=snap-1, dryRun=false, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}]}}}";
        let captures = dissect.apply(text).expect("a match");
        assert_eq!(captures.get("attributeType"), Some("false"));
        for text in [
            "{",
            "{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION}",
            "snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}]}}}",
            r#"{"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"1"}]}}}"#,
        ] {
            assert!(dissect.apply(text).is_none(), "{text}");
        }
    }
}
