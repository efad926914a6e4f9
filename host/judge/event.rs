//! What an event is: one JSON object.

use serde::Deserializer as _;
use serde::de::IgnoredAny;

/// A line's event: the line without its end.
pub(crate) fn event_of(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// So deep an event may nest before a rule may take it for malformed.
pub(crate) const DEPTH_MAX: usize = 127;

/// Whether a JSON text nests deeper than a number of objects and arrays.
pub(crate) fn nests_deeper(json: &[u8], levels: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    json.iter().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        depth > levels
    })
}

/// Checks that an event is one JSON object. `Err` says why not, with the column: the byte, from 1.
pub(crate) fn check_event(event: &[u8]) -> Result<(), String> {
    let text =
        std::str::from_utf8(event).map_err(|error| format!("invalid UTF-8 at column {}", error.valid_up_to() + 1))?;
    match text.trim_ascii_start().chars().next() {
        Some('{') => {}
        Some(first) => return Err(format!("begins with `{first}`")),
        None => return Err("is empty".into()),
    }
    let mut json = serde_json::Deserializer::from_str(text);
    match json.deserialize_map(Object).and_then(|()| json.end()) {
        Ok(()) => Ok(()),
        // The deserializer reads the names of members as Rust's strings, which cannot hold half a surrogate pair. JSON's can.
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_ok() => Ok(()),
        // The line is always 1.
        Err(error) => Err(error
            .to_string()
            .replace(" at line 1 column ", " at column ")
            .replace("EOF while parsing", "ends within")),
    }
}

struct Object;

impl<'de> serde::de::Visitor<'de> for Object {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_json_object() {
        for event in [
            "{}",
            " {\"a\":1} ",
            r#"{"\ud800":"\udc00","a":1e999}"#,
            &format!("{{\"a\":{}1{}}}", "[".repeat(500), "]".repeat(500)),
        ] {
            assert_eq!(check_event(event.as_bytes()), Ok(()), "{event}");
        }
        for event in ["", "[]", "1", "{} {}", "{\"a\":1,}", r#"{"\ud800":}"#, r#"["\ud800"]"#, "\u{a0}{}", "\u{b}{}"] {
            assert!(check_event(event.as_bytes()).is_err(), "{event}");
        }
        assert_eq!(check_event(b"{\"\xff\":1}"), Err("invalid UTF-8 at column 3".into()));
    }

    #[test]
    fn knows_how_deep_an_event_nests() {
        for (json, levels) in [("{}", 1), (r#"{"a":[{}]}"#, 3), (r#"{"[{\"[":"\\","b":[1,[]]}"#, 3)] {
            assert!(nests_deeper(json.as_bytes(), levels - 1), "{json}");
            assert!(!nests_deeper(json.as_bytes(), levels), "{json}");
        }
    }
}
