//! The values of a field, and ES|QL's rules for them: one or many, null, three-valued truth.

use std::borrow::Cow;
use std::fmt;
use std::ops::{BitAnd, BitOr, Deref, Not};

use crate::bytes::same;
use crate::event::Value;
use crate::scan::Kind;
use crate::time::Timestamp;
use crate::wildcard;

/// The values of one field. None at all is null, as in ES|QL: `["x"]` is the single value `x`, and `[]` is null.
///
/// A number or a boolean reads as its JSON text. Null among several values is no value, and arrays in arrays are one list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Values<'v> {
    /// No value.
    #[default]
    Null,
    /// A single value.
    One(Text<'v>),
    /// Two values or more, in the event's order.
    Many(Vec<Text<'v>>),
}

/// A value's text, which dereferences to a string.
#[derive(Clone)]
pub struct Text<'v>(Repr<'v>);

#[derive(Clone)]
enum Repr<'v> {
    /// Lies in an event, all of which was found to be UTF-8. To compare it takes no more than that.
    Event(&'v [u8], Kind),
    Text(Cow<'v, str>),
}

impl<'v> Text<'v> {
    /// A text that lies in an event, as it lies there: a string, a number or a boolean.
    pub(crate) fn of_event(bytes: &'v [u8], kind: Kind) -> Self {
        Self(Repr::Event(bytes, kind))
    }

    /// What it is in the event. What does not lie in one as it is, is a string.
    fn kind(&self) -> Kind {
        match self.0 {
            Repr::Event(_, kind) => kind,
            Repr::Text(_) => Kind::String,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Event(bytes, _) => bytes,
            Repr::Text(text) => text.as_bytes(),
        }
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Repr::Event(bytes, _) => std::str::from_utf8(bytes).unwrap_or_default(),
            Repr::Text(text) => text,
        }
    }
}

impl<'v, T: Into<Cow<'v, str>>> From<T> for Text<'v> {
    fn from(text: T) -> Self {
        Self(Repr::Text(text.into()))
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        same(self.as_bytes(), other.as_bytes())
    }
}

impl Eq for Text<'_> {}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<'v> Values<'v> {
    /// The values at these places. Apart from [`of`](Self::of), so that a component has it once.
    #[inline(never)]
    pub(crate) fn at(places: Vec<Value<'v>>) -> Self {
        Self::of(places.into_iter())
    }

    pub(crate) fn of(values: impl Iterator<Item = Value<'v>>) -> Self {
        let mut all = Self::Null;
        for value in values {
            match value.kind() {
                Kind::Array => all.extend(value.elements().into_iter().filter_map(Value::as_text)),
                _ => all.extend(value.as_text()),
            }
        }
        all
    }

    /// Whether there is none.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The only value. `None` for null, and for several: a comparison with either is [`Truth::Unknown`].
    pub fn single(&self) -> Option<&str> {
        match self {
            Self::One(value) => Some(value),
            Self::Null | Self::Many(_) => None,
        }
    }

    /// Compares with `other`: exactly, letter case and all.
    pub fn equals(&self, other: &str) -> Truth {
        match self {
            Self::One(value) => same(value.as_bytes(), other.as_bytes()).into(),
            Self::Null | Self::Many(_) => Truth::Unknown,
        }
    }

    /// Whether the only value is what is asked. Unknown for null, and for several.
    ///
    /// ```
    /// use trommel_rule::{Event, Truth};
    ///
    /// let event = Event::parse(br#"{"path":"/tmp/x","names":["a","b"]}"#.as_slice()).unwrap();
    /// assert_eq!(event.field("path").is(|path| path.starts_with("/tmp/")), Truth::True);
    /// assert_eq!(event.field("names").is(|name| name == "a"), Truth::Unknown);
    /// // Where any of several will do:
    /// assert!(event.field("names").iter().any(|name| name == "a"));
    /// ```
    pub fn is(&self, what: impl FnOnce(&str) -> bool) -> Truth {
        self.single().map_or(Truth::Unknown, |value| what(value).into())
    }

    /// Compares with each of `others`: exactly, letter case and all.
    pub fn is_one_of(&self, others: &[&str]) -> Truth {
        self.is(|value| others.contains(&value))
    }

    /// Compares with `other`, whatever the case of the letters.
    pub fn equals_any_case(&self, other: &str) -> Truth {
        self.is(|value| wildcard::same_in_any_case(value, other))
    }

    /// Whether the whole text fits a pattern: `*` is any text, also none, `?` is one character, `\` makes the next plain.
    ///
    /// ```
    /// # use trommel_rule::Values;
    /// assert!(Values::from("arn:aws:iam::111122223333:role/admin").is_like("arn:aws:iam::*:role/*").holds());
    /// assert!(Values::from(r"C:\Windows\CMD.EXE").is_like_any_case(r"*\\cmd.exe").holds());
    /// ```
    pub fn is_like(&self, pattern: &str) -> Truth {
        self.is(|value| wildcard::fits(pattern, value, false))
    }

    /// Like [`is_like`](Self::is_like), whatever the case of the letters.
    pub fn is_like_any_case(&self, pattern: &str) -> Truth {
        self.is(|value| wildcard::fits(pattern, value, true))
    }

    /// The only value as a number: a JSON number, or a text of one.
    pub fn number(&self) -> Option<f64> {
        // Rust would take words such as `inf` too.
        let is_number = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        self.single().filter(is_number)?.parse().ok()
    }

    /// Whether the only value is a number of which this holds. Unknown where it is none.
    ///
    /// ```
    /// # use trommel_rule::Event;
    /// let event = Event::parse(br#"{"port":8443,"size":"12"}"#.as_slice()).unwrap();
    /// assert!(event.field("port").number_is(|port| port > 1024.0).holds());
    /// assert!((event.field("size").number_is(|size| size < 20.0) | event.field("none").number_is(|_| true)).holds());
    /// ```
    pub fn number_is(&self, what: impl FnOnce(f64) -> bool) -> Truth {
        self.number().map_or(Truth::Unknown, |number| what(number).into())
    }

    /// The only value as a boolean: `true` or `false`, or a text of it in any case.
    pub fn boolean(&self) -> Option<bool> {
        let text = self.single()?;
        let words = [("true", true), ("false", false)];
        words.into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, value)| value)
    }

    /// The only value as a point in time: see [`Timestamp::parse`].
    pub fn timestamp(&self) -> Option<Timestamp> {
        Timestamp::parse(self.single()?)
    }

    /// All the values.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.as_slice().iter().map(|value| &**value)
    }

    fn as_slice(&self) -> &[Text<'v>] {
        match self {
            Self::Null => &[],
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }

    /// All the values, and what each is in the event.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.as_slice().iter().map(|value| (&**value, value.kind()))
    }
}

impl<'v> Extend<Text<'v>> for Values<'v> {
    fn extend<I: IntoIterator<Item = Text<'v>>>(&mut self, more: I) {
        for value in more {
            *self = match std::mem::take(self) {
                Self::Null => Self::One(value),
                Self::One(first) => Self::Many(vec![first, value]),
                Self::Many(mut values) => {
                    values.push(value);
                    Self::Many(values)
                }
            };
        }
    }
}

impl<'v, T: Into<Cow<'v, str>>> FromIterator<T> for Values<'v> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut all = Self::Null;
        all.extend(values.into_iter().map(Text::from));
        all
    }
}

impl<'v> From<&'v str> for Values<'v> {
    fn from(value: &'v str) -> Self {
        Self::One(value.into())
    }
}

impl<'v, T: Into<Values<'v>>> From<Option<T>> for Values<'v> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Writes a JSON string. A library for this would be larger than all the rest of a rule.
pub(crate) fn write_json_string(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\0'..' ' => {
                json.push_str(if character < '\u{10}' { "\\u000" } else { "\\u001" });
                json.extend(char::from_digit(u32::from(character) % 16, 16));
            }
            _ => json.push(character),
        }
    }
    json.push('"');
}

/// What a condition comes to where a value may be null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Nobody knows: a side was null.
    Unknown,
}

impl Truth {
    /// Whether the condition holds: a query keeps a row for nothing less.
    pub fn holds(self) -> bool {
        self == Self::True
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }
}

/// AND: false where one side is false, whatever the other is.
impl BitAnd for Truth {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, Self::True) => Self::True,
            _ => Self::Unknown,
        }
    }
}

/// OR: true where one side is true, whatever the other is.
impl BitOr for Truth {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        !(!self & !other)
    }
}

/// NOT: what is unknown stays so.
impl Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Compares two values, of which either may be null.
pub fn equal(left: Option<&str>, right: Option<&str>) -> Truth {
    match (left, right) {
        (Some(left), Some(right)) => (left == right).into(),
        _ => Truth::Unknown,
    }
}

#[cfg(test)]
mod tests;
