//! Cuts ES|QL into tokens.

use std::ops::Range;

use super::super::ir::Number;
use super::super::number;
use super::super::problem::Problem;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A part of a name, or a keyword, as it is written.
    Word(String),
    /// A part of a name in backticks.
    Quoted(String),
    /// A string, without its escapes.
    Text(String),
    Number(Number),
    /// Anything else, as it is written.
    Sign(&'static str),
    End,
}

/// Longer ones first.
const SIGNS: [&str; 25] = [
    "==", "!=", "<=", ">=", "=~", "::", "<", ">", "=", ":", "(", ")", "[", "]", "{", "}", ",", ".", "|", "+", "-", "*",
    "/", "%", "?",
];

/// A token, with the bytes of the query in which it stands.
pub(super) type Spanned = (Token, Range<usize>);

/// Cuts a query; the last token is the end.
pub(super) fn tokens(query: &str) -> Result<Vec<Spanned>, Problem> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = query[at..].chars().next() {
        let rest = &query[at..];
        let (token, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if rest.starts_with("/*") {
            let Some(end) = rest.find("*/") else {
                return Err(Problem::mistake(at..at + 2, "a comment without its `*/`"));
            };
            at += end + 2;
            continue;
        } else if rest.starts_with('"') {
            string(query, at)?
        } else if c == '`' {
            quoted(query, at)?
        } else if c.is_ascii_digit() {
            number(query, at)?
        } else if c.is_ascii_alphabetic() || c == '_' || c == '@' {
            let end =
                rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(rest.len(), |end| end + 1);
            (Token::Word(rest[..end].to_owned()), end)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(Problem::mistake(at..at + c.len_utf8(), format!("`{c}` has no meaning here")));
        };
        tokens.push((token, at..at + length));
        at += length;
    }
    tokens.push((Token::End, query.len()..query.len()));
    Ok(tokens)
}

/// Reads a string: in quotes, with escapes; or in three, as it is, which may end with quotes of its own.
fn string(query: &str, start: usize) -> Result<(Token, usize), Problem> {
    let rest = &query[start..];
    let unclosed = || Problem::mistake(start..start + 1, "a string without its closing quote");
    if let Some(raw) = rest.strip_prefix("\"\"\"") {
        let mut end = raw.find("\"\"\"").ok_or_else(unclosed)?;
        for _ in 0..2 {
            end += usize::from(raw[end + 3..].starts_with('"'));
        }
        return Ok((Token::Text(raw[..end].to_owned()), end + 6));
    }
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Ok((Token::Text(text), at + 1)),
            '\n' | '\r' => return Err(unclosed()),
            '\\' => match characters.next().ok_or_else(unclosed)?.1 {
                't' => text.push('\t'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                c @ ('"' | '\\') => text.push(c),
                c => {
                    let span = start + at..start + at + 1 + c.len_utf8();
                    return Err(Problem::mistake(span, format!("`\\{c}` is no escape"))
                        .with_hint(r#"write `\\` for a backslash, or the string in `"""`"#));
                }
            },
            c => text.push(c),
        }
    }
    Err(unclosed())
}

/// Reads a name in backticks, of which two stand for one.
fn quoted(query: &str, start: usize) -> Result<(Token, usize), Problem> {
    let mut name = String::new();
    let mut characters = query[start..].char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c != '`' {
            name.push(c);
        } else if characters.next_if(|(_, next)| *next == '`').is_some() {
            name.push('`');
        } else {
            return Ok((Token::Quoted(name), at + 1));
        }
    }
    Err(Problem::mistake(start..start + 1, "a name without its closing backtick"))
}

fn number(query: &str, start: usize) -> Result<(Token, usize), Problem> {
    let rest = &query[start..];
    let (end, whole) = number::written(rest);
    let text = &rest[..end];
    let number = match text.parse() {
        Ok(number) if whole => Number::Whole(number),
        _ => text
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Number::Float)
            .ok_or_else(|| Problem::mistake(start..start + end, "a number that is too large"))?,
    };
    Ok((Token::Number(number), end))
}
