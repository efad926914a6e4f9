//! Turns expressions of values into the intermediate representation's.

use std::ops::Range;

use super::super::ir::{Expression, Function, Kind, Number};
use super::super::problem::{Problem, Reason};
use super::columns::{Columns, Sort, Value};
use super::conditions::read_as;
use super::tree::{Expr, What};

impl Columns {
    /// Compiles a value.
    pub(super) fn value(&mut self, expression: &Expr) -> Result<Value, Problem> {
        let span = &expression.span;
        let made = |expression, kind| Ok(Value { expression, kind });
        match &expression.what {
            What::Null => made(Expression::Null, Sort::Null),
            What::Boolean(truth) => made(Expression::Boolean(*truth), Sort::Boolean),
            What::Number(number @ Number::Whole(_)) => made(Expression::Number(*number), Sort::Whole),
            What::Number(number) => made(Expression::Number(*number), Sort::Float),
            What::Text(text) => made(Expression::Text(text.clone()), Sort::Text),
            What::Span(text) => Err(Problem::refusal(span.clone(), Reason::Construct, text)),
            What::Column(name) => self.column(name, span),
            What::Call { name, arguments, options } if !super::functions::is_truth(name) => {
                if let Some((option, value)) = options.first() {
                    let span = value.span.clone();
                    return Err(Problem::refusal(span, Reason::Construct, format!("the option `{option}`")));
                }
                self.call(name, arguments, span)
            }
            What::Negative(inner) => {
                let (expression, kind) = self.number(inner)?;
                made(Expression::Call(Function::Negate, vec![expression]), kind)
            }
            What::Arithmetic(sign, left, right) => {
                let ((left, a), (right, b)) = (self.number(left)?, self.number(right)?);
                let kind = if (a, b) == (Sort::Whole, Sort::Whole) { Sort::Whole } else { Sort::Float };
                made(Expression::Call(Function::of_sign(sign), vec![left, right]), kind)
            }
            What::Cast(inner, kind) => self.cast(inner, kind, span),
            _ => {
                let condition = self.condition(expression)?;
                made(Expression::Condition(Box::new(condition)), Sort::Boolean)
            }
        }
    }

    /// Compiles what must be a text.
    pub(super) fn text(&mut self, expression: &Expr) -> Result<Expression, Problem> {
        let value = self.value(expression)?;
        match value.kind {
            Sort::Text | Sort::Keyword | Sort::Null | Sort::Ip => Ok(value.expression),
            _ => Err(Problem::mistake(expression.span.clone(), "expected a text")),
        }
    }

    /// Compiles what must be a number.
    pub(super) fn number(&mut self, expression: &Expr) -> Result<(Expression, Sort), Problem> {
        let value = self.value(expression)?;
        match value.kind {
            Sort::Whole | Sort::Float | Sort::Null => Ok((value.expression, value.kind)),
            Sort::Keyword => Ok((read_as(value.expression, Kind::Number), Sort::Float)),
            _ => Err(Problem::mistake(expression.span.clone(), "expected a number")),
        }
    }

    /// Compiles `value::type`, and `to_type(value)`.
    pub(super) fn cast(&mut self, inner: &Expr, kind: &str, span: &Range<usize>) -> Result<Value, Problem> {
        let value = self.value(inner)?;
        // What a cast reads as a number may be written as a text.
        let raw = |value: &Value| read_as(value.expression.clone(), Kind::Json);
        let call = |function, value| Expression::Call(function, vec![value]);
        let (expression, kind) = match kind {
            "string" | "keyword" | "text" => match value.expression {
                Expression::Field(..) => (read_as(value.expression, Kind::Text), Sort::Text),
                other if matches!(value.kind, Sort::Text | Sort::Keyword) => (other, Sort::Text),
                other => (call(Function::ToText, other), Sort::Text),
            },
            "integer" | "int" | "long" => (call(Function::ToWhole, raw(&value)), Sort::Whole),
            "double" | "float" => (call(Function::ToFloat, call(Function::ToNumber, raw(&value))), Sort::Float),
            "boolean" | "bool" => (call(Function::ToBoolean, raw(&value)), Sort::Boolean),
            "datetime" | "date" => (call(Function::ToTime, raw(&value)), Sort::Time),
            "ip" => (value.expression, Sort::Ip),
            other => return Err(Problem::refusal(span.clone(), Reason::Construct, format!("::{other}"))),
        };
        Ok(Value { expression, kind })
    }
}
