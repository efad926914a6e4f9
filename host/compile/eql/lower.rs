//! Turns a query's tree into a condition, leaf by leaf, as Elasticsearch turns it into a query of Lucene's.
//!
//! A comparison of a field with a value is a leaf of any value. What holds a function, other than one that Elasticsearch
//! pushes down to the index, is a script.

use super::super::fields::{Typed, lucene_wildcard, network};
use super::super::ir::{Condition, Expression, Fold, Function, Kind, Piece, Query, Relation, Test, TextPattern};
use super::super::problem::{Problem, Reason};
use super::super::regex::{Dialect, Flags, Regex};
use super::super::types::Type;
use super::parse::{Among, Node, Parsed, What};

pub(super) fn query(parsed: &Parsed, category_field: &str) -> Result<Query, Problem> {
    let mut lower = Lower { fields: Vec::new() };
    let mut parts = Vec::new();
    if let Some(category) = &parsed.category {
        lower.mention(category_field);
        let test = Test::Text(vec![TextPattern::literal(category.clone())], Fold::Exact);
        parts.push(Typed::new(category_field).any(test));
    }
    parts.push(lower.condition(&parsed.condition)?);
    Ok(Query { expand: Vec::new(), condition: Condition::And(parts), columns: Vec::new(), fields: lower.fields })
}

pub(super) struct Lower {
    fields: Vec<String>,
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

pub(super) fn mistake<T>(node: &Node, message: impl Into<String>) -> Result<T, Problem> {
    Err(Problem::mistake(node.span.clone(), message))
}

impl Lower {
    fn mention(&mut self, field: &str) {
        if !self.fields.iter().any(|known| known == field) {
            self.fields.push(field.to_owned());
        }
    }

    fn typed(&mut self, name: &str) -> Typed {
        self.mention(name);
        Typed::new(name)
    }

    fn condition(&mut self, node: &Node) -> Result<Condition, Problem> {
        Ok(match &node.what {
            What::And(parts) => Condition::And(self.all(parts)?),
            What::Or(parts) => Condition::Or(self.all(parts)?),
            What::Not(inner) => not(self.condition(inner)?),
            What::Boolean(truth) => Condition::Constant(*truth),
            What::Null => Condition::Constant(false),
            What::Field(name) => self.typed(name).any(Test::Boolean(true)),
            What::Binary(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="), left, right) => {
                self.comparison(node, sign, left, right)?
            }
            What::Among(among, left, values) => self.among(*among, left, values)?,
            What::Call(name, fold, arguments) => match self.pushed_down(name, *fold, arguments)? {
                Some(leaf) => leaf,
                None => Condition::Script(self.expression(node)?),
            },
            What::Number(_) | What::Text(_) | What::Binary(..) | What::Negate(_) => {
                return mistake(node, "a value is no condition");
            }
        })
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Vec<Condition>, Problem> {
        nodes.iter().map(|node| self.condition(node)).collect()
    }

    fn comparison(&mut self, node: &Node, sign: &'static str, left: &Node, right: &Node) -> Result<Condition, Problem> {
        // `"x" == field` is `field == "x"`.
        let (left, right, sign) = match (&left.what, &right.what) {
            (What::Null | What::Boolean(_) | What::Number(_) | What::Text(_), What::Field(_) | What::Call(..)) => {
                (right, left, turned(sign))
            }
            _ => (left, right, sign),
        };
        if matches!((&left.what, &right.what), (What::Field(_), What::Field(_))) {
            return Err(Problem::mistake(node.span.clone(), "EQL does not compare two fields")
                .with_hint("compare them with a function, such as `startsWith(a, b)`"));
        }
        if let What::Null = right.what {
            let exists = match &left.what {
                What::Field(name) => self.typed(name).any(Test::Exists),
                _ => not(Condition::Script(Expression::Call(Function::IsNull, vec![self.expression(left)?]))),
            };
            return match sign {
                "==" => Ok(not(exists)),
                "!=" => Ok(exists),
                _ => mistake(node, "null has no order"),
            };
        }
        let What::Field(name) = &left.what else {
            // The comparison of a script: `!=` is turned outside, as `not` is.
            let (positive, turned_around) = if sign == "!=" { ("==", true) } else { (sign, false) };
            let script = Condition::Script(self.compared(positive, left, right)?);
            return Ok(if turned_around { not(script) } else { script });
        };
        match (sign, &right.what) {
            ("==", What::Text(_) | What::Boolean(_) | What::Number(_)) => self.equal(name, right, Fold::Exact),
            ("!=", What::Text(_) | What::Boolean(_) | What::Number(_)) => {
                Ok(not(self.equal(name, right, Fold::Exact)?))
            }
            (_, What::Number(number)) => Ok(self.typed(name).any(Test::Number(relation(sign), *number))),
            (_, What::Text(text)) => {
                let typed = self.typed(name);
                match typed.of {
                    Type::Date => match trommel_engine::scalar::time(text.as_bytes()) {
                        Some(time) => Ok(typed.any(Test::Time(relation(sign), time))),
                        None => Err(Problem::refusal(right.span.clone(), Reason::Construct, text)),
                    },
                    Type::Ip | Type::Whole | Type::Float | Type::Boolean => {
                        mistake(right, "this text has no order to the field's values")
                    }
                    _ => Ok(typed.any(Test::Order(relation(sign), text.clone()))),
                }
            }
            (_, What::Boolean(_)) => mistake(right, "a boolean has no order"),
            _ => {
                let script = Condition::Script(self.compared(if sign == "!=" { "==" } else { sign }, left, right)?);
                Ok(if sign == "!=" { not(script) } else { script })
            }
        }
    }

    /// Is `field == value`, with the value as it is: wildcards do not act.
    fn equal(&mut self, name: &str, value: &Node, fold: Fold) -> Result<Condition, Problem> {
        let typed = self.typed(name);
        let fold = if typed.fold == Fold::Simple { Fold::Simple } else { fold };
        Ok(typed.any(match &value.what {
            What::Boolean(truth) => Test::Boolean(*truth),
            What::Number(number) => Test::Number(Relation::Equal, *number),
            What::Text(text) => match (typed.of, network(text)) {
                (Type::Ip, Some(network)) => Test::Networks(vec![network]),
                _ => Test::Text(vec![TextPattern::literal(text.clone())], fold),
            },
            What::Null => return Ok(not(typed.any(Test::Exists))),
            _ => return mistake(value, "expected a value"),
        }))
    }

    fn among(&mut self, among: Among, left: &Node, values: &[Node]) -> Result<Condition, Problem> {
        let What::Field(name) = &left.what else {
            return self.among_computed(among, left, values);
        };
        let mut parts = Vec::new();
        for value in values {
            parts.push(match (among, &value.what) {
                (Among::In { fold }, _) => self.equal(name, value, if fold { Fold::Simple } else { Fold::Exact })?,
                (Among::Colon, What::Number(_) | What::Boolean(_)) => self.equal(name, value, Fold::Simple)?,
                (Among::Regex { fold }, What::Text(_)) => {
                    let test = Test::Regex(regex(value, fold)?);
                    self.typed(name).any(test)
                }
                (_, What::Text(text)) => {
                    let typed = self.typed(name);
                    let fold = match among {
                        Among::Like { fold: false } => typed.fold,
                        _ => Fold::Simple,
                    };
                    match (typed.of, network(text)) {
                        (Type::Ip, Some(network)) => typed.any(Test::Networks(vec![network])),
                        _ => typed.any(Test::Text(vec![TextPattern::wildcard(text)], fold)),
                    }
                }
                _ => return mistake(value, "expected a string"),
            });
        }
        Ok(Condition::Or(parts))
    }

    /// Is `:`, `in`, `like` or `regex` of what a function makes: a script.
    fn among_computed(&mut self, among: Among, left: &Node, values: &[Node]) -> Result<Condition, Problem> {
        let computed = self.expression(left)?;
        let mut parts = Vec::new();
        for value in values {
            parts.push(match (among, &value.what) {
                (Among::In { fold: false }, _) => {
                    Expression::Call(Function::Equal, vec![computed.clone(), self.expression(value)?])
                }
                (Among::In { fold: true }, _) => {
                    Expression::Call(Function::EqualFolded, vec![computed.clone(), self.expression(value)?])
                }
                (Among::Regex { fold }, What::Text(_)) => {
                    Expression::Test(Box::new(computed.clone()), Test::Regex(regex(value, fold)?))
                }
                (Among::Colon | Among::Like { .. }, What::Text(text)) => {
                    let fold = if among == (Among::Like { fold: false }) { Fold::Exact } else { Fold::Simple };
                    let test = Test::Text(vec![TextPattern::wildcard(text)], fold);
                    Expression::Test(Box::new(computed.clone()), test)
                }
                _ => return mistake(value, "expected a string"),
            });
        }
        Ok(Condition::Script(Expression::Call(Function::Or, parts)))
    }

    /// Is a function of a field and constants that Elasticsearch asks of its index; nothing if it is none.
    fn pushed_down(&mut self, name: &str, fold: bool, arguments: &[Node]) -> Result<Option<Condition>, Problem> {
        let [Node { what: What::Field(field), .. }, constants @ ..] = arguments else { return Ok(None) };
        let texts: Option<Vec<&str>> = constants
            .iter()
            .map(|node| match &node.what {
                What::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let Some(texts) = texts else { return Ok(None) };
        let typed = Typed::new(field);
        let folding = if fold { Fold::Simple } else { typed.fold };
        let test = match (name.to_ascii_lowercase().as_str(), texts.as_slice()) {
            ("startswith", [text]) => {
                Test::Text(vec![TextPattern(vec![Piece::Text((*text).to_owned()), Piece::Many])], folding)
            }
            // Elasticsearch puts the text into a wildcard query as it is: `*`, `?` and `\` act.
            ("endswith", [text]) => Test::Text(vec![lucene_wildcard(&format!("*{text}"))], folding),
            ("stringcontains", [text]) => Test::Text(vec![lucene_wildcard(&format!("*{text}*"))], folding),
            ("wildcard", [_, ..]) => {
                Test::Text(texts.iter().map(|text| TextPattern::wildcard(text)).collect(), folding)
            }
            ("match", [_, ..]) => {
                let mut parts = Vec::new();
                for constant in constants {
                    parts.push(typed.any(Test::Regex(regex(constant, fold)?)));
                }
                self.mention(field);
                return Ok(Some(Condition::Or(parts)));
            }
            ("cidrmatch", [_, ..]) => Test::Networks(networks(constants)?),
            _ => return Ok(None),
        };
        self.mention(field);
        Ok(Some(typed.any(test)))
    }

    fn compared(&mut self, sign: &str, left: &Node, right: &Node) -> Result<Expression, Problem> {
        let (mut left, mut right) = (self.expression(left)?, self.expression(right)?);
        // A field that is in no table is read as what it is compared with.
        as_like(&mut left, &right);
        as_like(&mut right, &left);
        let call = |function, left, right| Expression::Call(function, vec![left, right]);
        Ok(match sign {
            "==" => call(Function::Equal, left, right),
            "!=" => Expression::Call(Function::Not, vec![call(Function::Equal, left, right)]),
            "<" => call(Function::Less, left, right),
            "<=" => call(Function::LessOrEqual, left, right),
            ">" => call(Function::Less, right, left),
            _ => call(Function::LessOrEqual, right, left),
        })
    }

    pub(super) fn expression(&mut self, node: &Node) -> Result<Expression, Problem> {
        Ok(match &node.what {
            What::Null => Expression::Null,
            What::Boolean(truth) => Expression::Boolean(*truth),
            What::Number(number) => Expression::Number(*number),
            What::Text(text) => Expression::Text(text.clone()),
            What::Field(name) => {
                let typed = self.typed(name);
                let kind = match typed.of {
                    Type::Whole | Type::Float => Kind::Number,
                    Type::Boolean => Kind::Boolean,
                    _ => Kind::Text,
                };
                Expression::Field(typed.field, kind)
            }
            What::And(parts) => Expression::Call(Function::And, self.expressions(parts)?),
            What::Or(parts) => Expression::Call(Function::Or, self.expressions(parts)?),
            What::Not(inner) => Expression::Call(Function::Not, vec![self.expression(inner)?]),
            What::Negate(inner) => Expression::Call(Function::Negate, vec![self.number(inner)?]),
            What::Binary(sign @ ("+" | "-" | "*" | "/" | "%"), left, right) => {
                Expression::Call(Function::of_sign(sign), vec![self.number(left)?, self.number(right)?])
            }
            What::Binary(sign, left, right) => match (&left.what, &right.what) {
                (_, What::Null) | (What::Null, _) => {
                    let other = if matches!(right.what, What::Null) { left } else { right };
                    let is_null = Expression::Call(Function::IsNull, vec![self.expression(other)?]);
                    if *sign == "==" { is_null } else { Expression::Call(Function::Not, vec![is_null]) }
                }
                _ => self.compared(sign, left, right)?,
            },
            What::Among(among, left, values) => match self.among_computed(*among, left, values)? {
                Condition::Script(expression) => expression,
                _ => return mistake(node, "no value"),
            },
            What::Call(name, fold, arguments) => self.call(node, name, *fold, arguments)?,
        })
    }

    fn expressions(&mut self, nodes: &[Node]) -> Result<Vec<Expression>, Problem> {
        nodes.iter().map(|node| self.expression(node)).collect()
    }

    /// Is an expression as a number.
    pub(super) fn number(&mut self, node: &Node) -> Result<Expression, Problem> {
        let mut expression = self.expression(node)?;
        if let Expression::Field(_, kind) = &mut expression {
            *kind = Kind::Number;
        }
        Ok(expression)
    }
}

/// Reads a field as a number where it is compared with one, and as a boolean likewise.
fn as_like(field: &mut Expression, other: &Expression) {
    if let Expression::Field(_, kind @ Kind::Text) = field {
        match other {
            Expression::Number(_) => *kind = Kind::Number,
            Expression::Boolean(_) => *kind = Kind::Boolean,
            _ => {}
        }
    }
}

fn turned(sign: &'static str) -> &'static str {
    match sign {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        sign => sign,
    }
}

fn relation(sign: &str) -> Relation {
    match sign {
        "<" => Relation::Less,
        "<=" => Relation::LessOrEqual,
        ">" => Relation::Greater,
        ">=" => Relation::GreaterOrEqual,
        _ => Relation::Equal,
    }
}

pub(super) fn regex(node: &Node, ignore_case: bool) -> Result<Regex, Problem> {
    let What::Text(pattern) = &node.what else {
        return mistake(node, "expected a regex in a string");
    };
    // The place within the pattern is not that in the query, where escapes are: the whole string is shown.
    Regex::new(pattern, Dialect::Lucene, Flags { ignore_case, ..Flags::default() })
        .map_err(|problem| Problem { span: node.span.clone(), ..problem })
}

pub(super) fn networks(nodes: &[Node]) -> Result<Vec<super::super::ir::Network>, Problem> {
    nodes
        .iter()
        .map(|node| match &node.what {
            What::Text(text) => match network(text) {
                Some(network) => Ok(network),
                None => mistake(node, "no network").map_err(|problem| problem.with_hint("write it as `10.0.0.0/8`")),
            },
            _ => mistake(node, "expected a network in a string"),
        })
        .collect()
}
