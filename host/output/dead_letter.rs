//! Dead letters: events that could not be judged, kept with the reason, a JSON line each.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::place::Place;

/// An event that could not be judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeadLetter<'l> {
    /// The kind of the error, in one word.
    pub(crate) kind: &'l str,
    pub(crate) text: &'l str,
    /// The ids of the rules that did not judge it. None: it is the event's own fault.
    pub(crate) rules: &'l [&'l str],
    pub(crate) place: Place<'l>,
    /// The event's exact bytes. `None` where it was too long to be held.
    pub(crate) event: Option<&'l [u8]>,
}

impl DeadLetter<'_> {
    /// One line of JSON, with its line end.
    pub(crate) fn line(&self, now: SystemTime) -> String {
        let mut members = Map::new();
        let time = humantime::format_rfc3339_millis(now).to_string();
        members.insert("time".into(), time.into());
        members.insert("error".into(), serde_json::json!({"kind": self.kind, "text": self.text}));
        members.insert("rules".into(), self.rules.into());
        members.insert("file".into(), self.place.file.into());
        members.insert("line".into(), self.place.line.into());
        if let Some(record) = self.place.record {
            members.insert("record".into(), record.into());
        }
        match self.event.map(std::str::from_utf8) {
            None => members.insert("event".into(), Value::Null),
            Some(Ok(text)) => members.insert("event".into(), text.into()),
            Some(Err(_)) => members.insert("event_base64".into(), BASE64.encode(self.event.unwrap_or_default()).into()),
        };
        Value::Object(members).to_string() + "\n"
    }
}

/// What is read of a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The event's exact bytes. `None` where it was too long to be kept.
    pub event: Option<Vec<u8>>,
    /// The ids of the rules that did not judge it. None: the event itself was at fault.
    pub rules: Vec<String>,
}

/// A line that is no dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LetterError {
    /// It is no JSON object.
    NotAnObject,
    /// It has no text `event` or `event_base64`.
    NoEvent,
    /// Its `event_base64` is not base64: why.
    Base64(String),
    /// Its `rules` are not a list of texts.
    Rules,
}

impl std::error::Error for LetterError {}

impl fmt::Display for LetterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => f.write_str("not a JSON object"),
            Self::NoEvent => f.write_str("it has no text `event` or `event_base64`"),
            Self::Base64(why) => write!(f, "`event_base64`: {why}"),
            Self::Rules => f.write_str("its `rules` are not a list of texts"),
        }
    }
}

impl Letter {
    /// Reads a line of dead letters.
    pub fn parse(line: &[u8]) -> Result<Self, LetterError> {
        let letter: Map<String, Value> = serde_json::from_slice(line).map_err(|_| LetterError::NotAnObject)?;
        let event = match (letter.get("event"), letter.get("event_base64")) {
            (Some(Value::String(text)), None) => Some(text.clone().into_bytes()),
            (Some(Value::Null), None) => None,
            (None, Some(Value::String(text))) => {
                Some(BASE64.decode(text).map_err(|error| LetterError::Base64(error.to_string()))?)
            }
            _ => return Err(LetterError::NoEvent),
        };
        let rules = match letter.get("rules") {
            None => Some(Vec::new()),
            Some(Value::Array(ids)) => ids.iter().map(|id| id.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
        };
        Ok(Self { event, rules: rules.ok_or(LetterError::Rules)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_exact_bytes() {
        for event in [&b"{\"a\":\"\\u0041\"}"[..], b"not JSON \xff\xfe", b"", "ä\u{2028}".as_bytes()] {
            let letter = DeadLetter {
                kind: "trap",
                text: "unreachable",
                rules: &["r"],
                place: Place { file: "f", line: 7, record: None },
                event: Some(event),
            };
            let line = letter.line(SystemTime::UNIX_EPOCH);
            assert!(line.starts_with(r#"{"time":"1970-01-01T00:00:00.000Z","error":{"kind":"trap""#), "{line}");
            let letter = Letter { event: Some(event.to_vec()), rules: vec!["r".into()] };
            assert_eq!(Letter::parse(line.trim_end().as_bytes()), Ok(letter));
            assert_eq!(line.matches('\n').count(), 1);
        }
    }

    #[test]
    fn refuses_what_is_no_letter() {
        for line in [
            "",
            "[]",
            "{}",
            r#"{"event":1}"#,
            r#"{"event_base64":"*"}"#,
            r#"{"event":"","event_base64":""}"#,
            r#"{"event":"","rules":"a"}"#,
            r#"{"event":"","rules":[1]}"#,
        ] {
            assert!(Letter::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert_eq!(Letter::parse(br#"{"event":null}"#), Ok(Letter { event: None, rules: Vec::new() }));
    }
}
