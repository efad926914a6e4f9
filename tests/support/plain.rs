//! An evaluator of compiled rules that is as plain as it can be, and slow: what the engine is held against.
//!
//! It shares nothing with the engine but the representation: JSON by serde_json, fields by going through the whole event,
//! patterns by recursion, no index, no memory.

#![allow(dead_code, reason = "each test uses its part")]

use serde_json::Value;
use trommel::compile::ir::{
    Condition, Expression, Fields, Fold, Function, Kind, Number, Piece, Relation, Test, TextPattern,
};

/// Says whether a condition is true, false or unknown.
pub(crate) fn truth(condition: &Condition, event: &Value) -> Option<bool> {
    match condition {
        Condition::Constant(truth) => Some(*truth),
        Condition::And(parts) => {
            let truths: Vec<_> = parts.iter().map(|part| truth(part, event)).collect();
            if truths.contains(&Some(false)) {
                Some(false)
            } else if truths.contains(&None) {
                None
            } else {
                Some(true)
            }
        }
        Condition::Or(parts) => {
            let not: Vec<_> = parts.iter().map(|part| Condition::Not(Box::new(part.clone()))).collect();
            truth(&Condition::And(not), event).map(|truth| !truth)
        }
        Condition::Not(inner) => truth(inner, event).map(|truth| !truth),
        Condition::Any(fields, test) => {
            let mut all = Vec::new();
            flatten("", event, &mut all);
            let any = all.iter().any(|(path, value)| {
                let asked = match fields {
                    Fields::One(field) => field.paths.contains(path),
                    Fields::Named(pattern) => !value.is_object() && fits(&pattern.0, &chars(path)),
                    Fields::All => !value.is_object(),
                };
                asked && satisfies(value, test)
            });
            Some(any)
        }
        Condition::Script(expression) => {
            let mut all = Vec::new();
            flatten("", event, &mut all);
            let fields = fields_of(expression);
            let mut rows: Vec<Vec<Option<Value>>> = vec![Vec::new()];
            for path in &fields {
                let mut values: Vec<Option<Value>> = all
                    .iter()
                    .filter(|(of, value)| of == path && !value.is_object())
                    .map(|(_, value)| Some(value.clone()))
                    .collect();
                if values.is_empty() {
                    values.push(None);
                }
                rows = rows
                    .iter()
                    .flat_map(|row| values.iter().map(move |value| [row.clone(), vec![value.clone()]].concat()))
                    .collect();
            }
            Some(rows.iter().any(|row| {
                let value = |path: &str| fields.iter().position(|of| of == path).and_then(|nth| row[nth].clone());
                compute(expression, &value) == Some(Value::Bool(true))
            }))
        }
        Condition::Single(expression) => {
            let mut all = Vec::new();
            flatten("", event, &mut all);
            // Several values are a list, of which every function but `IsNull` makes null.
            let value = |path: &str| {
                let values = all.iter().filter(|(of, value)| of == path && !value.is_object());
                let mut values: Vec<Value> = values.map(|(_, value)| value.clone()).collect();
                if values.len() > 1 { Some(values.into()) } else { values.pop() }
            };
            compute(expression, &value).and_then(|value| value.as_bool())
        }
    }
}

/// Lists every value that is not null with its dotted path; also objects with something in them.
fn flatten(path: &str, value: &Value, all: &mut Vec<(String, Value)>) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().fold(false, |any, item| flatten(path, item, all) | any),
        Value::Object(members) => {
            let mut any = false;
            for (key, member) in members {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                any |= flatten(&below, member, all);
            }
            if any {
                all.push((path.to_owned(), value.clone()));
            }
            any
        }
        scalar => {
            all.push((path.to_owned(), scalar.clone()));
            true
        }
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn fold(c: char) -> char {
    // For the letters that are tried here.
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'Ä' => 'ä',
        '\u{212a}' => 'k',
        c => c,
    }
}

fn folded(text: &str) -> Vec<char> {
    text.chars().map(fold).collect()
}

fn fits(pieces: &[Piece], text: &[char]) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Piece::Many, rest @ ..] => (0..=text.len()).any(|at| fits(rest, &text[at..])),
        [Piece::One, rest @ ..] => !text.is_empty() && fits(rest, &text[1..]),
        [Piece::Text(part), rest @ ..] => {
            let part = chars(part);
            text.starts_with(&part) && fits(rest, &text[part.len()..])
        }
    }
}

fn satisfies(value: &Value, test: &Test) -> bool {
    if let Test::Exists = test {
        return true;
    }
    if value.is_object() {
        return false;
    }
    let text = text_of(value);
    match test {
        Test::Text(patterns, as_is @ Fold::Exact) | Test::Text(patterns, as_is @ Fold::Simple) => {
            let simple = *as_is == Fold::Simple;
            let text = if simple { folded(&text) } else { chars(&text) };
            patterns.iter().any(|TextPattern(pieces)| {
                let pieces: Vec<Piece> = pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(part) if simple => Piece::Text(folded(part).into_iter().collect()),
                        piece => piece.clone(),
                    })
                    .collect();
                fits(&pieces, &text)
            })
        }
        Test::Number(relation, number) => {
            let operand = match number {
                Number::Whole(n) => *n as f64,
                Number::Float(n) => *n,
            };
            text.parse::<f64>().is_ok_and(|n| related(n.partial_cmp(&operand), *relation))
        }
        Test::Order(relation, operand) => related(Some(text.as_str().cmp(operand)), *relation),
        Test::Boolean(truth) => text == truth.to_string(),
        other => panic!("not tried here: {other:?}"),
    }
}

fn related(order: Option<std::cmp::Ordering>, relation: Relation) -> bool {
    order.is_some_and(|order| match relation {
        Relation::Equal => order.is_eq(),
        Relation::Less => order.is_lt(),
        Relation::LessOrEqual => order.is_le(),
        Relation::Greater => order.is_gt(),
        Relation::GreaterOrEqual => order.is_ge(),
    })
}

fn fields_of(expression: &Expression) -> Vec<String> {
    let mut fields = match expression {
        Expression::Field(field, _) => vec![field.paths[0].clone()],
        Expression::Call(_, arguments) => arguments.iter().flat_map(fields_of).collect(),
        Expression::Test(inner, _) => fields_of(inner),
        _ => Vec::new(),
    };
    fields.sort();
    fields.dedup();
    fields
}

fn compute(expression: &Expression, value: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    match expression {
        Expression::Boolean(truth) => Some((*truth).into()),
        Expression::Number(Number::Whole(n)) => Some((*n).into()),
        Expression::Text(text) => Some(text.clone().into()),
        Expression::Field(field, kind) => {
            let value = value(&field.paths[0])?;
            match kind {
                _ if value.is_array() => Some(value),
                Kind::Text => Some(text_of(&value).into()),
                Kind::Number => text_of(&value).parse::<f64>().ok().map(Into::into),
                _ => Some(value),
            }
        }
        Expression::Test(inner, test) => {
            compute(inner, value).filter(|inner| !inner.is_array()).map(|inner| satisfies(&inner, test).into())
        }
        Expression::Call(function, arguments) => {
            let arguments: Vec<Option<Value>> = arguments.iter().map(|argument| compute(argument, value)).collect();
            let truths = || arguments.iter().map(|argument| argument.as_ref().and_then(Value::as_bool));
            match function {
                Function::IsNull => return Some(arguments[0].is_none().into()),
                Function::And if truths().any(|truth| truth == Some(false)) => return Some(false.into()),
                Function::Or if truths().any(|truth| truth == Some(true)) => return Some(true.into()),
                _ => {}
            }
            let known: Vec<Value> = arguments.into_iter().collect::<Option<_>>()?;
            if known.iter().any(Value::is_array) {
                return None;
            }
            Some(match function {
                Function::And => true.into(),
                Function::Or => false.into(),
                Function::Not => (!known[0].as_bool()?).into(),
                Function::Equal => match (known[0].as_f64(), known[1].as_f64()) {
                    (Some(a), Some(b)) => (a == b).into(),
                    _ => (known[0] == known[1]).into(),
                },
                Function::Less => (known[0].as_f64()? < known[1].as_f64()?).into(),
                Function::Add => (known[0].as_f64()? + known[1].as_f64()?).into(),
                Function::LengthUtf16 => (known[0].as_str()?.encode_utf16().count() as i64).into(),
                Function::Concat => known.iter().map(text_of).collect::<String>().into(),
                other => panic!("not tried here: {other:?}"),
            })
        }
        _ => None,
    }
}
