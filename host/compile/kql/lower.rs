//! Turns a query's tree into a condition: what a value means to a field of each type.

use trommel_engine::{TOKENS_MAX, scalar, tokens};

use super::super::fields::{Typed, network};
use super::super::ir::{Analyzer, Condition, Fields, Fold, Number, Piece, Query, Relation, Test, TextPattern, Tokens};
use super::super::problem::{Problem, Reason};
use super::super::types::Type;
use super::parse::{Literal, Node, Values};

pub(super) fn query(node: Option<&Node>) -> Result<Query, Problem> {
    let mut lower = Lower { fields: Vec::new() };
    let condition = match node {
        Some(node) => lower.condition(node)?,
        None => Condition::Constant(true),
    };
    Ok(Query { expand: Vec::new(), condition, columns: Vec::new(), fields: lower.fields })
}

struct Lower {
    fields: Vec<String>,
}

/// The fields of texts, which a value without a field is also looked for in.
const TEXTS: [&str; 3] = ["message", "error.message", "powershell.file.script_block_text"];

impl Lower {
    fn condition(&mut self, node: &Node) -> Result<Condition, Problem> {
        Ok(match node {
            Node::And(parts) => Condition::And(self.all(parts)?),
            Node::Or(parts) => Condition::Or(self.all(parts)?),
            Node::Not(inner) => Condition::Not(Box::new(self.condition(inner)?)),
            Node::Range(field, relation, value) => self.range(field, *relation, value)?,
            Node::Is(field, values) => self.values(field.as_ref(), values)?,
        })
    }

    fn all(&mut self, nodes: &[Node]) -> Result<Vec<Condition>, Problem> {
        nodes.iter().map(|node| self.condition(node)).collect()
    }

    fn typed(&mut self, field: &Literal) -> Typed {
        let name = field.text();
        if !self.fields.contains(&name) {
            self.fields.push(name.clone());
        }
        Typed::new(&name)
    }

    fn values(&mut self, field: Option<&Literal>, values: &Values) -> Result<Condition, Problem> {
        let mut all = |parts: &[Values]| -> Result<Vec<_>, Problem> {
            parts.iter().map(|part| self.values(field, part)).collect()
        };
        Ok(match values {
            Values::And(parts) => Condition::And(all(parts)?),
            Values::Or(parts) => Condition::Or(all(parts)?),
            Values::Not(inner) => Condition::Not(Box::new(self.values(field, inner)?)),
            Values::One(value) => self.is(field, value)?,
        })
    }

    fn is(&mut self, field: Option<&Literal>, value: &Literal) -> Result<Condition, Problem> {
        if !value.quoted && value.text() == "null" && !value.is_wildcard() {
            return Err(Problem::refusal(value.span.clone(), Reason::Construct, "null"));
        }
        let field = match field {
            Some(field) if !field.is_star() => field,
            _ if value.is_star() => return Ok(Condition::Constant(true)),
            _ => return Ok(anywhere(value)),
        };
        if field.is_wildcard() {
            let name = TextPattern(field.pieces.clone());
            let test = if value.is_star() { Test::Exists } else { keyword(value) };
            return Ok(Condition::Any(Fields::Named(name), test));
        }
        let typed = self.typed(field);
        if value.is_star() {
            return Ok(typed.any(Test::Exists));
        }
        if let Some(analyzer) = typed.analyzer() {
            return match analyzed(analyzer, value) {
                Some(Test::Tokens(_, Tokens::Phrase(tokens))) if tokens.len() > TOKENS_MAX as usize => {
                    Err(Problem::refusal(value.span.clone(), Reason::TooLarge, "a phrase of so many words"))
                }
                test => Ok(test.map_or(Condition::Constant(false), |test| typed.any(test))),
            };
        }
        let wrong = |what: &str| {
            Err(Problem::mistake(value.span.clone(), format!("`{}` is {what}, and no such value", field.text())))
        };
        if value.is_wildcard() {
            return match typed.of {
                Type::Keyword | Type::Object => Ok(typed.any(keyword(value))),
                Type::Wildcard => Ok(typed.any(split(value))),
                _ => Err(Problem::refusal(value.span.clone(), Reason::Construct, "a wildcard in a number")),
            };
        }
        let text = value.text();
        Ok(typed.any(match typed.of {
            Type::Whole | Type::Float => match number(&text) {
                Some(number) => Test::Number(Relation::Equal, number),
                None => return wrong("a number"),
            },
            Type::Boolean => match scalar::boolean(text.as_bytes()) {
                Some(truth) => Test::Boolean(truth),
                None => return wrong("a boolean"),
            },
            Type::Ip => match network(&text) {
                Some(network) => Test::Networks(vec![network]),
                None => return wrong("an address"),
            },
            Type::Date => return Err(Problem::refusal(value.span.clone(), Reason::Construct, "a date")),
            _ => Test::Text(vec![TextPattern::literal(text)], typed.fold),
        }))
    }

    fn range(&mut self, field: &Literal, relation: Relation, value: &Literal) -> Result<Condition, Problem> {
        if field.is_wildcard() || value.is_wildcard() {
            let span = if field.is_wildcard() { &field.span } else { &value.span };
            return Err(Problem::refusal(span.clone(), Reason::Construct, "a wildcard in a range"));
        }
        let typed = self.typed(field);
        let text = value.text();
        let wrong = |what: &str| Err(Problem::mistake(value.span.clone(), format!("expected {what}")));
        Ok(typed.any(match (typed.of, number(&text)) {
            (Type::Date, _) => match scalar::time(text.as_bytes()) {
                Some(time) => Test::Time(relation, time),
                // `now-5m`: a stream has no now.
                None => return Err(Problem::refusal(value.span.clone(), Reason::Unknowable, text)),
            },
            (Type::Ip, _) => {
                return Err(Problem::refusal(value.span.clone(), Reason::Construct, "a range of addresses"));
            }
            (Type::Boolean, _) => return wrong("no order of booleans"),
            (Type::Whole | Type::Float, None) => return wrong("a number"),
            (_, Some(number)) => Test::Number(relation, number),
            (_, None) => Test::Order(relation, text),
        }))
    }
}

fn number(text: &str) -> Option<Number> {
    scalar::number(text.as_bytes()).map(|number| match number {
        scalar::Number::Whole(n) => Number::Whole(n),
        scalar::Number::Float(n) => Number::Float(n),
    })
}

/// Is the test of a keyword: one text, or one pattern over all of it.
fn keyword(value: &Literal) -> Test {
    Test::Text(vec![TextPattern(value.pieces.clone())], Fold::Exact)
}

/// Cuts a value with wildcards at its blanks, as Elasticsearch does for fields of the types `wildcard` and `text`.
fn parts(value: &Literal) -> Vec<TextPattern> {
    let mut parts = vec![Vec::new()];
    for piece in &value.pieces {
        match piece {
            Piece::Text(text) => {
                for (nth, part) in text.split(char::is_whitespace).enumerate() {
                    if nth > 0 {
                        parts.push(Vec::new());
                    }
                    if let Some(last) = parts.last_mut().filter(|_| !part.is_empty()) {
                        last.push(Piece::Text(part.to_owned()));
                    }
                }
            }
            piece => parts.last_mut().into_iter().for_each(|last| last.push(piece.clone())),
        }
    }
    parts.into_iter().filter(|part| !part.is_empty()).map(TextPattern).collect()
}

fn split(value: &Literal) -> Test {
    Test::Text(parts(value), Fold::Exact)
}

/// Is the test of a text by its tokens; nothing if the value has none.
fn analyzed(analyzer: Analyzer, value: &Literal) -> Option<Test> {
    let cut = |text: &str| {
        let number = match analyzer {
            Analyzer::Standard => tokens::STANDARD,
            Analyzer::PowerShell => tokens::POWERSHELL,
        };
        tokens::list(number, text)
    };
    let wanted = if value.is_wildcard() {
        let mut wanted = Vec::new();
        for part in parts(value) {
            if part.0.contains(&Piece::Many) {
                let lower = part.0.into_iter().map(|piece| match piece {
                    Piece::Text(text) => Piece::Text(text.to_lowercase()),
                    piece => piece,
                });
                wanted.push(TextPattern(lower.collect()));
            } else if let [Piece::Text(text)] = part.0.as_slice() {
                wanted.extend(cut(text).into_iter().map(TextPattern::literal));
            }
        }
        Tokens::AnyOf(wanted)
    } else if value.quoted {
        Tokens::Phrase(cut(&value.text()))
    } else {
        Tokens::AnyOf(cut(&value.text()).into_iter().map(TextPattern::literal).collect())
    };
    let empty = match &wanted {
        Tokens::AnyOf(tokens) | Tokens::AllOf(tokens) => tokens.is_empty(),
        Tokens::Phrase(tokens) => tokens.is_empty(),
    };
    (!empty).then_some(Test::Tokens(analyzer, wanted))
}

/// Is a value without a field: in any field, as its type has it.
fn anywhere(value: &Literal) -> Condition {
    let mut parts = vec![Condition::Any(Fields::All, keyword(value))];
    for name in TEXTS {
        let typed = Typed::new(name);
        if let Some(test) = typed.analyzer().and_then(|analyzer| analyzed(analyzer, value)) {
            parts.push(typed.any(test));
        }
    }
    Condition::Or(parts)
}
