//! The operator's settings for one rule: a JSON document, read with a pointer and a reason for every mistake.
//!
//! What reads a setting declares it: its name, what it is for, what it may be, and what it is by default. From that comes
//! the JSON Schema that the rule shows to people and tools ([`schema`]), so that there is no second place to forget.

mod format;
mod schema;

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use crate::event::{Event, Value};
use crate::scan::Kind;
use crate::{Malformed, SettingError};
use schema::Declared;

pub use format::Format;
pub(crate) use schema::schema_of;

/// Settings that are being read: a rule takes what it knows, and [`finish`](Settings::finish) refuses the rest.
///
/// A member that is missing or null has its default. Of a member that stands twice, the last counts.
///
/// ```
/// use trommel_rule::{Event, Finding, Format, Metadata, Rule, RuleSet, SettingError, Settings};
///
/// #[derive(Default)]
/// struct LargeDownload {
///     bytes: i64,
///     trusted: Vec<String>,
/// }
///
/// impl Rule for LargeDownload {
///     fn describe() -> Metadata {
///         Metadata { id: "com.example.large-download".into(), ..Metadata::default() }
///     }
///
///     fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
///         let rule = Self {
///             bytes: settings.integer("bytes", "From which size on.", 1..=i64::MAX, 1_000_000),
///             trusted: settings.texts("trusted", "Users who may.", &Format::ANY),
///         };
///         settings.finish().map(|()| rule)
///     }
///
///     fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
///         // …
///     }
/// }
///
/// let mut rules = RuleSet::new().with::<LargeDownload>();
/// let errors = rules.configure(0, r#"{"bytes":0,"trusted":["alice",7],"size":1}"#).unwrap_err();
/// let told: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.pointer, error.expected)).collect();
/// assert_eq!(told, [
///     "/bytes: a whole number of 1 or more",
///     "/trusted/1: a string",
///     "/size: nothing: the rule's settings are bytes, trusted",
/// ]);
/// assert!(rules.describe()[0].settings_schema.contains(r#""default":1000000"#));
/// ```
#[derive(Debug)]
pub struct Settings<'s> {
    document: Event<'s>,
    declared: Rc<RefCell<Vec<Declared>>>,
    errors: Vec<SettingError>,
}

impl<'s> Settings<'s> {
    /// Reads the text of a JSON object.
    pub fn parse(text: &'s str) -> Result<Self, Vec<SettingError>> {
        match Event::parse(text.as_bytes()) {
            Ok(document) => Ok(Self { document, declared: Rc::default(), errors: Vec::new() }),
            Err(Malformed { what, at }) => {
                Err(vec![mistake(String::new(), format!("a JSON object ({what} at byte {at})"))])
            }
        }
    }

    /// Takes a list of texts of this format. By default there are none.
    pub fn texts(&mut self, name: &'static str, about: &'static str, format: &Format) -> Vec<String> {
        let Some(value) = self.take(name, about, schema::texts(format)) else { return Vec::new() };
        let pointer = pointer_to(name);
        if value.kind() != Kind::Array {
            return self.refuse(pointer, "a list of strings");
        }
        let (mut texts, mut errors) = (Vec::new(), Vec::new());
        for (at, element) in value.all_children().into_iter().enumerate() {
            match string(element).filter(|text| format.fits(text)) {
                Some(text) => texts.push(text),
                None => errors.push(mistake(format!("{pointer}/{at}"), format.expected)),
            }
        }
        self.errors.extend(errors);
        texts
    }

    /// Takes a text of this format.
    pub fn text(&mut self, name: &'static str, about: &'static str, format: &Format, default: &'static str) -> String {
        let value = self.take(name, about, schema::text(format, default)).map(string);
        match value {
            None => default.into(),
            Some(Some(text)) if format.fits(&text) => text,
            Some(_) => self.refuse(pointer_to(name), format.expected),
        }
    }

    /// Takes one of several words, and answers with its place among them. The first is the default.
    pub fn choice(&mut self, name: &'static str, about: &'static str, words: &'static [&'static str]) -> usize {
        let Some(word) = self.take(name, about, schema::choice(words)).map(string) else { return 0 };
        let place = words.iter().position(|known| word.as_deref() == Some(known));
        place.unwrap_or_else(|| self.refuse(pointer_to(name), format!("one of {}", words.join(", "))))
    }

    /// Takes `true` or `false`.
    pub fn boolean(&mut self, name: &'static str, about: &'static str, default: bool) -> bool {
        match self.take(name, about, schema::boolean(default)).map(|value| (value.kind(), value.json() == "true")) {
            None => default,
            Some((Kind::Boolean, truth)) => truth,
            Some(_) => self.refuse(pointer_to(name), "true or false"),
        }
    }

    /// Takes a whole number of this range.
    pub fn integer(
        &mut self,
        name: &'static str,
        about: &'static str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> i64 {
        let number = |value: Value<'_>| value.json().parse().ok().filter(|number| range.contains(number));
        match self.take(name, about, schema::integer(&range, default)).map(number) {
            None => default,
            Some(Some(number)) => number,
            Some(None) => self.refuse(pointer_to(name), whole(&range)),
        }
    }

    /// Takes a list of whole numbers of this range.
    pub fn integers(
        &mut self,
        name: &'static str,
        about: &'static str,
        range: RangeInclusive<i64>,
        default: &'static [i64],
    ) -> Vec<i64> {
        let Some(value) = self.take(name, about, schema::integers(&range, default)) else { return default.into() };
        let pointer = pointer_to(name);
        if value.kind() != Kind::Array {
            return self.refuse(pointer, "a list of whole numbers");
        }
        let (mut numbers, mut errors) = (Vec::new(), Vec::new());
        for (at, element) in value.all_children().into_iter().enumerate() {
            match element.json().parse().ok().filter(|number| range.contains(number)) {
                Some(number) => numbers.push(number),
                None => errors.push(mistake(format!("{pointer}/{at}"), whole(&range))),
            }
        }
        self.errors.extend(errors);
        numbers
    }

    /// Takes a number of this range.
    pub fn number(&mut self, name: &'static str, about: &'static str, range: RangeInclusive<f64>, default: f64) -> f64 {
        let number = |value: Value<'_>| {
            let number = (value.kind() == Kind::Number).then(|| value.json().parse().ok())?;
            number.filter(|number| range.contains(number))
        };
        match self.take(name, about, schema::number(&range, default)).map(number) {
            None => default,
            Some(Some(number)) => number,
            Some(None) => {
                let bounds = bounds(range.start(), range.start().is_finite(), range.end(), range.end().is_finite());
                self.refuse(pointer_to(name), ["a number", &bounds].concat())
            }
        }
    }

    /// Ends the reading: `Err` with every mistake, a member that nothing took included.
    pub fn finish(mut self) -> Result<(), Vec<SettingError>> {
        let names: Vec<&str> = self.declared.borrow().iter().map(|declared| declared.name).collect();
        for member in self.document.root().all_children() {
            if !names.contains(&&*member.name()) {
                self.errors.push(mistake(pointer_to(&member.name()), known(&names)));
            }
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    fn take(&self, name: &'static str, about: &'static str, takes: String) -> Option<Value<'_>> {
        self.declared.borrow_mut().push(Declared { name, about, takes });
        let named = self.document.root().all_children().into_iter().filter(|member| member.name() == name);
        named.last().filter(|value| value.kind() != Kind::Null)
    }

    /// Notes a mistake. Whatever comes instead of the value is never used.
    fn refuse<T: Default>(&mut self, pointer: String, expected: impl Into<String>) -> T {
        self.errors.push(mistake(pointer, expected));
        T::default()
    }
}

/// The words for a whole number of a range.
fn whole(range: &RangeInclusive<i64>) -> String {
    let bounds = bounds(range.start(), *range.start() > i64::MIN, range.end(), *range.end() < i64::MAX);
    ["a whole number", &bounds].concat()
}

/// The words for a range, where it has an end.
fn bounds<N: ToString>(least: &N, has_least: bool, most: &N, has_most: bool) -> String {
    let (least, most) = (least.to_string(), most.to_string());
    match (has_least, has_most) {
        (true, true) => format!(" from {least} to {most}"),
        (true, false) => format!(" of {least} or more"),
        (false, true) => format!(" of {most} or less"),
        (false, false) => String::new(),
    }
}

/// What may stand where a member stands that the rule does not have.
fn known(names: &[&str]) -> String {
    match names {
        [] => "nothing: the rule has no settings".into(),
        names => format!("nothing: the rule's settings are {}", names.join(", ")),
    }
}

fn string(value: Value<'_>) -> Option<String> {
    value.text().filter(|_| value.kind() == Kind::String).map(Into::into)
}

fn mistake(pointer: String, expected: impl Into<String>) -> SettingError {
    SettingError { pointer, expected: expected.into() }
}

/// The JSON pointer of a member.
fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<String>, usize, bool, i64, f64, String, Vec<i64>);

    fn declare(settings: &mut Settings<'_>) -> Read {
        let letter = Format { expected: "one letter", pattern: "^.$", fits: |text| text.len() == 1 };
        (
            settings.texts("names", "Some names.", &letter),
            settings.choice("mode", "How.", &["a", "b"]),
            settings.boolean("loud", "Whether \"loud\".", true),
            settings.integer("count", "How many.", 1..=9, 3),
            settings.number("share", "How much.", 0.0..=f64::INFINITY, 0.5),
            settings.text("name", "Which.", &letter, "n"),
            settings.integers("ports", "Where.", 0..=99, &[22, 80]),
        )
    }

    fn read(text: &str) -> Result<Read, Vec<String>> {
        let errors = |errors: Vec<SettingError>| {
            errors.into_iter().map(|e| format!("{}: {}", e.pointer, e.expected)).collect::<Vec<_>>()
        };
        let mut settings = Settings::parse(text).map_err(errors)?;
        let read = declare(&mut settings);
        settings.finish().map_err(errors)?;
        Ok(read)
    }

    #[test]
    fn reads() {
        let default = (vec![], 0, true, 3, 0.5, "n".to_owned(), vec![22, 80]);
        assert_eq!(read("{}"), Ok(default.clone()));
        assert_eq!(
            read(r#"{"names":null,"mode":null,"loud":null,"count":null,"share":null,"name":null,"ports":null}"#),
            Ok(default)
        );
        assert_eq!(
            read(
                r#" {"share":1e1,"mode":"b","names":["x","y"],"count":9,"loud":false,"name":"m","name":"k","ports":[7]} "#
            ),
            Ok((vec!["x".into(), "y".into()], 1, false, 9, 10.0, "k".into(), vec![7]))
        );
    }

    #[test]
    fn refuses_with_every_mistake() {
        let refused = |text| read(text).unwrap_err();
        assert_eq!(refused("[]"), [": a JSON object (expected `{` at byte 0)"]);
        assert_eq!(refused("{"), [": a JSON object (unexpected end at byte 1)"]);
        assert_eq!(
            refused(r#"{"names":["x","yy",1],"mode":"c","loud":"true","count":10,"share":-0.1,"name":"","a/b~":1}"#),
            [
                "/names/1: one letter",
                "/names/2: one letter",
                "/mode: one of a, b",
                "/loud: true or false",
                "/count: a whole number from 1 to 9",
                "/share: a number of 0 or more",
                "/name: one letter",
                "/a~1b~0: nothing: the rule's settings are names, mode, loud, count, share, name, ports"
            ]
        );
        assert_eq!(
            refused(r#"{"names":"x","count":1.5,"ports":[1,"2",100]}"#),
            [
                "/names: a list of strings",
                "/count: a whole number from 1 to 9",
                "/ports/1: a whole number from 0 to 99",
                "/ports/2: a whole number from 0 to 99",
            ]
        );
        assert_eq!(
            refused(r#"{"count":"1","share":"1"}"#),
            ["/count: a whole number from 1 to 9", "/share: a number of 0 or more"]
        );
    }

    #[test]
    fn the_schema_says_what_is_read() {
        let schema = schema_of(|mut settings| {
            declare(&mut settings);
        });
        let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
        let expected = serde_json::json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "names": {"description": "Some names.", "type": "array", "items": {"type": "string", "pattern": "^.$"}, "default": []},
                "mode": {"description": "How.", "enum": ["a", "b"], "default": "a"},
                "loud": {"description": "Whether \"loud\".", "type": "boolean", "default": true},
                "count": {"description": "How many.", "type": "integer", "minimum": 1, "maximum": 9, "default": 3},
                "share": {"description": "How much.", "type": "number", "minimum": 0, "default": 0.5},
                "name": {"description": "Which.", "type": "string", "pattern": "^.$", "default": "n"},
                "ports": {"description": "Where.", "type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 99}, "default": [22, 80]},
            },
            "additionalProperties": false,
        });
        assert_eq!(schema, expected);
        assert_eq!(schema_of(|_| {}), "");
    }
}
