//! Compiles a document: what a rule says of itself, its log source and its detection.

use super::super::ir::{Column, ColumnValue, Condition, Metadata, Notice, Rule, Severity};
use super::super::problem::{Problem, Reason};
use super::attack;
use super::condition::{self, Selection};
use super::selection;
use super::sources::{LogSource, Sources};
use super::yaml::{Node, Value};

/// Compiles a document.
pub(super) fn compile(document: &Node, sources: &Sources) -> Result<Rule, Problem> {
    if !matches!(document.value, Value::Map(_)) {
        return Err(Problem::mistake(document.span.clone(), "expected a rule: `title`, `logsource`, `detection`"));
    }
    refuse_other_kinds(document)?;
    let metadata = metadata(document)?;
    let (scope, filter) = sources.scope(&log_source(document)?)?;
    let detection = member(document, "detection")?;
    let mut fields: Vec<String> = texts(document, "fields")?;
    let mut selections = Vec::new();
    for (key, value) in detection.members() {
        match key.text().unwrap_or_default() {
            "condition" => {}
            "timeframe" => {
                return Err(Problem::refusal(key.span.clone(), Reason::SeveralEvents, "timeframe"));
            }
            name => {
                let compiled = selection::compile(value, &scope)?;
                fields.extend(compiled.fields);
                selections.push(Selection { name: name.into(), condition: compiled.condition, tests: compiled.tests });
            }
        }
    }
    let mut conditions = Vec::new();
    for node in member(detection, "condition")?.items() {
        let text = node.text().ok_or_else(|| Problem::mistake(node.span.clone(), "expected a condition"))?;
        conditions.push(condition::compile(text, &selections).map_err(|problem| problem.moved(|at| node.place(at)))?);
    }
    let detected = if conditions.len() == 1 { conditions.remove(0) } else { Condition::Or(conditions) };
    let (condition, notices) = match filter {
        Some(filter) => (Condition::And(vec![filter, detected]), Vec::new()),
        None => (detected, vec![Notice::LogSource]),
    };
    Ok(Rule {
        metadata,
        expand: Vec::new(),
        condition,
        columns: columns(fields, &scope),
        severities: Vec::new(),
        risk_scores: Vec::new(),
        event_id: None,
        notices,
    })
}

/// The names that the host keeps for itself.
const RESERVED: [&str; 2] = ["rule", "event"];

fn columns(fields: Vec<String>, scope: &super::sources::Scope) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for name in fields {
        if !RESERVED.contains(&name.as_str()) && !columns.iter().any(|column| column.name == name) {
            columns.push(Column { value: ColumnValue::Field(scope.field(&name)), name });
        }
    }
    columns
}

/// Refuses documents that are no rules of one event.
fn refuse_other_kinds(document: &Node) -> Result<(), Problem> {
    for (key, value) in document.members() {
        let (reason, construct) = match key.text().unwrap_or_default() {
            "correlation" => {
                let kind = value.get("type").and_then(Node::text).unwrap_or("correlation");
                (Reason::Correlation, kind.to_owned())
            }
            // It changes what other rules find.
            "filter" => (Reason::Construct, "filter".to_owned()),
            // Collections of the first version: one document lends its parts to the next.
            "action" => (Reason::Construct, format!("action: {}", value.text().unwrap_or_default())),
            "status" if matches!(value.text(), Some("deprecated" | "unsupported")) => {
                (Reason::Retired, format!("status: {}", value.text().unwrap_or_default()))
            }
            _ => continue,
        };
        return Err(Problem::refusal(key.span.start..value.span.end, reason, construct));
    }
    Ok(())
}

fn member<'a>(node: &'a Node, name: &str) -> Result<&'a Node, Problem> {
    node.get(name).ok_or_else(|| {
        let start = node.span.start;
        Problem::mistake(start..start + 1, format!("`{name}` is missing"))
    })
}

fn text(document: &Node, name: &str) -> Result<String, Problem> {
    match document.get(name) {
        None => Ok(String::new()),
        Some(node) if node.is_null() => Ok(String::new()),
        Some(node) => match node.text() {
            Some(text) => Ok(text.trim().to_owned()),
            None => Err(Problem::mistake(node.span.clone(), format!("`{name}` must be a text"))),
        },
    }
}

fn texts(document: &Node, name: &str) -> Result<Vec<String>, Problem> {
    let Some(node) = document.get(name).filter(|node| !node.is_null()) else { return Ok(Vec::new()) };
    let items = node.items().iter().filter(|item| !item.is_null());
    items
        .map(|item| match item.text() {
            Some(text) => Ok(text.trim().to_owned()),
            None => Err(Problem::mistake(item.span.clone(), format!("`{name}` must be a list of texts"))),
        })
        .collect()
}

fn log_source(document: &Node) -> Result<LogSource, Problem> {
    let node = member(document, "logsource")?;
    let part = |name| {
        let text = text(node, name)?;
        Ok((!text.is_empty()).then_some(text))
    };
    Ok(LogSource { product: part("product")?, category: part("category")?, service: part("service")? })
}

fn metadata(document: &Node) -> Result<Metadata, Problem> {
    let line = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let title = member(document, "title")?;
    let name = line(text(document, "title")?);
    if name.is_empty() {
        return Err(Problem::mistake(title.span.clone(), "the title is empty"));
    }
    let id = text(document, "id")?;
    let severity = severity(document)?;
    let tags = texts(document, "tags")?;
    let authors = text(document, "author")?;
    let license = text(document, "license")?;
    let mut description = text(document, "description")?;
    let false_positives = texts(document, "falsepositives")?;
    let mut triage = String::new();
    if !false_positives.is_empty() {
        triage.push_str("False positives:\n");
        false_positives.iter().for_each(|one| triage.push_str(&format!("\n- {one}")));
    }
    if description.is_empty() {
        description.clone_from(&name);
    }
    Ok(Metadata {
        id: if id.is_empty() { name.clone() } else { id },
        name,
        version: String::new(),
        description,
        triage,
        authors: authors.split(',').map(|author| line(author.to_owned())).filter(|author| !author.is_empty()).collect(),
        license: if license.is_empty() { "DRL-1.1".into() } else { license },
        severity,
        risk_score: risk_score(severity),
        threats: attack::threats(tags.iter().map(String::as_str)),
        tags,
        references: texts(document, "references")?,
    })
}

fn severity(document: &Node) -> Result<Severity, Problem> {
    let level = text(document, "level")?;
    Ok(match level.as_str() {
        "informational" => Severity::Informational,
        "low" => Severity::Low,
        "" | "medium" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => {
            let span = member(document, "level")?.span.clone();
            return Err(Problem::mistake(span, format!("`{level}` is no level"))
                .with_hint("levels are `informational`, `low`, `medium`, `high` and `critical`"));
        }
    })
}

/// Is the risk score that stands for a severity, as Elastic's rules have it.
fn risk_score(severity: Severity) -> u8 {
    match severity {
        Severity::Informational => 1,
        Severity::Low => 21,
        Severity::Medium => 47,
        Severity::High => 73,
        Severity::Critical => 99,
    }
}
