//! Takes the commands of a query in their order, and knows what every column stands for meanwhile.

use std::ops::Range;

use super::super::ir::{Column, ColumnValue, Condition, Expression, Field, Kind, Query};
use super::super::problem::{Problem, Reason};
use super::super::types::{Type, parent};
use super::tree::{self, Command, Expr, Name};
use super::{EXPRESSIONS_MAX, dissect, grok};

/// The columns of a query at one place of it.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// What was computed, the latest last.
    computed: Vec<(String, Value)>,
    /// What `keep` left, as patterns; `None` before the first.
    kept: Option<Vec<String>>,
    dropped: Vec<String>,
    /// The fields of the event that were named, in their order.
    pub(super) fields: Vec<String>,
    expand: Vec<Expression>,
    expressions: usize,
}

/// What a computed column stands for.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) expression: Expression,
    pub(super) kind: Sort,
}

/// What is known of the values of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Null,
    Boolean,
    Whole,
    Float,
    Text,
    Ip,
    Time,
    /// A field of no known type: a text, until it is compared with something else.
    Keyword,
}

/// What Elasticsearch knows of a document, and the document does not say.
const METADATA: [&str; 9] =
    ["_id", "_index", "_version", "_ignored", "_source", "_index_mode", "_score", "_size", "_tier"];

/// Compiles a query.
pub(super) fn query(query: &tree::Query) -> Result<Query, Problem> {
    let mut columns = Columns::default();
    let mut conditions = Vec::new();
    let mut kept: Option<Vec<Name>> = None;
    for (command, span) in &query.commands {
        match command {
            Command::Where(expression) => conditions.push(columns.condition(expression)?),
            Command::Eval(named) => {
                for (name, expression) in named {
                    let value = columns.value(expression)?;
                    columns.set(&name.text, value, &name.span)?;
                }
            }
            Command::Dissect { input, pattern, pattern_span, separator } => {
                let input = columns.text(input)?;
                for (name, expression) in dissect::columns(pattern, pattern_span, &input, separator)? {
                    columns.set(&name, Value { expression, kind: Sort::Text }, span)?;
                }
            }
            Command::Grok { input, patterns } => {
                let input = columns.text(input)?;
                for (name, value) in grok::columns(patterns, &input)? {
                    columns.set(&name, value, span)?;
                }
            }
            Command::Keep(names) => {
                columns.keep(names);
                kept = Some(names.clone());
            }
            Command::Drop(names) => columns.dropped.extend(names.iter().map(|name| name.text.clone())),
            Command::Rename(pairs) => {
                for (old, new) in pairs {
                    let value =
                        columns.value(&Expr { what: tree::What::Column(old.text.clone()), span: old.span.clone() })?;
                    columns.set(&new.text, value, &new.span)?;
                    columns.dropped.push(old.text.clone());
                    if let Some(names) = &mut kept {
                        names
                            .iter_mut()
                            .filter(|name| name.text == old.text)
                            .for_each(|name| name.text.clone_from(&new.text));
                    }
                }
            }
            Command::Expand(name) => columns.expand(name)?,
        }
    }
    let reported = columns.reported(kept.as_deref());
    Ok(Query {
        expand: columns.expand,
        condition: Condition::And(conditions),
        columns: reported,
        fields: columns.fields,
    })
}

impl Columns {
    /// Lets a name stand for a value.
    fn set(&mut self, name: &str, value: Value, span: &Range<usize>) -> Result<(), Problem> {
        self.expressions += size(&value.expression);
        if self.expressions > EXPRESSIONS_MAX {
            return Err(Problem::refusal(span.clone(), Reason::TooLarge, "an expression of so many parts"));
        }
        self.computed.retain(|(other, _)| other != name);
        self.computed.push((name.to_owned(), value));
        self.dropped.retain(|other| other != name);
        if let Some(kept) = &mut self.kept {
            kept.push(name.to_owned());
        }
        Ok(())
    }

    fn keep(&mut self, names: &[Name]) {
        let names: Vec<String> = names.iter().map(|name| name.text.clone()).collect();
        self.computed.retain(|(name, _)| names.iter().any(|pattern| matches(pattern, name)));
        self.kept = Some(names);
    }

    /// Is what a name stands for.
    pub(super) fn column(&mut self, name: &str, span: &Range<usize>) -> Result<Value, Problem> {
        let known = self.computed.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
        let hidden = self.dropped.iter().any(|pattern| matches(pattern, name))
            || self.kept.as_ref().is_some_and(|kept| !kept.iter().any(|pattern| matches(pattern, name)));
        if hidden {
            return Err(Problem::mistake(span.clone(), format!("the column `{name}` is not there any more"))
                .with_hint("`keep` and `drop` leave only what they name"));
        }
        if let Some(value) = known {
            self.expressions += size(&value.expression);
            if self.expressions > EXPRESSIONS_MAX {
                return Err(Problem::refusal(span.clone(), Reason::TooLarge, "an expression of so many parts"));
            }
            return Ok(value);
        }
        if METADATA.contains(&name) {
            return Err(Problem::refusal(span.clone(), Reason::Unknowable, name));
        }
        self.note(name);
        let (path, of) = parent(name).map_or_else(|| (name, Type::of(name)), |(path, of)| (path, of));
        let (read, kind) = match of {
            Type::Whole => (Kind::Number, Sort::Whole),
            Type::Float => (Kind::Number, Sort::Float),
            Type::Boolean => (Kind::Boolean, Sort::Boolean),
            Type::Ip => (Kind::Text, Sort::Ip),
            Type::Date => (Kind::Json, Sort::Time),
            Type::Wildcard | Type::Text(_) => (Kind::Text, Sort::Text),
            Type::Keyword | Type::Object => (Kind::Text, Sort::Keyword),
        };
        Ok(Value { expression: Expression::Field(Field { paths: vec![path.to_owned()] }, read), kind })
    }

    pub(super) fn note(&mut self, name: &str) {
        if !self.fields.iter().any(|field| field == name) {
            self.fields.push(name.to_owned());
        }
    }

    /// Says whether a name is a field of the event, rather than computed.
    pub(super) fn is_field(&self, name: &str) -> bool {
        !self.computed.iter().any(|(other, _)| other == name) && !METADATA.contains(&name)
    }

    fn expand(&mut self, name: &Name) -> Result<(), Problem> {
        let value = self.column(&name.text, &name.span)?;
        let Ok(number) = u16::try_from(self.expand.len()) else {
            return Err(Problem::refusal(name.span.clone(), Reason::TooLarge, "so many `mv_expand`"));
        };
        self.expand.push(value.expression);
        self.set(&name.text, Value { expression: Expression::Expanded(number), kind: value.kind }, &name.span)
    }

    /// Is what a finding reports: what `keep` names, the stars as far as the query knows what they stand for.
    fn reported(&self, kept: Option<&[Name]>) -> Vec<Column> {
        let mut names: Vec<&str> = Vec::new();
        for pattern in kept.into_iter().flatten() {
            if pattern.text.contains('*') {
                let fields = self.fields.iter().map(String::as_str);
                let known = self.computed.iter().map(|(name, _)| name.as_str()).chain(fields);
                names.extend(known.filter(|name| matches(&pattern.text, name)));
            } else {
                names.push(&pattern.text);
            }
        }
        // What was computed after it is there as well.
        if kept.is_some() {
            names.extend(self.computed.iter().map(|(name, _)| name.as_str()));
        }
        let mut columns: Vec<Column> = Vec::new();
        for name in names {
            let known = columns.iter().any(|column| column.name == name);
            let gone = self.dropped.iter().any(|pattern| matches(pattern, name));
            if known || gone || METADATA.contains(&name) || matches!(name, "rule" | "event") {
                continue;
            }
            let computed = self.computed.iter().find(|(other, _)| other == name);
            let value = match computed.map(|(_, value)| &value.expression) {
                Some(Expression::Field(field, _)) => ColumnValue::Field(field.clone()),
                Some(expression) => ColumnValue::Expression(expression.clone()),
                None => {
                    let path = parent(name).map_or(name, |(path, _)| path);
                    ColumnValue::Field(Field { paths: vec![path.to_owned()] })
                }
            };
            columns.push(Column { name: name.to_owned(), value });
        }
        columns
    }
}

/// Says whether a name fits a pattern with stars.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn size(expression: &Expression) -> usize {
    1 + match expression {
        Expression::Test(inner, _) | Expression::Capture(inner, ..) | Expression::Replace(inner, ..) => size(inner),
        Expression::Call(_, arguments) => arguments.iter().map(size).sum(),
        Expression::Condition(condition) => of_condition(condition),
        _ => 0,
    }
}

fn of_condition(condition: &Condition) -> usize {
    1 + match condition {
        Condition::And(parts) | Condition::Or(parts) => parts.iter().map(of_condition).sum(),
        Condition::Not(part) => of_condition(part),
        Condition::Script(expression) | Condition::Single(expression) => size(expression),
        Condition::Constant(_) | Condition::Any(..) => 0,
    }
}
