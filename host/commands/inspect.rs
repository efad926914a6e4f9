//! `trommel inspect`: prints what a component is.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};
use trommel::diagnostics::{is_plain, printable};
use trommel::metadata::{AttackEntry, Column, ColumnKind, Document, Metadata};

use super::sandbox::SandboxArguments;
use crate::messages::{self, Exit};

/// Says what a component is: its rules, and what it imports.
///
/// The component is loaded as `run` loads it, so one that `inspect` takes, `run` takes; no event is judged.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A component (.wasm), or the folder of a rule crate, which is built first.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// Prints JSON, with all that the rules say of themselves.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let component = arguments.sandbox.load(std::slice::from_ref(&arguments.rule), None)?.remove(0);
    let documents = component.documents().map_err(|failure| {
        let rule = printable(&arguments.rule.to_string_lossy());
        anyhow::anyhow!("{rule}: cannot say what its rules are for: {}", printable(&failure.to_string()))
    })?;
    let rules = || component.rules().iter().zip(&documents);
    let text = if arguments.json {
        let json = json!({
            "size": component.size(),
            "imports": component.imports(),
            "rules": rules().map(as_json).collect::<Result<Vec<_>, _>>()?,
        });
        escaped(&json.to_string()) + "\n"
    } else {
        let imports = match component.imports() {
            [] => "none".into(),
            names => format!("WASI, with nothing granted: {}", list(names)),
        };
        let mut text = format!(
            "{}: {} bytes\nimports: {imports}\n",
            printable(&arguments.rule.to_string_lossy()),
            component.size()
        );
        rules().for_each(|rule| text += &for_people(rule));
        text
    };
    messages::answer(&text).context("<stdout>")?;
    Ok(Exit::AllWell)
}

/// What a rule says of itself, a line each; what is not said is left out.
fn for_people((rule, document): (&Metadata, &Document)) -> String {
    let entry = |entry: &AttackEntry| printable(&format!("{} {}", entry.id, entry.name));
    let mut attack = Vec::new();
    for threat in &rule.threats {
        attack.push(entry(&threat.tactic));
        attack.extend(threat.techniques.iter().map(entry));
    }
    let needles = if rule.needles.is_empty() { "none: it sees every event".into() } else { list(&rule.needles) };
    let mut text = format!("\nrule {}\n", printable(&rule.id));
    for (name, value) in [
        ("name", printable(&rule.name)),
        ("version", printable(&rule.version)),
        ("severity", format!("{}, risk score {}", rule.severity, rule.risk_score)),
        ("description", paragraph(&document.description)),
        ("triage", paragraph(&document.triage)),
        ("authors", list(&rule.authors)),
        ("license", printable(&rule.license)),
        ("tags", list(&rule.tags)),
        ("references", list(&rule.references)),
        ("attack", attack.join(", ")),
        ("columns", rule.columns.iter().map(column).collect::<Vec<_>>().join(", ")),
        ("needles", needles),
        ("settings", settings(&rule.settings_schema)),
    ] {
        if !value.is_empty() {
            let _ = writeln!(text, "  {:12} {value}", format!("{name}:"));
        }
    }
    text
}

/// A column's name, and its kind if that is not text.
fn column(column: &Column) -> String {
    let name = printable(&column.name);
    if column.kind == ColumnKind::Text { name } else { format!("{name} ({})", column.kind) }
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| printable(text)).collect::<Vec<_>>().join(", ")
}

/// A text of several lines: each is shown below the first.
fn paragraph(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n               ")
}

/// The schema, a line a member where it says so plainly.
fn settings(schema: &str) -> String {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    match schema.get("properties").and_then(Value::as_object) {
        None => "none".into(),
        Some(properties) => {
            let mut lines = Vec::new();
            for (name, property) in properties {
                let described = property.get("description").and_then(Value::as_str).unwrap_or_default();
                lines.push(format!("{}: {}", printable(name), printable(described)));
            }
            lines.join("\n               ")
        }
    }
}

/// Escapes what serde does not and a terminal would obey. Outside of strings JSON holds none of it.
fn escaped(json: &str) -> String {
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

/// What a rule says of itself, its settings' schema as the JSON that it is.
fn as_json((rule, document): (&Metadata, &Document)) -> serde_json::Result<Value> {
    let mut json = serde_json::to_value(rule)?;
    json["description"] = document.description.as_str().into();
    json["triage"] = document.triage.as_str().into();
    json["settings_schema"] = match rule.settings_schema.as_str() {
        "" => Value::Null,
        schema => serde_json::from_str(schema)?,
    };
    Ok(json)
}
