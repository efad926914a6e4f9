//! The operator's settings for one rule: a JSON document, read with a pointer and a reason for every mistake.

use crate::event::{Event, Value};
use crate::scan::Kind;
use crate::{Malformed, SettingError};

/// Settings that are being read: a rule takes what it knows, and [`finish`](Settings::finish) refuses the rest.
///
/// A member that is missing or null has its default. Of a member that stands twice, the last counts.
#[derive(Debug)]
pub struct Settings<'s> {
    document: Event<'s>,
    taken: Vec<&'static str>,
    errors: Vec<SettingError>,
}

impl<'s> Settings<'s> {
    /// Reads the text of a JSON object.
    pub fn parse(text: &'s str) -> Result<Self, Vec<SettingError>> {
        match Event::parse(text.as_bytes()) {
            Ok(document) => Ok(Self { document, taken: Vec::new(), errors: Vec::new() }),
            Err(Malformed { what, at }) => {
                Err(vec![mistake(String::new(), format!("a JSON object ({what} at byte {at})"))])
            }
        }
    }

    /// Takes a list of strings, each of which must be `valid`. `expected` says what that is.
    pub fn strings(&mut self, name: &'static str, valid: impl Fn(&str) -> bool, expected: &str) -> Vec<String> {
        self.taken.push(name);
        let pointer = pointer_to(name);
        let Some(value) = member(&self.document, name) else { return Vec::new() };
        if value.kind() != Kind::Array {
            self.errors.push(mistake(pointer, "a list of strings"));
            return Vec::new();
        }
        let mut strings = Vec::new();
        for (at, element) in value.children().enumerate() {
            match string(element).filter(|text| valid(text)) {
                Some(text) => strings.push(text),
                None => self.errors.push(mistake(format!("{pointer}/{at}"), expected)),
            }
        }
        strings
    }

    /// Takes one of several words, and answers with its place among them. The first is the default.
    pub fn choice(&mut self, name: &'static str, words: &[&str]) -> usize {
        self.taken.push(name);
        let Some(value) = member(&self.document, name) else { return 0 };
        let word = string(value);
        words.iter().position(|known| word.as_deref() == Some(known)).unwrap_or_else(|| {
            self.errors.push(mistake(pointer_to(name), format!("one of {}", words.join(", "))));
            0
        })
    }

    /// Ends the reading: `Err` with every mistake, a member that nothing took included.
    pub fn finish(mut self) -> Result<(), Vec<SettingError>> {
        for member in self.document.root().children() {
            if !self.taken.contains(&&*member.name()) {
                self.errors.push(mistake(pointer_to(&member.name()), known(&self.taken)));
            }
        }
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }
}

/// What may stand where a member stands that the rule does not have.
fn known(names: &[&str]) -> String {
    match names {
        [] => "nothing: the rule has no settings".into(),
        names => format!("nothing: the rule's settings are {}", names.join(", ")),
    }
}

fn member<'d>(document: &'d Event<'_>, name: &str) -> Option<Value<'d>> {
    let named = document.root().children().filter(|member| member.name() == name);
    named.last().filter(|value| value.kind() != Kind::Null)
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

    fn read(text: &str) -> Result<(Vec<String>, usize), Vec<String>> {
        let errors = |errors: Vec<SettingError>| {
            errors.into_iter().map(|e| format!("{}: {}", e.pointer, e.expected)).collect::<Vec<_>>()
        };
        let mut settings = Settings::parse(text).map_err(errors)?;
        let strings = settings.strings("names", |name| name.len() == 1, "one letter");
        let choice = settings.choice("mode", &["a", "b"]);
        settings.finish().map_err(errors)?;
        Ok((strings, choice))
    }

    #[test]
    fn reads() {
        assert_eq!(read("{}"), Ok((vec![], 0)));
        assert_eq!(read(r#"{"names":null,"mode":null}"#), Ok((vec![], 0)));
        assert_eq!(read(r#" {"mode":"b","names":["x","y"]} "#), Ok((vec!["x".into(), "y".into()], 1)));
    }

    #[test]
    fn refuses_with_every_mistake() {
        let refused = |text| read(text).unwrap_err();
        assert_eq!(refused("[]"), [": a JSON object (expected `{` at byte 0)"]);
        assert_eq!(refused("{"), [": a JSON object (unexpected end at byte 1)"]);
        assert_eq!(
            refused(r#"{"names":["x","yy",1],"mode":"c","a/b~":1}"#),
            [
                "/names/1: one letter",
                "/names/2: one letter",
                "/mode: one of a, b",
                "/a~1b~0: nothing: the rule's settings are names, mode"
            ]
        );
        assert_eq!(refused(r#"{"names":"x"}"#), ["/names: a list of strings"]);
    }
}
