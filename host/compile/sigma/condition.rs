//! Reads a rule's `condition`: names of selections with `and`, `or`, `not`, `1 of` and `all of`.

use std::ops::Range;

use super::super::ir::Condition;
use super::super::problem::{Problem, Reason};

/// How deep `not` and parentheses may lie in each other.
const NESTING_MAX: usize = 64;

/// How many tests a condition may have, with each selection counted as often as it is named.
pub const TESTS_MAX: usize = 100_000;

/// A selection: its name, its condition, and the number of its tests.
pub(super) struct Selection {
    pub(super) name: String,
    pub(super) condition: Condition,
    pub(super) tests: usize,
}

/// Compiles a condition. A problem's span is in its text.
pub(super) fn compile(text: &str, selections: &[Selection]) -> Result<Condition, Problem> {
    let mut parser = Parser { text, tokens: tokens(text), at: 0, selections, depth: 0, tests: 0 };
    let condition = parser.or()?;
    match parser.peek() {
        None => Ok(condition),
        Some("|") => Err(parser.aggregation()),
        Some(token) => {
            let message = format!("expected `and`, `or` or the end, not `{token}`");
            Err(Problem::mistake(parser.span(), message))
        }
    }
}

fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices() {
        let alone = matches!(c, '(' | ')' | '|');
        if alone || c.is_whitespace() {
            tokens.extend(start.take().map(|start| start..at));
            if alone {
                tokens.push(at..at + 1);
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    tokens.extend(start.map(|start| start..text.len()));
    tokens
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Range<usize>>,
    at: usize,
    selections: &'a [Selection],
    depth: usize,
    tests: usize,
}

impl<'a> Parser<'a> {
    fn span(&self) -> Range<usize> {
        self.tokens.get(self.at).cloned().unwrap_or(self.text.len()..self.text.len())
    }

    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(|span| &self.text[span.clone()])
    }

    fn eat(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(there);
        there
    }

    fn or(&mut self) -> Result<Condition, Problem> {
        let mut parts = vec![self.and()?];
        while self.eat("or") {
            parts.push(self.and()?);
        }
        Ok(one_or(parts, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, Problem> {
        let mut parts = vec![self.not()?];
        while self.eat("and") {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Condition::And))
    }

    fn not(&mut self) -> Result<Condition, Problem> {
        let span = self.span();
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Problem::refusal(span, Reason::TooLarge, "parentheses in parentheses"));
        }
        let condition = if self.eat("not") {
            Condition::Not(Box::new(self.not()?))
        } else if self.eat("(") {
            let inner = self.or()?;
            if !self.eat(")") {
                return match self.peek() {
                    Some("|") => Err(self.aggregation()),
                    _ => Err(Problem::mistake(span, "a `(` without its `)`")),
                };
            }
            inner
        } else {
            self.name()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn name(&mut self) -> Result<Condition, Problem> {
        let span = self.span();
        let Some(token) = self.peek().filter(|token| !matches!(*token, ")" | "|")) else {
            let found = self.peek().map_or("the end".into(), |token| format!("`{token}`"));
            return Err(Problem::mistake(span, format!("expected the name of a selection, not {found}")));
        };
        self.at += 1;
        if self.peek().is_some_and(|next| next.eq_ignore_ascii_case("of")) {
            return self.quantified(token, span);
        }
        match self.selections.iter().position(|selection| selection.name == token) {
            Some(number) => self.take(number, &span),
            None => Err(self.unknown(token, span)),
        }
    }

    /// Reads what follows `1`, `any` or `all`.
    fn quantified(&mut self, quantifier: &str, span: Range<usize>) -> Result<Condition, Problem> {
        self.at += 1;
        let of = self.span();
        let Some(pattern) = self.peek().filter(|token| !matches!(*token, "(" | ")" | "|")) else {
            return Err(Problem::mistake(of, "expected `them`, or the name of selections with a `*` in it"));
        };
        self.at += 1;
        let them = pattern.eq_ignore_ascii_case("them");
        let numbers: Vec<usize> = (0..self.selections.len())
            .filter(|&number| {
                let name = &self.selections[number].name;
                if them { !name.starts_with('_') } else { matches(pattern, name) }
            })
            .collect();
        if numbers.is_empty() {
            return Err(self.unknown(pattern, of));
        }
        let build = match quantifier.to_ascii_lowercase().as_str() {
            "1" | "any" => Condition::Or,
            "all" => Condition::And,
            number if number.bytes().all(|b| b.is_ascii_digit()) => {
                return Err(Problem::refusal(span.start..of.end, Reason::Construct, format!("{number} of")));
            }
            _ => return Err(Problem::mistake(span, "expected `1`, `any` or `all` before `of`")),
        };
        let parts: Result<_, _> = numbers.into_iter().map(|number| self.take(number, &of)).collect();
        Ok(one_or(parts?, build))
    }

    fn take(&mut self, number: usize, span: &Range<usize>) -> Result<Condition, Problem> {
        let selection = &self.selections[number];
        self.tests += selection.tests;
        if self.tests > TESTS_MAX {
            return Err(Problem::refusal(span.clone(), Reason::TooLarge, "a condition of so many tests"));
        }
        Ok(selection.condition.clone())
    }

    fn unknown(&self, name: &str, span: Range<usize>) -> Problem {
        let names: Vec<_> = self.selections.iter().map(|selection| format!("`{}`", selection.name)).collect();
        Problem::mistake(span, format!("no selection is called `{name}`"))
            .with_hint(format!("there are {}", names.join(", ")))
    }

    /// Is the refusal of `| count() …`.
    fn aggregation(&self) -> Problem {
        let rest = self.text[self.span().end..].trim_start();
        let word = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let reason = if word.eq_ignore_ascii_case("near") { Reason::SeveralEvents } else { Reason::Counts };
        Problem::refusal(self.span().start..self.text.len(), reason, format!("| {word}"))
    }
}

fn one_or(mut parts: Vec<Condition>, build: fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { build(parts) }
}

/// Says whether a name fits a pattern with `*`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        match name.find(part) {
            Some(at) => name = &name[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selections() -> Vec<Selection> {
        let named =
            |name: &str, truth| Selection { name: name.into(), condition: Condition::Constant(truth), tests: 1 };
        vec![named("sel_a", true), named("sel_b", false), named("filter", false), named("_x", true)]
    }

    /// Compiles and computes.
    fn truth(text: &str) -> Result<bool, Problem> {
        fn of(condition: &Condition) -> bool {
            match condition {
                Condition::Constant(truth) => *truth,
                Condition::And(parts) => parts.iter().all(of),
                Condition::Or(parts) => parts.iter().any(of),
                Condition::Not(part) => !of(part),
                _ => unreachable!(),
            }
        }
        compile(text, &selections()).map(|condition| of(&condition))
    }

    #[test]
    fn binds_not_before_and_before_or() {
        assert_eq!(truth("sel_a or sel_b and filter"), Ok(true));
        assert_eq!(truth("(sel_a or sel_b) and filter"), Ok(false));
        assert_eq!(truth("not filter and sel_a"), Ok(true));
        assert_eq!(truth("NOT 1 of filter* AND 1 of sel_*"), Ok(true));
        assert_eq!(truth("all of sel_*"), Ok(false));
        assert_eq!(truth("any of *a"), Ok(true));
        assert_eq!(truth("all of them"), Ok(false));
        assert_eq!(truth("not not _x"), Ok(true));
    }

    #[test]
    fn tells_mistakes_from_refusals() {
        let reason = |text| match truth(text).unwrap_err().what {
            super::super::super::problem::What::Refusal { reason, .. } => Some(reason),
            super::super::super::problem::What::Mistake { .. } => None,
        };
        assert_eq!(reason("sel_a | count() by x > 3"), Some(Reason::Counts));
        assert_eq!(reason("sel_a | near sel_b"), Some(Reason::SeveralEvents));
        assert_eq!(reason("2 of sel_*"), Some(Reason::Construct));
        for text in ["", "sel", "sel_a sel_b", "sel_a and", "(sel_a", "sel_a)", "1 of x*", "some of them", "1 of"] {
            assert_eq!(reason(text), None, "{text}");
        }
        assert!(truth(&"not ".repeat(100_000)).is_err());
        assert_eq!(truth("sel_a and nix").unwrap_err().span, 10..13);
    }

    #[test]
    fn patterns_are_anchored() {
        assert!(matches("a*b*c", "axxbyc") && matches("*", "") && matches("a*", "a"));
        assert!(!matches("a*b*c", "acb") && !matches("ab*ba", "aba"));
    }
}
