//! The filters beside a rule's query: Elasticsearch's own query language, of which few forms are known here.

use super::document::{Node, Table};
use crate::compile::fields::{Typed, lucene_wildcard};
use crate::compile::ir::{Condition, Fold, Test, TextPattern};
use crate::compile::problem::{Problem, Reason};

/// Is the conditions of a rule's filters: all must hold.
pub(super) fn conditions(rule: Table<'_>) -> Result<Vec<Condition>, Problem> {
    let Some(filters) = rule.get("filters") else { return Ok(Vec::new()) };
    let mut conditions = Vec::new();
    for filter in filters.items()? {
        let table = filter.table()?;
        let mut negate = false;
        if let Some(meta) = table.get("meta") {
            let meta = meta.table()?;
            if let Some(disabled) = meta.get("disabled")
                && disabled.boolean()?
            {
                continue;
            }
            negate = meta.get("negate").map(Node::boolean).transpose()?.unwrap_or(false);
        }
        let condition = match table.get("query") {
            Some(query) => condition(query)?,
            None => return Err(refused(filter, "a filter without a query")),
        };
        conditions.push(if negate { Condition::Not(Box::new(condition)) } else { condition });
    }
    Ok(conditions)
}

fn refused(node: Node<'_>, what: &str) -> Problem {
    Problem::refusal(node.span(), Reason::Construct, what)
}

fn condition(query: Node<'_>) -> Result<Condition, Problem> {
    let mut members = query.table()?.members();
    let (Some((kind, body)), None) = (members.next(), members.next()) else {
        return Err(refused(query, "filters"));
    };
    let kind = kind.get_ref().as_ref();
    let body_table = body.table()?;
    if kind == "exists" {
        return match body_table.text("field")? {
            Some(field) => Ok(Typed::new(field).any(Test::Exists)),
            None => Err(refused(body, kind)),
        };
    }
    let mut fields = body_table.members();
    let (Some((name, of)), None) = (fields.next(), fields.next()) else {
        return Err(refused(body, kind));
    };
    let typed = Typed::new(name.get_ref());
    // A bare value is short for one with options.
    let (value, fold) = match of.table() {
        Ok(options) => {
            let mut fold = Fold::Exact;
            let mut value = None;
            for (option, node) in options.members() {
                match option.get_ref().as_ref() {
                    "value" | "query" | "wildcard" => value = Some(node),
                    "case_insensitive" if node.boolean()? => fold = Fold::Simple,
                    "case_insensitive" => {}
                    other => return Err(refused(node, other)),
                }
            }
            (value.ok_or_else(|| refused(of, kind))?, fold)
        }
        Err(_) => (of, Fold::Exact),
    };
    let keyword = typed.analyzer().is_none() && !typed.of.is_number();
    let text = value.text().map_err(|_| refused(value, kind))?;
    match kind {
        "wildcard" if keyword => Ok(typed.any(Test::Text(vec![lucene_wildcard(text)], fold))),
        "term" | "match_phrase" if keyword => Ok(typed.any(Test::Text(vec![TextPattern::literal(text)], fold))),
        _ => Err(refused(body, kind)),
    }
}
