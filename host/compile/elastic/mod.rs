//! Elastic's rules: the TOML around a query.
//!
//! [`rule`] reads one file: the query by its language, the filters beside it, the mappings of severity and risk score,
//! and what the rule says of itself. What a rule asks for and is not known here is refused: it may change the verdict.

mod document;
mod filters;
mod mappings;

use super::ir::{Column, ColumnValue, Condition, Field, Metadata, Notice, Query, Rule, Severity, Threat};
use super::problem::{Problem, Reason};
use super::types::parent;
use super::{eql, esql, kql};
use document::{Node, Table, places};

/// Members of a rule that do not change its verdict, or are seen to.
const KNOWN: [&str; 51] = [
    "actions",
    "alert_suppression",
    "author",
    "building_block_type",
    "description",
    "enabled",
    "event_category_override",
    "exceptions_list",
    "false_positives",
    "filters",
    "from",
    "id",
    "immutable",
    "index",
    "interval",
    "investigation_fields",
    "language",
    "license",
    "max_signals",
    "meta",
    "name",
    "namespace",
    "note",
    "outcome",
    "output_index",
    "query",
    "references",
    "related_integrations",
    "required_fields",
    "response_actions",
    "revision",
    "risk_score",
    "risk_score_mapping",
    "rule_id",
    "rule_name_override",
    "rule_source",
    "setup",
    "severity",
    "severity_mapping",
    "tags",
    "threat",
    "throttle",
    "tiebreaker_field",
    "timeline_id",
    "timeline_title",
    "timestamp_field",
    "timestamp_override",
    "timestamp_override_fallback_disabled",
    "to",
    "type",
    "version",
];

/// Where the rule's own name stands, for messages, and what it was compiled to.
#[derive(Debug)]
pub struct Outcome {
    /// The name of the rule, if it could be read.
    pub name: Option<String>,
    /// The rule, or why there is none.
    pub rule: Result<Rule, Problem>,
}

/// Says whether a file of TOML looks like a rule of Elastic's.
pub fn is_rule(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "[rule]")
}

/// Compiles a rule's file. A problem's place is in the file.
pub fn rule(text: &str) -> Outcome {
    let document = match document::parse(text) {
        Ok(document) => document,
        Err(problem) => return Outcome { name: None, rule: Err(problem) },
    };
    let root = Table::new(&document);
    let name = root
        .get("rule")
        .and_then(|rule| rule.table().ok())
        .and_then(|rule| rule.text("name").ok().flatten())
        .map(str::to_owned);
    Outcome { name, rule: read(text, root) }
}

fn read(text: &str, root: Table<'_>) -> Result<Rule, Problem> {
    let Some(rule) = root.get("rule") else {
        return Err(Problem::mistake(0..0, "the file has no table `[rule]`"));
    };
    let rule_span = rule.span();
    let rule = rule.table()?;
    let missing = |name: &str| Problem::mistake(rule_span.clone(), format!("the rule has no `{name}`"));
    refuse_by_type(root, rule, missing("type"))?;
    for (key, node) in rule.members() {
        if !KNOWN.contains(&key.get_ref().as_ref()) {
            let span = if key.span().is_empty() { node.span() } else { key.span() };
            return Err(Problem::refusal(span, Reason::Construct, key.get_ref().as_ref()));
        }
    }
    let query_node = rule.get("query").ok_or_else(|| missing("query"))?;
    let query = compile_query(text, rule, query_node)?;
    let mut parts = vec![query.condition.clone()];
    parts.extend(filters::conditions(rule)?);
    Ok(Rule {
        metadata: metadata(root, rule, &missing)?,
        columns: columns(rule, &query)?,
        severities: mappings::severities(rule, &query)?,
        risk_scores: mappings::risk_scores(rule)?,
        expand: query.expand,
        condition: Condition::And(parts),
        event_id: Some(Field { paths: vec!["event.id".into()] }),
        notices: notices(rule),
    })
}

fn refuse_by_type(root: Table<'_>, rule: Table<'_>, missing: Problem) -> Result<(), Problem> {
    let kind = rule.get("type").ok_or(missing)?;
    if let Some(maturity) = root.get("metadata").and_then(|metadata| metadata.table().ok()?.get("maturity"))
        && maturity.text()? == "deprecated"
    {
        return Err(Problem::refusal(maturity.span(), Reason::Retired, "maturity = \"deprecated\""));
    }
    let reason = match kind.text()? {
        "eql" | "query" | "esql" => return Ok(()),
        "new_terms" => Reason::Past,
        "machine_learning" => Reason::MachineLearning,
        "threshold" => Reason::Counts,
        "threat_match" => Reason::Joins,
        _ => Reason::Construct,
    };
    Err(Problem::refusal(kind.span(), reason, kind.text()?))
}

fn compile_query(file: &str, rule: Table<'_>, node: Node<'_>) -> Result<Query, Problem> {
    let query = node.text()?;
    let language = match (rule.text("type")?, rule.get("language")) {
        (_, Some(language)) => language.text()?,
        (Some("eql"), None) => "eql",
        (Some("esql"), None) => "esql",
        _ => "kuery",
    };
    let compiled = match language {
        "eql" => eql::compile(query, rule.text("event_category_override")?.unwrap_or("event.category")),
        "kuery" => kql::compile(query),
        "esql" => esql::compile(query),
        _ => {
            let span = rule.get("language").map_or_else(|| node.span(), Node::span);
            return Err(Problem::refusal(span, Reason::Construct, language));
        }
    };
    compiled.map_err(|problem| {
        let span = node.span();
        problem.moved(places(file.get(span.clone()).unwrap_or_default(), span.start))
    })
}

fn metadata(root: Table<'_>, rule: Table<'_>, missing: &dyn Fn(&str) -> Problem) -> Result<Metadata, Problem> {
    let required = |name: &str| -> Result<String, Problem> {
        match rule.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
            _ => Err(missing(name)),
        }
    };
    let severity = match rule.get("severity") {
        None => Severity::Low,
        Some(node) => mappings::severity(node)?,
    };
    let building_block = rule.get("building_block_type").is_some();
    let risk_score = match rule.get("risk_score") {
        None => 21,
        Some(node) => u8::try_from(node.number()?)
            .ok()
            .filter(|&score| score <= 100)
            .ok_or_else(|| node.mistake("expected a risk score from 0 to 100"))?,
    };
    let updated = root.get("metadata").and_then(|metadata| metadata.table().ok()?.text("updated_date").ok()?);
    Ok(Metadata {
        id: required("rule_id")?,
        name: required("name")?.replace(['\n', '\r'], " "),
        version: updated.and_then(version).unwrap_or_default(),
        description: rule.owned("description")?.trim().to_owned(),
        triage: triage(rule)?,
        authors: rule.texts("author")?,
        license: spdx(&rule.owned("license")?),
        // Building blocks are parts of other rules' alerts, and none by themselves.
        severity: if building_block { Severity::Informational } else { severity },
        risk_score,
        tags: rule.texts("tags")?,
        references: rule.texts("references")?,
        threats: threats(rule)?,
    })
}

/// Is the date of a rule's last change as a version: `2026/03/09` is `2026.3.9`.
fn version(updated: &str) -> Option<String> {
    let parts: Option<Vec<u32>> = updated.split('/').map(|part| part.parse().ok()).collect();
    match parts?.as_slice() {
        [year, month, day] => Some(format!("{year}.{month}.{day}")),
        _ => None,
    }
}

fn spdx(license: &str) -> String {
    match license {
        "Elastic License v2" | "Elastic Licence v2" => "Elastic-2.0".into(),
        other => other.to_owned(),
    }
}

fn triage(rule: Table<'_>) -> Result<String, Problem> {
    let mut parts = vec![rule.owned("note")?.trim().to_owned()];
    let harmless = rule.texts("false_positives")?;
    if !harmless.is_empty() {
        let items: Vec<String> = harmless.iter().map(|item| format!("- {}", item.trim())).collect();
        parts.push(format!("## False positives\n\n{}", items.join("\n")));
    }
    parts.push(rule.owned("setup")?.trim().to_owned());
    parts.retain(|part| !part.is_empty());
    Ok(parts.join("\n\n"))
}

fn threats(rule: Table<'_>) -> Result<Vec<Threat>, Problem> {
    let mut threats = Vec::new();
    for threat in rule.tables("threat")? {
        let entry =
            |table: Table<'_>| -> Result<(String, String), Problem> { Ok((table.owned("id")?, table.owned("name")?)) };
        let Some(tactic) = threat.get("tactic") else { continue };
        let mut techniques = Vec::new();
        for technique in threat.tables("technique")? {
            techniques.push(entry(technique)?);
            for sub in technique.tables("subtechnique")? {
                techniques.push(entry(sub)?);
            }
        }
        threats.push(Threat { tactic: entry(tactic.table()?)?, techniques });
    }
    Ok(threats)
}

/// Is the columns: those that the query or the rule names, else the fields of the condition.
fn columns(rule: Table<'_>, query: &Query) -> Result<Vec<Column>, Problem> {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: &str| {
        let free = !matches!(name, "" | "rule" | "event") && columns.iter().all(|column| column.name != name);
        if !free {
            return;
        }
        let own = query.columns.iter().find(|column| column.name == name);
        columns.push(own.cloned().unwrap_or_else(|| Column {
            name: name.to_owned(),
            value: ColumnValue::Field(Field { paths: vec![parent(name).map_or(name, |(path, _)| path).to_owned()] }),
        }));
    };
    if let Some(name) = rule.text("rule_name_override")? {
        add(name);
    }
    let investigated = match rule.get("investigation_fields") {
        Some(fields) => fields.table()?.texts("field_names")?,
        None => Vec::new(),
    };
    if !query.columns.is_empty() {
        query.columns.iter().for_each(|column| add(&column.name));
    } else if investigated.is_empty() {
        query.fields.iter().for_each(|name| add(name));
    }
    investigated.iter().for_each(|name| add(name));
    Ok(columns)
}

fn notices(rule: Table<'_>) -> Vec<Notice> {
    [
        ("alert_suppression", Notice::Suppression),
        ("exceptions_list", Notice::Exceptions),
        ("index", Notice::Index),
        ("max_signals", Notice::Schedule),
    ]
    .into_iter()
    .filter(|(name, _)| rule.get(name).is_some())
    .map(|(_, notice)| notice)
    .collect()
}

#[cfg(test)]
mod tests;
