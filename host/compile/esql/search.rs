//! Full-text search, `field : query` and `match()`: any value of a field, two-valued, as Lucene has it.

use std::ops::Range;

use trommel_engine::{TOKENS_MAX, tokens};

use super::super::fields::{Typed, network};
use super::super::ir::{Analyzer, Condition, Expression, Fold, Number, Piece, Relation, Test, TextPattern, Tokens};
use super::super::problem::{Problem, Reason};
use super::super::types::Type;
use super::tree::{Expr, What};

/// Is the search of a field for a value.
pub(super) fn search(
    field: &Typed,
    value: &Expression,
    options: &[(String, Expr)],
    span: &Range<usize>,
) -> Result<Condition, Problem> {
    let text = match value {
        Expression::Text(text) => text.clone(),
        Expression::Number(Number::Whole(number)) => number.to_string(),
        Expression::Number(Number::Float(number)) => number.to_string(),
        Expression::Boolean(truth) => truth.to_string(),
        _ => return Err(Problem::refusal(span.clone(), Reason::Construct, "a search for what is computed")),
    };
    let (mut operator, mut fuzzy) = ("or".to_owned(), false);
    for (name, value) in options {
        let refuse = || Problem::refusal(value.span.clone(), Reason::Construct, format!("the option `{name}`"));
        match (name.as_str(), &value.what) {
            ("operator", What::Text(text)) => operator = text.to_ascii_lowercase(),
            ("fuzziness", What::Number(Number::Whole(0))) => {}
            ("fuzziness", What::Number(Number::Whole(1))) => fuzzy = true,
            ("fuzziness", What::Text(text)) if text == "0" || text == "1" => fuzzy = text == "1",
            // How many terms of an index are looked at, and what a hit is worth: neither is known here.
            ("max_expansions" | "boost" | "lenient" | "fuzzy_transpositions", _) => {}
            _ => return Err(refuse()),
        }
    }
    if let Some(analyzer) = field.analyzer() {
        let number = match analyzer {
            Analyzer::Standard => tokens::STANDARD,
            Analyzer::PowerShell => tokens::POWERSHELL,
        };
        let tokens = tokens::list(number, &text);
        if tokens.is_empty() {
            return Ok(Condition::Constant(false));
        }
        if tokens.len() > TOKENS_MAX as usize {
            return Err(Problem::refusal(span.clone(), Reason::TooLarge, "a search for so many words"));
        }
        if fuzzy {
            return Err(Problem::refusal(span.clone(), Reason::Construct, "fuzziness on a text"));
        }
        let patterns = || tokens.iter().map(|token| TextPattern::literal(token.clone())).collect();
        let tokens = match operator.as_str() {
            "and" => Tokens::AllOf(patterns()),
            "phrase" => Tokens::Phrase(tokens.clone()),
            _ => Tokens::AnyOf(patterns()),
        };
        return Ok(field.any(Test::Tokens(analyzer, tokens)));
    }
    let mistake = |what: &str| Problem::mistake(span.clone(), format!("`{text}` is no {what}"));
    let test = match field.of {
        Type::Whole | Type::Float => {
            let number = match text.parse() {
                Ok(number) => Number::Whole(number),
                Err(_) => Number::Float(text.parse().map_err(|_| mistake("number"))?),
            };
            Test::Number(Relation::Equal, number)
        }
        Type::Boolean => Test::Boolean(text.parse().map_err(|_| mistake("boolean"))?),
        Type::Ip => Test::Networks(vec![network(&text).ok_or_else(|| mistake("address"))?]),
        Type::Date => return Err(Problem::refusal(span.clone(), Reason::Construct, "a search for a time")),
        _ if fuzzy => Test::Text(near(&text), Fold::Exact),
        _ => Test::Text(vec![TextPattern::literal(text)], Fold::Exact),
    };
    Ok(field.any(test))
}

/// Is every text that differs in one character: one more, one less, another, or two neighbours that changed places.
fn near(text: &str) -> Vec<TextPattern> {
    let characters: Vec<char> = text.chars().collect();
    let spell = |parts: &[&[char]]| -> String { parts.iter().flat_map(|part| part.iter()).collect() };
    let holed = |start: &[char], end: &[char]| {
        let part = |text: &[char]| (!text.is_empty()).then(|| Piece::Text(text.iter().collect()));
        TextPattern([part(start), Some(Piece::One), part(end)].into_iter().flatten().collect())
    };
    let mut patterns = vec![TextPattern::literal(text)];
    for at in 0..=characters.len() {
        patterns.push(holed(&characters[..at], &characters[at..]));
        if at < characters.len() {
            patterns.push(holed(&characters[..at], &characters[at + 1..]));
            patterns.push(TextPattern::literal(spell(&[&characters[..at], &characters[at + 1..]])));
        }
        if at + 1 < characters.len() {
            let swapped = [characters[at + 1], characters[at]];
            patterns.push(TextPattern::literal(spell(&[&characters[..at], &swapped, &characters[at + 2..]])));
        }
    }
    patterns
}
