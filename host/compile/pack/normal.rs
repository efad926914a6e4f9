//! Brings conditions into the form in which they are judged fastest: flat, without constants, cheap parts first.
//!
//! None of it changes what a condition says, in two-valued or in three-valued logic.

use crate::compile::ir::{Condition, Expression, Fields, Fold, Function, Kind, Test, TextPattern};

/// Is the condition in its normal form.
pub(super) fn condition(condition: &Condition) -> Condition {
    match condition {
        Condition::And(parts) => join(parts, true),
        Condition::Or(parts) => join(parts, false),
        Condition::Not(inner) => match self::condition(inner) {
            Condition::Constant(truth) => Condition::Constant(!truth),
            Condition::Not(inner) => *inner,
            inner => Condition::Not(Box::new(inner)),
        },
        leaf => leaf.clone(),
    }
}

fn join(parts: &[Condition], and: bool) -> Condition {
    let mut flat = Vec::new();
    for part in parts {
        match (condition(part), and) {
            (Condition::And(inner), true) | (Condition::Or(inner), false) => flat.extend(inner),
            (Condition::Constant(truth), _) if truth == and => {}
            (Condition::Constant(truth), _) => return Condition::Constant(truth),
            (part, _) => flat.push(part),
        }
    }
    if !and {
        flat = merge(flat);
    }
    let mut unlike: Vec<Condition> = Vec::new();
    for part in flat {
        if !unlike.contains(&part) {
            unlike.push(part);
        }
    }
    unlike.sort_by_key(cost);
    match unlike.len() {
        0 => Condition::Constant(and),
        1 => unlike.remove(0),
        _ if and => Condition::And(unlike),
        _ => Condition::Or(unlike),
    }
}

/// Makes one test of alternatives for one field.
fn merge(parts: Vec<Condition>) -> Vec<Condition> {
    let mut merged: Vec<Condition> = Vec::new();
    for part in parts {
        if let Condition::Any(fields, Test::Text(patterns, fold)) = &part {
            let like = merged.iter_mut().find_map(|other| match other {
                Condition::Any(others, Test::Text(known, as_folded)) if others == fields && as_folded == fold => {
                    Some(known)
                }
                _ => None,
            });
            if let Some(known) = like {
                known.extend(patterns.iter().cloned());
                continue;
            }
        }
        merged.push(part);
    }
    merged
}

/// Is what it takes to judge a condition, roughly.
fn cost(condition: &Condition) -> u32 {
    match condition {
        Condition::Constant(_) => 0,
        Condition::Any(Fields::One(_), test) => match test {
            Test::Exists => 1,
            Test::Text(patterns, _) if patterns.iter().all(|pattern| pattern.0.len() <= 1) => 2,
            Test::Boolean(_) | Test::Number(..) => 3,
            Test::Text(patterns, _) => 4 + (patterns.len() as u32).min(40),
            Test::Order(..) | Test::Networks(_) | Test::Time(..) => 5,
            Test::Tokens(..) => 60,
            Test::Regex(_) => 80,
        },
        Condition::Any(..) => 500,
        Condition::Not(inner) => cost(inner) + 1,
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().map(cost).fold(1, |sum: u32, one| sum.saturating_add(one))
        }
        Condition::Script(_) => 100,
        Condition::Single(_) => 120,
    }
}

/// Is a condition that holds wherever an expression is true: as much of it as can be told of any value.
pub(super) fn implied(expression: &Expression) -> Condition {
    match expression {
        Expression::Boolean(false) | Expression::Null => Condition::Constant(false),
        Expression::Condition(inner) => condition(inner),
        Expression::Test(inner, test) => match &**inner {
            Expression::Field(field, Kind::Text) => Condition::Any(Fields::One(field.clone()), test.clone()),
            _ => Condition::Constant(true),
        },
        Expression::Call(Function::And, parts) => Condition::And(parts.iter().map(implied).collect()),
        Expression::Call(Function::Or, parts) => Condition::Or(parts.iter().map(implied).collect()),
        Expression::Call(Function::Equal, parts) => match parts.as_slice() {
            [Expression::Field(field, Kind::Text), Expression::Text(text)]
            | [Expression::Text(text), Expression::Field(field, Kind::Text)] => {
                let test = Test::Text(vec![TextPattern::literal(text.clone())], Fold::Exact);
                Condition::Any(Fields::One(field.clone()), test)
            }
            _ => Condition::Constant(true),
        },
        _ => Condition::Constant(true),
    }
}
