//! A component as JSON: all that it is, and all that its rules say of themselves.

use std::fmt::Write as _;

use serde_json::{Value, json};
use trommel::diagnostics::is_plain;
use trommel::metadata::{Document, Metadata};

use super::Profile;

/// The component, on one line.
pub(super) fn line(profile: &Profile, rules: &[(&Metadata, Document)]) -> serde_json::Result<String> {
    let signatures = match &profile.signed {
        Ok(signed) => {
            signed.iter().map(|signed| json!({"key": signed.key, "signer": signed.signer})).collect::<Vec<_>>().into()
        }
        Err(refusal) => json!({"error": refusal.to_string()}),
    };
    let json = json!({
        "name": profile.name,
        "digest": profile.digest.to_string(),
        "size": profile.component.size(),
        "interface": profile.interface,
        "imports": profile.component.imports(),
        "signatures": signatures,
        "tests": profile.tests.as_ref().ok().map(Vec::len),
        "rules": rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?,
    });
    Ok(escaped(&json.to_string()) + "\n")
}

/// What a rule says of itself, its settings' schema as the JSON that it is.
fn rule((rule, document): &(&Metadata, Document)) -> serde_json::Result<Value> {
    let mut json = serde_json::to_value(rule)?;
    json["description"] = document.description.as_str().into();
    json["triage"] = document.triage.as_str().into();
    json["settings_schema"] = match rule.settings_schema.as_str() {
        "" => Value::Null,
        schema => serde_json::from_str(schema)?,
    };
    Ok(json)
}

/// Escapes what serde does not and a terminal would obey. Outside of strings JSON holds none of it.
pub(super) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_plain(character) {
            text.push(character);
        } else {
            // All of them lie below U+10000.
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        }
    }
    text
}
