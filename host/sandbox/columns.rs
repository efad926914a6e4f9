//! The columns of a finding: text that a rule wrote, and that nobody trusts.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};

use super::metadata::{Column, ColumnKind};

/// Checks that `text` is one JSON object with exactly the members of `columns`, in that order, each null or of its
/// column's kind, and gives it without white space, so that it fits into a line. Every value stays as it is written.
pub(crate) fn check(text: &str, columns: &[Column]) -> Result<String, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let found = json.deserialize_map(Names).and_then(|found| json.end().map(|()| found));
    let found = found.map_err(|error| format!("no JSON object: {error}"))?;
    if !found.iter().eq(columns.iter().map(|column| &column.name)) {
        let names: Vec<_> = columns.iter().map(|column| &column.name).collect();
        return Err(format!("{found:?}, where {names:?} was promised"));
    }
    let compact = without_white_space(text);
    for (column, shape) in columns.iter().zip(shapes(compact.as_bytes())) {
        if !shape.fits(column.kind) {
            return Err(format!("`{}` is not of its kind, {}", column.name, column.kind));
        }
    }
    Ok(compact)
}

/// What a member's value is, by the first byte of it and of its elements.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    first: u8,
    /// A list's elements, a bit for each kind of value that is among them.
    elements: u8,
}

impl Shape {
    /// A bit for the kind of value that begins with this byte.
    fn bit(first: u8) -> u8 {
        match first {
            b'"' => 1,
            b'-' | b'0'..=b'9' => 2,
            b't' | b'f' => 4,
            b'{' => 8,
            b'[' => 16,
            _ => 32,
        }
    }

    fn fits(self, kind: ColumnKind) -> bool {
        let (only, own) = match kind {
            ColumnKind::List => return matches!(self.first, b'[' | b'n'),
            ColumnKind::Text => (1, self.first),
            ColumnKind::Number => (2, self.first),
            ColumnKind::Boolean => (4, self.first),
            ColumnKind::Object => (8, self.first),
        };
        match own {
            b'n' => true,
            b'[' => self.elements & !only == 0,
            first => Self::bit(first) == only,
        }
    }
}

/// The shape of each member of a JSON object without white space.
fn shapes(object: &[u8]) -> Vec<Shape> {
    let (mut shapes, mut depth, mut in_string, mut escaped) = (Vec::<Shape>::new(), 0_usize, false, false);
    let mut before = 0;
    for &byte in object {
        if in_string {
            (in_string, escaped) = (byte != b'"' || escaped, byte == b'\\' && !escaped);
            before = 0;
            continue;
        }
        match (depth, before, shapes.last_mut()) {
            (1, b':', _) => shapes.push(Shape { first: byte, elements: 0 }),
            (2, b'[' | b',', Some(shape)) if shape.first == b'[' && byte != b']' => shape.elements |= Shape::bit(byte),
            _ => {}
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = byte;
    }
    shapes
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

    fn columns<const N: usize>(columns: [(&str, ColumnKind); N]) -> Vec<Column> {
        columns.map(|(name, kind)| Column { name: name.into(), kind }).into()
    }

    #[test]
    fn holds_each_column_to_its_kind() {
        use ColumnKind::{Boolean, List, Number, Object, Text};
        for (value, kinds) in [
            ("null", &[Text, Number, Boolean, List, Object] as &[ColumnKind]),
            ("\"a:[1,2\"", &[Text]),
            ("-1.5e3", &[Number]),
            ("false", &[Boolean]),
            (r#"{"a":[1,{"b":"]"}]}"#, &[Object]),
            ("[]", &[Text, Number, Boolean, List, Object]),
            (r#"["[","a,\"b"]"#, &[Text, List]),
            ("[1,2]", &[Number, List]),
            ("[true,false]", &[Boolean, List]),
            (r#"[{"a":[1]},{}]"#, &[Object, List]),
            (r#"[1,"2"]"#, &[List]),
            ("[null]", &[List]),
            ("[[1]]", &[List]),
        ] {
            for kind in [Text, Number, Boolean, List, Object] {
                let text = format!(r#"{{"x":"y:","v":{value},"z":[1,"2"]}}"#);
                let fits = check(&text, &columns([("x", Text), ("v", kind), ("z", List)])).is_ok();
                assert_eq!(fits, kinds.contains(&kind), "{value} as {kind}");
            }
        }
    }

    #[test]
    fn takes_what_was_promised() {
        let names = columns([("a", ColumnKind::List), ("b c", ColumnKind::Text)]);
        for (text, expected) in [
            (r#"{"a":[],"b c":null}"#, r#"{"a":[],"b c":null}"#),
            ("{ \"a\" :\n[1.50 ,\t{}],\r\n\"b c\":\" x \\\" y\\\\\" }", r#"{"a":[1.50,{}],"b c":" x \" y\\"}"#),
            (r#"{"\u0061":[1e999],"b c":"\ud800"}"#, r#"{"\u0061":[1e999],"b c":"\ud800"}"#),
        ] {
            assert_eq!(check(text, &names).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_all_else() {
        let names = columns([("a", ColumnKind::Number), ("b", ColumnKind::Number)]);
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
