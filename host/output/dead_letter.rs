//! Dead letters: events that could not be judged, kept with the reason, a JSON line each.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

/// An event that could not be judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeadLetter<'l> {
    /// The kind of the error, in one word.
    pub(crate) kind: &'l str,
    pub(crate) text: &'l str,
    /// The component that failed. `None`: it is the event's own fault.
    pub(crate) rule: Option<&'l str>,
    pub(crate) file: &'l str,
    pub(crate) line: u64,
    /// The number of the record in a wrapped line.
    pub(crate) record: Option<u64>,
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
        members.insert("rule".into(), self.rule.into());
        members.insert("file".into(), self.file.into());
        members.insert("line".into(), self.line.into());
        if let Some(record) = self.record {
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

/// The exact bytes of the event in a line of dead letters. `Err` says what is wrong with the line.
pub fn event_of_letter(line: &str) -> Result<Option<Vec<u8>>, String> {
    let letter: Map<String, Value> = serde_json::from_str(line).map_err(|_| "not a JSON object".to_owned())?;
    match (letter.get("event"), letter.get("event_base64")) {
        (Some(Value::String(text)), None) => Ok(Some(text.clone().into_bytes())),
        (Some(Value::Null), None) => Ok(None),
        (None, Some(Value::String(text))) => {
            BASE64.decode(text).map(Some).map_err(|error| format!("`event_base64`: {error}"))
        }
        _ => Err("it has no text `event` or `event_base64`".into()),
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
                rule: Some("r.wasm"),
                file: "f",
                line: 7,
                record: None,
                event: Some(event),
            };
            let line = letter.line(SystemTime::UNIX_EPOCH);
            assert!(line.starts_with(r#"{"time":"1970-01-01T00:00:00.000Z","error":{"kind":"trap""#), "{line}");
            assert_eq!(event_of_letter(line.trim_end()), Ok(Some(event.to_vec())));
            assert_eq!(line.matches('\n').count(), 1);
        }
    }

    #[test]
    fn refuses_what_is_no_letter() {
        for line in ["", "[]", "{}", r#"{"event":1}"#, r#"{"event_base64":"*"}"#, r#"{"event":"","event_base64":""}"#] {
            assert!(event_of_letter(line).is_err(), "{line}");
        }
        assert_eq!(event_of_letter(r#"{"event":null}"#), Ok(None));
    }
}
