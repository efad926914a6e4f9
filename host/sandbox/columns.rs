//! The columns of a finding: text that a rule wrote, and that nobody trusts.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// Checks that `text` is one JSON object with exactly the members `names`, in that order, and gives it without white
/// space, so that it fits into a line. Every value stays as it is written.
pub(crate) fn check(text: &str, names: &[String]) -> Result<String, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json.deserialize_map(Names).and_then(|found| json.end().map(|()| found));
    match found {
        Err(error) => Err(format!("no JSON object: {error}")),
        Ok(found) if found != names => Err(format!("{found:?}, where {names:?} was promised")),
        Ok(_) => Ok(without_white_space(text)),
    }
}

/// The names of the members of an object, in their order.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = members.next_entry()? {
            names.push(name);
        }
        Ok(names)
    }
}

fn without_white_space(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |character: &char| {
        let kept = in_string || !character.is_ascii_whitespace();
        in_string ^= *character == '"' && !escaped;
        escaped = in_string && *character == '\\' && !escaped;
        kept
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_was_promised() {
        let names = ["a".to_owned(), "b c".to_owned()];
        for (text, expected) in [
            (r#"{"a":1,"b c":null}"#, r#"{"a":1,"b c":null}"#),
            ("{ \"a\" :\n[1.50 ,\t{}],\r\n\"b c\":\" x \\\" y\\\\\" }", r#"{"a":[1.50,{}],"b c":" x \" y\\"}"#),
            (r#"{"\u0061":1e999,"b c":"\ud800"}"#, r#"{"\u0061":1e999,"b c":"\ud800"}"#),
        ] {
            assert_eq!(check(text, &names).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_all_else() {
        let names = ["a".to_owned(), "b".to_owned()];
        for text in [
            "",
            "[]",
            "1",
            r#"{"a":1}"#,
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"b":1,"c":1}"#,
            r#"{"a":1,"b":1,"b":1}"#,
            r#"{"a":1,"b":1}{}"#,
            r#"{"a":1,"b":1},"rule":{"id":"x"}"#,
            "{\"a\":\"\n\",\"b\":1}",
            r#"{"a":1,"b":01}"#,
            r#"{"a":1,"b":"\x"}"#,
            r#"{"a":1,"b":"#,
        ] {
            assert!(check(text, &names).is_err(), "{text}");
        }
    }
}
