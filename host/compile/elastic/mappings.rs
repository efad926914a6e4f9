//! The severity and the risk score that a rule takes from the event.

use super::document::{Node, Table};
use crate::compile::fields::Typed;
use crate::compile::ir::{
    ColumnValue, Condition, Expression, Fold, Function, Number, Query, Relation, RiskScore, Severity, Test, TextPattern,
};
use crate::compile::problem::{Problem, Reason};

/// Reads a severity.
pub(super) fn severity(node: Node<'_>) -> Result<Severity, Problem> {
    Ok(match node.text()? {
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        "critical" => Severity::Critical,
        _ => return Err(node.mistake("expected low, medium, high or critical")),
    })
}

/// Is the mapping of severities: where several hold, the highest counts.
pub(super) fn severities(rule: Table<'_>, query: &Query) -> Result<Vec<(Condition, Severity)>, Problem> {
    let mut mapping = Vec::new();
    for entry in rule.tables("severity_mapping")? {
        if let Some(operator) = entry.get("operator")
            && operator.text()? != "equals"
        {
            return Err(Problem::refusal(operator.span(), Reason::Construct, operator.text()?));
        }
        let (Some(field), Some(value), Some(to)) = (entry.text("field")?, entry.get("value"), entry.get("severity"))
        else {
            continue;
        };
        mapping.push((equals(field, value.text()?, query), severity(to)?));
    }
    mapping.sort_by_key(|(_, severity)| std::cmp::Reverse(*severity));
    Ok(mapping)
}

/// Is whether a field, or what the query computed under that name, has a value.
fn equals(field: &str, value: &str, query: &Query) -> Condition {
    let computed = query.columns.iter().find(|column| column.name == field).map(|column| &column.value);
    if let Some(ColumnValue::Expression(expression)) = computed {
        let texts =
            vec![Expression::Call(Function::ToText, vec![expression.clone()]), Expression::Text(value.to_owned())];
        return Condition::Single(Expression::Call(Function::Equal, texts));
    }
    let typed = Typed::new(field);
    match value.parse() {
        Ok(number) if typed.of.is_number() => typed.any(Test::Number(Relation::Equal, Number::Whole(number))),
        _ => typed.any(Test::Text(vec![TextPattern::literal(value)], Fold::Exact)),
    }
}

/// Is the mapping of risk scores.
pub(super) fn risk_scores(rule: Table<'_>) -> Result<Vec<(Condition, RiskScore)>, Problem> {
    let mut mapping = Vec::new();
    for entry in rule.tables("risk_score_mapping")? {
        if let Some(field) = entry.text("field")? {
            mapping.push((Condition::Constant(true), RiskScore::Of(Typed::new(field).field)));
        }
    }
    Ok(mapping)
}
