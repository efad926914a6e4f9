//! `grok`: regexes with named patterns in them, `%{SYNTAX:name}`.

use std::ops::Range;

use super::super::ir::{Expression, Function};
use super::super::problem::{Problem, Reason};
use super::super::regex::{Dialect, Flags, PATTERN_BYTES_MAX, Regex};
use super::columns::{Sort, Value};
use super::grok_patterns::named;

/// How deep named patterns may lie in each other.
const NESTING_MAX: usize = 10;

/// A group that is a column.
struct Group {
    column: String,
    kind: String,
}

/// Compiles patterns to columns; of several the first that matches counts.
pub(super) fn columns(
    patterns: &[(String, Range<usize>)],
    input: &Expression,
) -> Result<Vec<(String, Value)>, Problem> {
    let mut columns: Vec<(String, Vec<Expression>, Sort)> = Vec::new();
    for (pattern, span) in patterns {
        let mut expansion = Expansion { groups: Vec::new(), regex: String::new(), span };
        expansion.add(pattern, 0)?;
        let regex = Regex::new(&expansion.regex, Dialect::Ruby, Flags::default())
            .map_err(|problem| Problem { span: span.clone(), ..problem })?;
        for (nth, group) in expansion.groups.iter().enumerate() {
            let number = regex.names.iter().find(|(name, _)| *name == format!("c{nth}")).map(|(_, number)| *number);
            let Some(number) = number else {
                return Err(Problem::refusal(span.clone(), Reason::Construct, format!("the group `{}`", group.column)));
            };
            let text = Expression::Capture(Box::new(input.clone()), regex.clone(), number);
            let (value, kind) = match group.kind.as_str() {
                "" | "string" => (text, Sort::Text),
                "int" | "long" => (Expression::Call(Function::ToWhole, vec![text]), Sort::Whole),
                "float" | "double" => {
                    let number = Expression::Call(Function::ToNumber, vec![text]);
                    (Expression::Call(Function::ToFloat, vec![number]), Sort::Float)
                }
                "boolean" => (Expression::Call(Function::ToBoolean, vec![text]), Sort::Boolean),
                other => return Err(Problem::refusal(span.clone(), Reason::Construct, format!(":{other}"))),
            };
            match columns.iter_mut().find(|(name, ..)| *name == group.column) {
                Some((_, values, _)) => values.push(value),
                None => columns.push((group.column.clone(), vec![value], kind)),
            }
        }
    }
    if columns.is_empty() {
        let span = patterns.first().map_or(0..0, |(_, span)| span.clone());
        return Err(Problem::mistake(span, "the pattern names no column"));
    }
    let one = |(name, mut values, kind): (String, Vec<Expression>, Sort)| {
        let expression =
            if values.len() == 1 { values.remove(0) } else { Expression::Call(Function::Coalesce, values) };
        (name, Value { expression, kind })
    };
    Ok(columns.into_iter().map(one).collect())
}

struct Expansion<'a> {
    groups: Vec<Group>,
    regex: String,
    span: &'a Range<usize>,
}

impl Expansion<'_> {
    fn add(&mut self, pattern: &str, depth: usize) -> Result<(), Problem> {
        if depth > NESTING_MAX || self.regex.len() > PATTERN_BYTES_MAX {
            return Err(Problem::refusal(self.span.clone(), Reason::TooLarge, "patterns in patterns"));
        }
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("%{") {
                let Some(end) = after.find('}') else {
                    return Err(Problem::mistake(self.span.clone(), "a `%{` without its `}`"));
                };
                self.reference(&after[..end], depth)?;
                rest = &after[end + 1..];
            } else if rest.starts_with("(?<") && !rest.starts_with("(?<=") && !rest.starts_with("(?<!") {
                let Some(end) = rest.find('>') else {
                    return Err(Problem::mistake(self.span.clone(), "a group's name without its `>`"));
                };
                // A column's name may hold what a group's may not, and may stand twice.
                let (column, kind) = rest[3..end].split_once(':').unwrap_or((&rest[3..end], ""));
                self.open(column, kind);
                rest = &rest[end + 1..];
            } else if c == '\\' {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                self.regex.push_str(&rest[..length]);
                rest = &rest[length..];
            } else {
                self.regex.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        Ok(())
    }

    fn open(&mut self, column: &str, kind: &str) {
        self.regex.push_str(&format!("(?<c{}>", self.groups.len()));
        self.groups.push(Group { column: column.to_owned(), kind: kind.to_owned() });
    }

    fn reference(&mut self, text: &str, depth: usize) -> Result<(), Problem> {
        let mut parts = text.splitn(3, ':');
        let syntax = parts.next().unwrap_or_default();
        let (column, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some(pattern) = named(syntax) else {
            return Err(Problem::refusal(self.span.clone(), Reason::Construct, format!("%{{{syntax}}}")));
        };
        if column.is_empty() {
            self.regex.push_str("(?:");
        } else {
            self.open(column, kind);
        }
        self.add(pattern, depth + 1)?;
        self.regex.push(')');
        Ok(())
    }
}
