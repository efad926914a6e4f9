//! Cuts EQL into tokens.

use std::ops::Range;

use super::super::ir::Number;
use super::super::number;
use super::super::problem::Problem;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, or a keyword: dotted, as it is written.
    Name(String),
    /// A name in backticks.
    Quoted(String),
    /// A string, without its escapes.
    Text(String),
    Number(Number),
    /// Anything else, as it is written: `==`, `(`, `in~`.
    Sign(&'static str),
    End,
}

const SIGNS: [&str; 24] = [
    "==", "!=", "<=", ">=", "<", ">", ":", "(", ")", ",", "+", "-", "*", "/", "%", "?", "[", "]", "|", "~", "=", "!",
    ".", ";",
];

/// Cuts a query into its tokens, with their places; the last is the end.
pub(super) fn tokens(query: &str) -> Result<Vec<(Token, Range<usize>)>, Problem> {
    let mut tokens = Vec::new();
    let bytes = query.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &query[at..];
        let start = at;
        let token = match bytes[at] {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => {
                let Some(end) = rest.find("*/") else {
                    return Err(Problem::mistake(at..at + 2, "a comment without its `*/`"));
                };
                at += end + 2;
                continue;
            }
            b'"' => {
                let (text, end) = string(query, at)?;
                at = end;
                Token::Text(text)
            }
            b'\'' => {
                return Err(Problem::mistake(at..at + 1, "EQL has no strings in single quotes")
                    .with_hint("write it in double quotes"));
            }
            b'`' => {
                let Some(end) = rest[1..].find('`') else {
                    return Err(Problem::mistake(at..at + 1, "a name without its closing backtick"));
                };
                at += end + 2;
                Token::Quoted(rest[1..=end].to_owned())
            }
            b'0'..=b'9' => {
                let (number, length) = number(rest, start)?;
                at += length;
                Token::Number(number)
            }
            b if b.is_ascii_alphabetic() || b == b'_' || b == b'@' => {
                let length = name(rest);
                at += length;
                Token::Name(rest[..length].to_owned())
            }
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    at += sign.len();
                    Token::Sign(sign)
                }
                None => {
                    let c = rest.chars().next().unwrap_or(' ');
                    return Err(Problem::mistake(at..at + c.len_utf8(), format!("`{c}` is nothing of EQL")));
                }
            },
        };
        tokens.push((token, start..at));
    }
    tokens.push((Token::End, at..at));
    Ok(tokens)
}

/// Is the length of a dotted name; its later parts may be numbers.
fn name(text: &str) -> usize {
    let part =
        |text: &str| text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '@')).unwrap_or(text.len());
    let mut at = part(text);
    while text[at..].starts_with('.') {
        let next = part(&text[at + 1..]);
        if next == 0 {
            break;
        }
        at += 1 + next;
    }
    at
}

fn number(text: &str, at: usize) -> Result<(Number, usize), Problem> {
    let (length, whole) = number::written(text);
    let wrong = || Problem::mistake(at..at + length, "a number that is too large");
    let number = if whole {
        Number::Whole(text[..length].parse().map_err(|_| wrong())?)
    } else {
        Number::Float(text[..length].parse().ok().filter(|n: &f64| n.is_finite()).ok_or_else(wrong)?)
    };
    Ok((number, length))
}

/// Reads a string at its quote; answers with its text and its end.
fn string(query: &str, start: usize) -> Result<(String, usize), Problem> {
    if let Some(raw) = query[start..].strip_prefix("\"\"\"") {
        let Some(mut end) = raw.find("\"\"\"") else {
            return Err(Problem::mistake(start..start + 3, "a string without its `\"\"\"`"));
        };
        // Up to two quotes before the closing ones are the text's own.
        while end < raw.len() && raw[end + 1..].starts_with("\"\"\"") {
            end += 1;
        }
        return Ok((raw[..end].to_owned(), start + 6 + end));
    }
    let mut text = String::new();
    let mut chars = query[start + 1..].char_indices();
    while let Some((at, c)) = chars.next() {
        let at = start + 1 + at;
        match c {
            '"' => return Ok((text, at + 1)),
            '\n' | '\r' => break,
            '\\' => {
                let Some((_, c)) = chars.next() else { break };
                text.push(match c {
                    't' => '\t',
                    'b' => '\u{8}',
                    'n' => '\n',
                    'f' => '\u{c}',
                    'r' => '\r',
                    '"' | '\\' | '\'' => c,
                    'u' => {
                        let rest = chars.as_str();
                        let inner =
                            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
                        let decoded = inner
                            .filter(|inner| (2..=8).contains(&inner.len()))
                            .and_then(|inner| u32::from_str_radix(inner, 16).ok())
                            .and_then(char::from_u32);
                        let (Some(inner), Some(c)) = (inner, decoded) else {
                            return Err(Problem::mistake(at..at + 2, "no code point")
                                .with_hint("write it as `\\u{1f600}`, with two to eight hexadecimal digits"));
                        };
                        for _ in 0..inner.len() + 2 {
                            chars.next();
                        }
                        c
                    }
                    c => {
                        return Err(Problem::mistake(at..at + 1 + c.len_utf8(), format!("EQL has no escape `\\{c}`"))
                            .with_hint("write a backslash as `\\\\`, or the string in triple quotes"));
                    }
                });
            }
            c => text.push(c),
        }
    }
    Err(Problem::mistake(start..start + 1, "a string without its closing quote"))
}
