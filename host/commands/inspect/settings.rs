//! A rule's settings, from the JSON Schema that it has for them, as a person reads them.

use serde_json::Value;
use trommel::diagnostics::printable;

/// The settings, one a line: name, type, default, and what it is for.
pub(super) fn lines(schema: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let lines = properties.into_iter().flatten().map(|(name, property)| {
        let mut line = printable(name);
        let kind = kind(property);
        if !kind.is_empty() {
            line += &format!(", {kind}");
        }
        if required(name) {
            line += ", required";
        }
        if let Some(default) = property.get("default") {
            line += &format!(", default {}", printable(&default.to_string()));
        }
        if let Some(described) = property.get("description").and_then(Value::as_str) {
            line += &format!(": {}", printable(described));
        }
        line
    });
    lines.collect()
}

/// Which values are taken, as far as that is said plainly.
fn kind(schema: &Value) -> String {
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values.iter().map(|value| printable(&value.to_string())).collect();
        return values.join(" or ");
    }
    let types: Vec<_> = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let name = |kind: &&str| match *kind {
        "array" => match kind_of_items(schema) {
            items if items.is_empty() => "list".to_owned(),
            items => format!("list of {items}"),
        },
        "string" => "text".to_owned(),
        other => printable(other),
    };
    let mut kind = types.iter().map(name).collect::<Vec<_>>().join(" or ");
    for (bound, words) in [("minimum", "at least"), ("maximum", "at most")] {
        if let Some(number) = schema.get(bound).and_then(Value::as_number) {
            kind += &format!(" {words} {number}");
        }
    }
    kind
}

/// One level of it: who nests lists in lists is read in the schema.
fn kind_of_items(schema: &Value) -> String {
    match &schema["items"]["type"] {
        Value::String(kind) if kind == "string" => "texts".into(),
        Value::String(kind) => format!("{}s", printable(kind)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_people_do() {
        let schema = r#"{"properties":{
            "accounts":{"type":"array","items":{"type":"string"},"default":[],"description":"Accounts\nof ours."},
            "mode":{"enum":["a","b"],"default":"a"},
            "most":{"type":["integer","null"],"minimum":1,"maximum":9},
            "any":{}
        },"required":["most"]}"#;
        assert_eq!(
            lines(schema),
            [
                r"accounts, list of texts, default []: Accounts\u{a}of ours.",
                r#"mode, "a" or "b", default "a""#,
                "most, integer or null at least 1 at most 9, required",
                "any",
            ]
        );
        for none in ["", "{}", "[]", r#"{"properties":1}"#] {
            assert!(lines(none).is_empty());
        }
    }
}
