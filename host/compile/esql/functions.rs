//! ES|QL's functions.

use std::ops::Range;

use super::super::fields::network;
use super::super::ir::{Condition, Expression, Function, Kind, Replacement, Test};
use super::super::kql;
use super::super::problem::{Problem, Reason};
use super::super::regex::Dialect;
use super::columns::{Columns, Sort, Value};
use super::conditions::read_as;
use super::tree::{Expr, What};

/// Says whether a function answers with a truth.
pub(super) fn is_truth(name: &str) -> bool {
    matches!(
        name,
        "starts_with"
            | "ends_with"
            | "contains"
            | "mv_contains"
            | "cidr_match"
            | "kql"
            | "match"
            | "match_phrase"
            | "qstr"
    )
}

/// What a function of texts alone takes at least and at most, and gives.
fn simple(name: &str) -> Option<(Function, usize, usize, Sort)> {
    Some(match name {
        "length" => (Function::Length, 1, 1, Sort::Whole),
        "byte_length" => (Function::LengthBytes, 1, 1, Sort::Whole),
        "to_lower" => (Function::ToLower, 1, 1, Sort::Text),
        "to_upper" => (Function::ToUpper, 1, 1, Sort::Text),
        "trim" => (Function::Trim, 1, 1, Sort::Text),
        "ltrim" => (Function::TrimLeft, 1, 1, Sort::Text),
        "rtrim" => (Function::TrimRight, 1, 1, Sort::Text),
        "reverse" => (Function::Reverse, 1, 1, Sort::Text),
        "url_decode" => (Function::UrlDecode, 1, 1, Sort::Text),
        "from_base64" => (Function::FromBase64, 1, 1, Sort::Text),
        "to_base64" => (Function::ToBase64, 1, 1, Sort::Text),
        "concat" => (Function::Concat, 2, usize::MAX, Sort::Text),
        "split" => (Function::Split, 2, 2, Sort::Text),
        "mv_concat" => (Function::MvConcat, 2, 2, Sort::Text),
        _ => return None,
    })
}

impl Columns {
    /// Compiles a call that does not answer with a truth.
    pub(super) fn call(&mut self, name: &str, arguments: &[Expr], span: &Range<usize>) -> Result<Value, Problem> {
        let count = |least: usize, most: usize| {
            if (least..=most).contains(&arguments.len()) {
                return Ok(());
            }
            let wanted = if least == most { format!("{least}") } else { format!("{least} or more") };
            Err(Problem::mistake(span.clone(), format!("`{name}` takes {wanted} arguments, not {}", arguments.len())))
        };
        let made = |function, arguments, kind| Ok(Value { expression: Expression::Call(function, arguments), kind });
        if let Some((function, least, most, kind)) = simple(name) {
            count(least, most)?;
            let arguments: Result<_, _> = arguments.iter().map(|argument| self.text(argument)).collect();
            return made(function, arguments?, kind);
        }
        match name {
            "substring" | "locate" => {
                count(2, 3)?;
                let mut compiled = vec![self.text(&arguments[0])?];
                compiled.push(if name == "locate" { self.text(&arguments[1])? } else { self.number(&arguments[1])?.0 });
                if let Some(third) = arguments.get(2) {
                    compiled.push(self.number(third)?.0);
                }
                match name {
                    "locate" => made(Function::Locate, compiled, Sort::Whole),
                    _ => made(Function::Substring, compiled, Sort::Text),
                }
            }
            "left" | "right" | "repeat" => {
                count(2, 2)?;
                let compiled = vec![self.text(&arguments[0])?, self.number(&arguments[1])?.0];
                let function = match name {
                    "left" => Function::Left,
                    "right" => Function::Right,
                    _ => Function::Repeat,
                };
                made(function, compiled, Sort::Text)
            }
            "space" => {
                count(1, 1)?;
                let number = self.number(&arguments[0])?.0;
                made(Function::Space, vec![number], Sort::Text)
            }
            "replace" => {
                count(3, 3)?;
                self.replace(arguments)
            }
            "json_extract" => {
                count(2, 2)?;
                self.json_extract(arguments)
            }
            "coalesce" | "greatest" | "least" => {
                count(1, usize::MAX)?;
                let (values, kind) = self.alike(arguments)?;
                let function = match name {
                    "coalesce" => Function::Coalesce,
                    "greatest" => Function::Greatest,
                    _ => Function::Least,
                };
                made(function, values, kind)
            }
            "case" => {
                count(2, usize::MAX)?;
                self.case(arguments)
            }
            "mv_count" | "mv_first" | "mv_last" | "mv_min" | "mv_max" => {
                count(1, 1)?;
                let value = self.value(&arguments[0])?;
                match name {
                    "mv_count" => made(Function::MvCount, vec![value.expression], Sort::Whole),
                    "mv_first" => made(Function::MvFirst, vec![value.expression], value.kind),
                    "mv_last" => made(Function::MvLast, vec![value.expression], value.kind),
                    "mv_min" => made(Function::MvMin, vec![value.expression], value.kind),
                    _ => made(Function::MvMax, vec![value.expression], value.kind),
                }
            }
            "abs" => {
                count(1, 1)?;
                let (number, kind) = self.number(&arguments[0])?;
                made(Function::Abs, vec![number], kind)
            }
            _ => match name.strip_prefix("to_") {
                Some(kind) => {
                    count(1, 1)?;
                    let kind = if kind == "dateparse" { "datetime" } else { kind };
                    self.cast(&arguments[0], kind, span)
                }
                None => {
                    Err(Problem::refusal(span.start..span.start + name.len(), Reason::Construct, format!("{name}()")))
                }
            },
        }
    }

    /// Compiles values of which one is taken.
    fn alike(&mut self, arguments: &[Expr]) -> Result<(Vec<Expression>, Sort), Problem> {
        let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect::<Result<_, _>>()?;
        let known = |value: &&Value| !matches!(value.kind, Sort::Null | Sort::Keyword);
        let kind = values.iter().find(known).map_or(Sort::Keyword, |value| value.kind);
        let values = values.into_iter().map(|value| match (value.kind, kind) {
            (Sort::Keyword, Sort::Whole | Sort::Float) => read_as(value.expression, Kind::Number),
            (Sort::Keyword, Sort::Boolean) => read_as(value.expression, Kind::Boolean),
            _ => value.expression,
        });
        Ok((values.collect(), kind))
    }

    fn case(&mut self, arguments: &[Expr]) -> Result<Value, Problem> {
        let is_condition = |nth: usize| nth.is_multiple_of(2) && nth + 1 < arguments.len();
        let results: Vec<Expr> =
            arguments.iter().enumerate().filter(|(nth, _)| !is_condition(*nth)).map(|(_, one)| one.clone()).collect();
        let (results, kind) = self.alike(&results)?;
        let mut results = results.into_iter();
        let mut compiled = Vec::new();
        for (nth, argument) in arguments.iter().enumerate() {
            if is_condition(nth) {
                compiled.push(Expression::Condition(Box::new(self.condition(argument)?)));
            } else {
                compiled.extend(results.next());
            }
        }
        Ok(Value { expression: Expression::Call(Function::Case, compiled), kind })
    }

    fn replace(&mut self, arguments: &[Expr]) -> Result<Value, Problem> {
        let text = self.text(&arguments[0])?;
        let regex = self.regex(&arguments[1], Dialect::Java)?;
        let replacement = replacement(&self.constant(&arguments[2])?, regex.groups)
            .ok_or_else(|| Problem::refusal(arguments[2].span.clone(), Reason::Construct, "such a `$`"))?;
        Ok(Value { expression: Expression::Replace(Box::new(text), regex, replacement), kind: Sort::Text })
    }

    fn json_extract(&mut self, arguments: &[Expr]) -> Result<Value, Problem> {
        let path = self.constant(&arguments[1])?;
        // The source is the event itself.
        if matches!(&arguments[0].what, What::Column(name) if name == "_source") {
            let plain = path.strip_prefix("$.").unwrap_or(&path);
            let simple = |c: char| c.is_alphanumeric() || "._-@".contains(c);
            if plain.is_empty() || !plain.chars().all(simple) {
                return Err(Problem::refusal(arguments[1].span.clone(), Reason::Construct, "such a path in `_source`"));
            }
            let value = self.column(plain, &arguments[0].span)?;
            return Ok(Value { expression: read_as(value.expression, Kind::Text), kind: Sort::Text });
        }
        let text = self.text(&arguments[0])?;
        let arguments = vec![text, Expression::Text(path)];
        Ok(Value { expression: Expression::Call(Function::JsonExtract, arguments), kind: Sort::Text })
    }

    /// Compiles a call that answers with a truth, or, if it is none, its value as one.
    pub(super) fn call_of_truth(
        &mut self,
        name: &str,
        arguments: &[Expr],
        options: &[(String, Expr)],
        expression: &Expr,
    ) -> Result<Condition, Problem> {
        let span = &expression.span;
        let two = || match arguments {
            [first, second] => Ok((first, second)),
            _ => Err(Problem::mistake(span.clone(), format!("`{name}` takes two arguments"))),
        };
        let single = |function, arguments| Condition::Single(Expression::Call(function, arguments));
        if let Some((option, value)) = options.first().filter(|_| name != "match") {
            return Err(Problem::refusal(value.span.clone(), Reason::Construct, format!("the option `{option}`")));
        }
        Ok(match name {
            "starts_with" | "ends_with" | "contains" => {
                let (text, part) = two()?;
                let function = match name {
                    "starts_with" => Function::StartsWith,
                    "ends_with" => Function::EndsWith,
                    _ => Function::Contains,
                };
                single(function, vec![self.text(text)?, self.text(part)?])
            }
            "mv_contains" => {
                let (all, some) = two()?;
                single(Function::MvContains, vec![self.value(all)?.expression, self.value(some)?.expression])
            }
            "cidr_match" => {
                let [address, networks @ ..] = arguments else { return two().map(|_| Condition::Constant(false)) };
                let mut blocks = Vec::new();
                for block in networks {
                    let text = self.constant(block)?;
                    let Some(block) = network(&text) else {
                        return Err(Problem::mistake(block.span.clone(), format!("`{text}` is no network")));
                    };
                    blocks.push(block);
                }
                let address = self.text(address)?;
                Condition::Single(Expression::Test(Box::new(address), Test::Networks(blocks)))
            }
            "match" => {
                let (field, query) = two()?;
                self.full_text(field, query, options, span)?
            }
            "match_phrase" => {
                let (field, query) = two()?;
                let phrase = [("operator".to_owned(), Expr { what: What::Text("phrase".into()), span: span.clone() })];
                self.full_text(field, query, &phrase, span)?
            }
            "kql" => {
                let [query] = arguments else {
                    return Err(Problem::mistake(span.clone(), "`kql` takes one argument"));
                };
                let text = self.constant(query)?;
                let Range { start, end } = query.span.clone();
                let written = query.span.len() == text.len() + 6;
                let compiled = kql::compile(&text).map_err(|problem| {
                    problem.moved(|at| {
                        if written {
                            start + 3 + at
                        } else if at == 0 {
                            start
                        } else {
                            end
                        }
                    })
                })?;
                compiled.fields.iter().for_each(|name| self.note(name));
                compiled.condition
            }
            "qstr" => return Err(Problem::refusal(span.clone(), Reason::Construct, "qstr()")),
            _ => {
                let value = self.call(name, arguments, span)?;
                match value.kind {
                    Sort::Boolean | Sort::Null => Condition::Single(value.expression),
                    Sort::Keyword => Condition::Single(read_as(value.expression, Kind::Boolean)),
                    _ => return Err(Problem::mistake(span.clone(), "expected a condition, not a value")),
                }
            }
        })
    }
}

/// Reads Java's replacement: `$1` is a group, a backslash makes what follows itself.
fn replacement(text: &str, groups: u16) -> Option<Vec<Replacement>> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => literal.push(characters.next()?),
            '$' => {
                let mut group = characters.next()?.to_digit(10)?;
                // As many digits as there is a group for.
                while let Some(digit) = characters.peek().and_then(|c| c.to_digit(10)) {
                    if group * 10 + digit >= u32::from(groups) {
                        break;
                    }
                    group = group * 10 + digit;
                    characters.next();
                }
                if group >= u32::from(groups) {
                    return None;
                }
                if !literal.is_empty() {
                    pieces.push(Replacement::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Replacement::Group(u16::try_from(group).ok()?));
            }
            c => literal.push(c),
        }
    }
    if !literal.is_empty() {
        pieces.push(Replacement::Text(literal));
    }
    Some(pieces)
}
