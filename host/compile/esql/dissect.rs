//! `dissect`: a pattern of literals and keys, as a regex.
//!
//! A value ends where its delimiter first stands. A regex that prefers the shortest value for every key finds the same:
//! to let one value be longer leaves less of the text for what comes after it.

use std::ops::Range;

use super::super::ir::{Expression, Function};
use super::super::problem::{Problem, Reason};
use super::super::regex::{Dialect, Flags, Regex};

/// A key with the delimiter behind it.
struct Key {
    name: String,
    /// Where its value stands among those that are joined, if it is one of these.
    order: Option<usize>,
    joined: bool,
    skipped: bool,
    /// The delimiter may come several times.
    padded: bool,
    delimiter: String,
}

/// Compiles a pattern to columns.
pub(super) fn columns(
    pattern: &str,
    span: &Range<usize>,
    input: &Expression,
    separator: &str,
) -> Result<Vec<(String, Expression)>, Problem> {
    let (leading, keys) = read(pattern, span)?;
    if keys.iter().all(|key| key.skipped) {
        return Err(Problem::mistake(span.clone(), "the pattern has no key to keep"));
    }
    let regex = Regex::new(&regex(&leading, &keys, span)?, Dialect::Ruby, Flags { dot_all: true, ..Flags::default() })
        .map_err(|problem| Problem { span: span.clone(), ..problem })?;
    let captures: Vec<_> = keys.iter().filter(|key| !key.skipped).collect();
    let mut columns: Vec<(String, Vec<(usize, Expression)>)> = Vec::new();
    for (nth, key) in captures.iter().enumerate() {
        let Ok(group) = u16::try_from(nth + 1) else {
            return Err(Problem::refusal(span.clone(), Reason::TooLarge, "so many keys"));
        };
        let value = Expression::Capture(Box::new(input.clone()), regex.clone(), group);
        let part = (key.order.unwrap_or(0), value);
        match columns.iter_mut().find(|(name, _)| *name == key.name) {
            Some((_, parts)) if key.joined => parts.push(part),
            // Of two keys with one name the rightmost counts.
            Some((_, parts)) => *parts = vec![part],
            None => columns.push((key.name.clone(), vec![part])),
        }
    }
    Ok(columns
        .into_iter()
        .map(|(name, mut parts)| {
            parts.sort_by_key(|(order, _)| *order);
            let mut joined = Vec::new();
            for (nth, (_, part)) in parts.into_iter().enumerate() {
                if nth > 0 && !separator.is_empty() {
                    joined.push(Expression::Text(separator.to_owned()));
                }
                joined.push(part);
            }
            let value = if joined.len() == 1 { joined.remove(0) } else { Expression::Call(Function::Concat, joined) };
            (name, value)
        })
        .collect())
}

fn read(pattern: &str, span: &Range<usize>) -> Result<(String, Vec<Key>), Problem> {
    let mut keys: Vec<Key> = Vec::new();
    let mut literal = String::new();
    let mut leading = None;
    let mut rest = pattern;
    while let Some(at) = rest.find("%{") {
        let Some(length) = rest[at..].find('}') else { break };
        literal.push_str(&rest[..at]);
        finish(&mut keys, &mut leading, std::mem::take(&mut literal), span)?;
        keys.push(key(&rest[at + 2..at + length], span)?);
        rest = &rest[at + length + 1..];
    }
    literal.push_str(rest);
    match keys.last_mut() {
        Some(last) => last.delimiter = literal,
        None => return Err(Problem::mistake(span.clone(), "the pattern has no key to keep")),
    }
    Ok((leading.unwrap_or_default(), keys))
}

/// Takes the literal before a key: the first leads, others end the key before them.
fn finish(keys: &mut [Key], leading: &mut Option<String>, literal: String, span: &Range<usize>) -> Result<(), Problem> {
    match keys.last_mut() {
        None => *leading = Some(literal),
        Some(_) if literal.is_empty() => {
            return Err(Problem::mistake(span.clone(), "two keys without anything between them"));
        }
        Some(last) => last.delimiter = literal,
    }
    Ok(())
}

fn key(text: &str, span: &Range<usize>) -> Result<Key, Problem> {
    let (text, padded) = text.strip_suffix("->").map_or((text, false), |text| (text, true));
    if text.starts_with(['*', '&']) {
        return Err(Problem::refusal(span.clone(), Reason::Construct, format!("%{{{text}}}")));
    }
    let (text, joined) = text.strip_prefix('+').map_or((text, false), |text| (text, true));
    let (name, order) = match text.rsplit_once('/') {
        Some((name, order)) if joined && !order.is_empty() && order.bytes().all(|b| b.is_ascii_digit()) => {
            (name, order.parse().ok())
        }
        _ => (text, None),
    };
    let skipped = name.is_empty() || name.starts_with('?');
    Ok(Key { name: name.to_owned(), order, joined, skipped, padded, delimiter: String::new() })
}

fn regex(leading: &str, keys: &[Key], span: &Range<usize>) -> Result<String, Problem> {
    let mut regex = format!("\\A{}", escape(leading));
    let mut swallowed: Option<char> = None;
    for (nth, key) in keys.iter().enumerate() {
        let last = nth + 1 == keys.len();
        let (open, close) = if key.skipped { ("(?:", ")") } else { ("(", ")") };
        let value = match (key.delimiter.is_empty(), swallowed) {
            // The input must be longer than what leads it.
            (true, None) if nth == 0 => "[\\s\\S]+".to_owned(),
            (true, _) => "[\\s\\S]*".to_owned(),
            (false, None) => "[\\s\\S]*?".to_owned(),
            // All of the delimiter was swallowed before: what follows does not start with it.
            (false, Some(c)) => format!("(?:[^{}][\\s\\S]*?)??", escape(&c.to_string())),
        };
        regex.push_str(open);
        regex.push_str(&value);
        regex.push_str(close);
        swallowed = None;
        let delimiter = escape(&key.delimiter);
        if key.padded && !key.delimiter.is_empty() {
            let mut characters = key.delimiter.chars();
            swallowed = characters.next().filter(|_| characters.next().is_none());
            if swallowed.is_none() && !last {
                return Err(Problem::refusal(span.clone(), Reason::Construct, "->"));
            }
            regex.push_str(&format!("(?:{delimiter})+"));
        } else {
            regex.push_str(&delimiter);
        }
    }
    if keys.last().is_some_and(|last| last.delimiter.is_empty()) {
        regex.push_str("\\z");
    }
    Ok(regex)
}

/// Is a literal in a regex.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if !c.is_alphanumeric() && c.is_ascii_graphic() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
