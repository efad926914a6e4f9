//! Writes conditions and expressions, what they are made of first.

use trommel_engine::image::{self, VARIES};

use super::pools::Pools;
use super::tests_of_values::halves;
use crate::compile::ir::{Condition, Expression, Field, Fields, Kind, Number, Piece, Replacement, TextPattern};

impl Pools {
    pub(super) fn condition(&mut self, condition: &Condition) -> u32 {
        use image::condition::{AND, ANY, CONSTANT, NOT, OR, SCRIPT, SINGLE};
        let record = match condition {
            Condition::Constant(truth) => [CONSTANT, u32::from(*truth), 0, 0],
            Condition::And(parts) | Condition::Or(parts) => {
                let op = if matches!(condition, Condition::And(_)) { AND } else { OR };
                let numbers: Vec<u32> = parts.iter().map(|part| self.condition(part)).collect();
                let varies = self.any_varies(&numbers);
                [op | varies, self.list(&numbers), numbers.len() as u32, 0]
            }
            Condition::Not(inner) => {
                let number = self.condition(inner);
                [NOT | self.any_varies(&[number]), number, 0, 0]
            }
            Condition::Any(fields, test) => {
                let slot = match fields {
                    Fields::One(field) => self.slot(field),
                    Fields::Named(pattern) => self.named(pattern),
                    Fields::All => self.named(&TextPattern(vec![Piece::Many])),
                };
                [ANY, slot, self.test(test), 0]
            }
            Condition::Script(expression) => {
                let number = self.expression(expression);
                let mut fields = Vec::new();
                fields_of(expression, &mut |field| fields.push(field.clone()));
                let mut slots: Vec<u32> = fields.iter().map(|field| self.slot(field)).collect();
                slots.sort_unstable();
                slots.dedup();
                [SCRIPT | self.expression_varies(number), number, self.list(&slots), slots.len() as u32]
            }
            Condition::Single(expression) => {
                let number = self.expression(expression);
                [SINGLE | self.expression_varies(number), number, 0, 0]
            }
        };
        self.add_condition(record)
    }

    fn any_varies(&self, conditions: &[u32]) -> u32 {
        conditions.iter().fold(0, |varies, &number| varies | self.conditions[number as usize][0] & VARIES)
    }

    fn expression_varies(&self, number: u32) -> u32 {
        self.expressions[number as usize][0] & VARIES
    }

    pub(super) fn expression(&mut self, expression: &Expression) -> u32 {
        use image::expression::{
            BOOLEAN, CALL, CAPTURE, CONDITION, EXPANDED, FIELD, FLOAT, NULL, REPLACE, TEST, TEXT, WHOLE,
        };
        let record = match expression {
            Expression::Null => [NULL, 0, 0, 0],
            Expression::Boolean(truth) => [BOOLEAN, u32::from(*truth), 0, 0],
            Expression::Number(Number::Whole(n)) => {
                let [low, high] = halves(n.cast_unsigned());
                [WHOLE, low, high, 0]
            }
            Expression::Number(Number::Float(n)) => {
                let [low, high] = halves(n.to_bits());
                [FLOAT, low, high, 0]
            }
            Expression::Text(text) => {
                let (at, length) = self.text(text);
                [TEXT, at, length, 0]
            }
            Expression::Field(field, kind) => {
                let kind = match kind {
                    Kind::Text => image::kind::TEXT,
                    Kind::Number => image::kind::NUMBER,
                    Kind::Boolean => image::kind::BOOLEAN,
                    Kind::Json => image::kind::JSON,
                };
                [FIELD, self.slot(field), kind, 0]
            }
            Expression::Expanded(number) => [EXPANDED | VARIES, u32::from(*number), 0, 0],
            Expression::Test(inner, test) => {
                let number = self.expression(inner);
                [TEST | self.expression_varies(number), number, self.test(test), 0]
            }
            Expression::Condition(condition) => {
                let number = self.condition(&super::normal::condition(condition));
                [CONDITION | self.any_varies(&[number]), number, 0, 0]
            }
            Expression::Capture(inner, regex, group) => {
                let number = self.expression(inner);
                [CAPTURE | self.expression_varies(number), number, self.regex(regex), u32::from(*group)]
            }
            Expression::Replace(inner, regex, replacement) => {
                let number = self.expression(inner);
                let mut words = Vec::new();
                for part in replacement {
                    words.extend(match part {
                        Replacement::Text(text) => {
                            let (at, length) = self.text(text);
                            [0, at, length]
                        }
                        Replacement::Group(group) => [1, u32::from(*group), 0],
                    });
                }
                let list = self.counted(&words, 3);
                [REPLACE | self.expression_varies(number), number, self.regex(regex), list]
            }
            Expression::Call(function, arguments) => {
                let numbers: Vec<u32> = arguments.iter().map(|argument| self.expression(argument)).collect();
                let varies = numbers.iter().fold(0, |varies, &number| varies | self.expression_varies(number));
                // The two lists have the same names; a test holds them together.
                let function = image::Function::named(&format!("{function:?}")).map_or(u32::MAX, |f| f as u32);
                [CALL | varies, function, self.list(&numbers), numbers.len() as u32]
            }
        };
        self.add_expression(record)
    }
}

/// Goes through the fields of an expression.
pub(super) fn fields_of(expression: &Expression, each: &mut impl FnMut(&Field)) {
    match expression {
        Expression::Field(field, _) => each(field),
        Expression::Test(inner, _) | Expression::Capture(inner, ..) | Expression::Replace(inner, ..) => {
            fields_of(inner, each);
        }
        Expression::Call(_, arguments) => arguments.iter().for_each(|argument| fields_of(argument, each)),
        Expression::Null
        | Expression::Boolean(_)
        | Expression::Number(_)
        | Expression::Text(_)
        | Expression::Expanded(_)
        | Expression::Condition(_) => {}
    }
}
