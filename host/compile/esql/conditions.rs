//! Turns expressions of truth into conditions, in three-valued logic.

use std::ops::Range;

use super::super::fields::{lucene_wildcard, network};
use super::super::ir::{Condition, Expression, Fold, Function, Kind, Piece, Relation, Test, TextPattern};
use super::super::problem::{Problem, Reason};
use super::super::regex::{Dialect, Flags, Regex};
use super::columns::{Columns, Sort, Value};
use super::tree::{Expr, What};

impl Columns {
    /// Compiles what must be true.
    pub(super) fn condition(&mut self, expression: &Expr) -> Result<Condition, Problem> {
        let span = &expression.span;
        Ok(match &expression.what {
            What::And(left, right) => Condition::And(vec![self.condition(left)?, self.condition(right)?]),
            What::Or(left, right) => Condition::Or(vec![self.condition(left)?, self.condition(right)?]),
            What::Not(inner) => not(self.condition(inner)?),
            What::Compare(sign, left, right) => self.compare(sign, left, right, span)?,
            What::In(left, items) => self.is_in(left, items)?,
            What::IsNull(inner) => {
                let value = self.value(inner)?;
                Condition::Single(Expression::Call(Function::IsNull, vec![value.expression]))
            }
            What::Like(left, patterns) => self.like(left, patterns)?,
            What::Rlike(left, patterns) => self.rlike(left, patterns)?,
            What::Match(left, query) => self.full_text(left, query, &[], span)?,
            What::Call { name, arguments, options } => self.call_of_truth(name, arguments, options, expression)?,
            What::Boolean(truth) => Condition::Constant(*truth),
            _ => {
                let value = self.value(expression)?;
                Condition::Single(self.truth(value, span)?)
            }
        })
    }

    /// Is a value as a truth.
    fn truth(&mut self, value: Value, span: &Range<usize>) -> Result<Expression, Problem> {
        match value.kind {
            Sort::Boolean | Sort::Null => Ok(value.expression),
            // A field of no known type that stands where a truth must.
            Sort::Keyword => Ok(read_as(value.expression, Kind::Boolean)),
            _ => Err(Problem::mistake(span.clone(), "expected a condition, not a value")),
        }
    }

    fn compare(&mut self, sign: &str, left: &Expr, right: &Expr, span: &Range<usize>) -> Result<Condition, Problem> {
        if sign == "=~" {
            return Err(Problem::refusal(span.clone(), Reason::Construct, "=~"));
        }
        let (mut left, mut right) = (self.value(left)?, self.value(right)?);
        let (mut sign, swapped) = (sign, is_constant(&left.expression) && !is_constant(&right.expression));
        if swapped {
            std::mem::swap(&mut left, &mut right);
            sign = match sign {
                "<" => ">",
                "<=" => ">=",
                ">" => "<",
                ">=" => "<=",
                other => other,
            };
        }
        let (left, right, kind) = agree(left, right, span)?;
        if let (Sort::Ip, Expression::Text(text)) = (kind, &right) {
            let address =
                network(text).ok_or_else(|| Problem::mistake(span.clone(), format!("`{text}` is no address")))?;
            let same = Condition::Single(Expression::Test(Box::new(left), Test::Networks(vec![address])));
            return match sign {
                "==" => Ok(same),
                "!=" => Ok(not(same)),
                _ => Err(Problem::refusal(span.clone(), Reason::Construct, "the order of addresses")),
            };
        }
        if let (Sort::Text, Expression::Text(text)) = (kind, &right) {
            let test = match sign {
                "==" | "!=" => Test::Text(vec![TextPattern::literal(text.clone())], Fold::Exact),
                "<" => Test::Order(Relation::Less, text.clone()),
                "<=" => Test::Order(Relation::LessOrEqual, text.clone()),
                ">" => Test::Order(Relation::Greater, text.clone()),
                _ => Test::Order(Relation::GreaterOrEqual, text.clone()),
            };
            let tested = Condition::Single(Expression::Test(Box::new(left), test));
            return Ok(if sign == "!=" { not(tested) } else { tested });
        }
        let call = |function, left, right| Condition::Single(Expression::Call(function, vec![left, right]));
        Ok(match sign {
            "==" => call(Function::Equal, left, right),
            "!=" => not(call(Function::Equal, left, right)),
            "<" => call(Function::Less, left, right),
            "<=" => call(Function::LessOrEqual, left, right),
            ">" => call(Function::Less, right, left),
            _ => call(Function::LessOrEqual, right, left),
        })
    }

    fn is_in(&mut self, left: &Expr, items: &[Expr]) -> Result<Condition, Problem> {
        let value = self.value(left)?;
        let all_texts = items.iter().all(|item| matches!(item.what, What::Text(_)));
        if all_texts && matches!(value.kind, Sort::Text | Sort::Keyword) {
            let texts = items.iter().filter_map(|item| match &item.what {
                What::Text(text) => Some(TextPattern::literal(text.clone())),
                _ => None,
            });
            let test = Test::Text(texts.collect(), Fold::Exact);
            return Ok(Condition::Single(Expression::Test(Box::new(value.expression), test)));
        }
        let ways: Result<_, _> =
            items.iter().map(|item| self.compare("==", left, item, &(left.span.start..item.span.end))).collect();
        Ok(Condition::Or(ways?))
    }

    fn like(&mut self, left: &Expr, patterns: &[Expr]) -> Result<Condition, Problem> {
        let text = self.text(left)?;
        let patterns: Vec<TextPattern> = patterns
            .iter()
            .map(|pattern| self.constant(pattern).map(|text| lucene_wildcard(&text)))
            .collect::<Result<_, _>>()?;
        // Elasticsearch takes it for `is not null`, which a field of several values is.
        let anything = |pattern: &TextPattern| {
            pattern.0.contains(&Piece::Many)
                && pattern
                    .0
                    .iter()
                    .all(|piece| matches!(piece, Piece::Many) || matches!(piece, Piece::Text(text) if text.is_empty()))
        };
        if patterns.len() == 1 && anything(&patterns[0]) {
            return Ok(not(Condition::Single(Expression::Call(Function::IsNull, vec![text]))));
        }
        Ok(Condition::Single(Expression::Test(Box::new(text), Test::Text(patterns, Fold::Exact))))
    }

    fn rlike(&mut self, left: &Expr, patterns: &[Expr]) -> Result<Condition, Problem> {
        let text = self.text(left)?;
        let mut ways = Vec::new();
        for pattern in patterns {
            let regex = self.regex(pattern, Dialect::Lucene)?;
            ways.push(Condition::Single(Expression::Test(Box::new(text.clone()), Test::Regex(regex))));
        }
        Ok(if ways.len() == 1 { ways.remove(0) } else { Condition::Or(ways) })
    }

    /// Compiles a regex that stands in the query as a string.
    pub(super) fn regex(&mut self, pattern: &Expr, dialect: Dialect) -> Result<Regex, Problem> {
        let text = self.constant(pattern)?;
        Regex::new(&text, dialect, Flags::default()).map_err(|problem| {
            // Escapes may stand before the place: then the whole string is meant.
            let quotes = if pattern.span.len() == text.len() + 6 { 3 } else { 1 };
            let as_written = pattern.span.len() == text.len() + 2 * quotes;
            let Range { start, end } = pattern.span.clone();
            problem.moved(|at| {
                if as_written {
                    start + quotes + at
                } else if at == 0 {
                    start
                } else {
                    end
                }
            })
        })
    }

    /// Is a string that stands in the query, or comes from constants alone.
    pub(super) fn constant(&mut self, expression: &Expr) -> Result<String, Problem> {
        match self.value(expression)?.expression {
            Expression::Text(text) => Ok(text),
            Expression::Call(Function::Concat, parts)
                if parts.iter().all(|part| matches!(part, Expression::Text(_))) =>
            {
                Ok(parts
                    .iter()
                    .map(|part| if let Expression::Text(text) = part { text.as_str() } else { "" })
                    .collect())
            }
            _ => Err(Problem::refusal(expression.span.clone(), Reason::Construct, "a pattern that is computed")),
        }
    }

    /// Compiles `field : query` and `match(field, query)`: any value of the field, as a search has it.
    pub(super) fn full_text(
        &mut self,
        field: &Expr,
        query: &Expr,
        options: &[(String, Expr)],
        span: &Range<usize>,
    ) -> Result<Condition, Problem> {
        let What::Column(name) = &field.what else {
            return Err(Problem::mistake(field.span.clone(), "only a field can be searched"));
        };
        if !self.is_field(name) {
            return Err(Problem::mistake(field.span.clone(), "only a field of the event can be searched"));
        }
        self.column(name, &field.span)?;
        let searched = super::super::fields::Typed::new(name);
        let value = self.value(query)?.expression;
        super::search::search(&searched, &value, options, span)
    }
}

pub(super) fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

pub(super) fn is_constant(expression: &Expression) -> bool {
    matches!(expression, Expression::Null | Expression::Boolean(_) | Expression::Number(_) | Expression::Text(_))
}

/// Reads what is known of no type otherwise.
pub(super) fn read_as(expression: Expression, kind: Kind) -> Expression {
    let of_values = [Function::MvFirst, Function::MvLast, Function::MvMin, Function::MvMax];
    match (expression, kind) {
        (Expression::Field(field, _), kind) => Expression::Field(field, kind),
        (Expression::Call(function, arguments), kind) if of_values.contains(&function) => {
            Expression::Call(function, arguments.into_iter().map(|argument| read_as(argument, kind)).collect())
        }
        (other, Kind::Number) => Expression::Call(Function::ToNumber, vec![other]),
        (other, Kind::Boolean) => Expression::Call(Function::ToBoolean, vec![other]),
        (other, Kind::Text | Kind::Json) => other,
    }
}

/// Brings two values to one sort.
pub(super) fn agree(left: Value, right: Value, span: &Range<usize>) -> Result<(Expression, Expression, Sort), Problem> {
    let number = |sort| matches!(sort, Sort::Whole | Sort::Float);
    let as_time = |value: Value| Expression::Call(Function::ToTime, vec![value.expression]);
    Ok(match (left.kind, right.kind) {
        (Sort::Null, _) | (_, Sort::Null) => (left.expression, right.expression, Sort::Null),
        (Sort::Time, _) | (_, Sort::Time) => (as_time(left), as_time(right), Sort::Time),
        (Sort::Ip, Sort::Text | Sort::Keyword | Sort::Ip) => (left.expression, right.expression, Sort::Ip),
        (Sort::Keyword, other) if number(other) => (read_as(left.expression, Kind::Number), right.expression, other),
        (other, Sort::Keyword) if number(other) => (left.expression, read_as(right.expression, Kind::Number), other),
        (Sort::Keyword, Sort::Boolean) => (read_as(left.expression, Kind::Boolean), right.expression, Sort::Boolean),
        (Sort::Boolean, Sort::Keyword) => (left.expression, read_as(right.expression, Kind::Boolean), Sort::Boolean),
        (Sort::Text | Sort::Keyword, Sort::Text | Sort::Keyword | Sort::Ip) => {
            (left.expression, right.expression, Sort::Text)
        }
        (a, b) if number(a) && number(b) => (left.expression, right.expression, Sort::Float),
        (Sort::Boolean, Sort::Boolean) => (left.expression, right.expression, Sort::Boolean),
        _ => return Err(Problem::mistake(span.clone(), "these two are of unlike types, and cannot be compared")),
    })
}
