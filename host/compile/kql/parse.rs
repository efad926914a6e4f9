//! Reads KQL as a tree, character by character: its bare values may hold blanks, and so there are no tokens.

use std::ops::Range;

use super::super::ir::{Piece, Relation};
use super::super::problem::{Problem, Reason};
use super::{NESTING_MAX, QUERY_BYTES_MAX};

/// A part of a query.
#[derive(Clone, Debug)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// `field: values`; without a field, any.
    Is(Option<Literal>, Values),
    /// `field > value`
    Range(Literal, Relation, Literal),
}

/// What a field is asked for.
#[derive(Clone, Debug)]
pub(super) enum Values {
    And(Vec<Values>),
    Or(Vec<Values>),
    Not(Box<Values>),
    One(Literal),
}

/// A value or the name of a field.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    /// Its characters, and the stars that act.
    pub(super) pieces: Vec<Piece>,
    pub(super) quoted: bool,
    pub(super) span: Range<usize>,
}

impl Literal {
    /// Says whether a star acts in it.
    pub(super) fn is_wildcard(&self) -> bool {
        self.pieces.contains(&Piece::Many)
    }

    /// Says whether it is one star and nothing else.
    pub(super) fn is_star(&self) -> bool {
        self.pieces == [Piece::Many]
    }

    /// Is its characters, without stars.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            if let Piece::Text(part) = piece {
                text.push_str(part);
            }
        }
        text
    }
}

/// Parses a query; nothing is what asks for nothing.
pub(super) fn query(query: &str) -> Result<Option<Node>, Problem> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::refusal(0..1, Reason::TooLarge, "a query of so many bytes"));
    }
    let mut parser = Parser { query, at: 0, depth: 0 };
    parser.blanks();
    if parser.rest().is_empty() {
        return Ok(None);
    }
    let node = parser.or()?;
    parser.blanks();
    if parser.rest().is_empty() { Ok(Some(node)) } else { Err(parser.unexpected("expected `and`, `or` or the end")) }
}

fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{a0}' | '\u{feff}')
}

/// Is the length of a word and the blanks that must follow it, if the text starts with both.
fn keyword(text: &str, word: &str) -> Option<usize> {
    if !text.get(..word.len())?.eq_ignore_ascii_case(word) {
        return None;
    }
    let rest = &text[word.len()..];
    let after = rest.trim_start_matches(blank);
    (after.len() < rest.len()).then(|| text.len() - after.len())
}

/// Is the length of blanks, `and` or `or`, and blanks.
fn joint(text: &str, word: &str) -> Option<usize> {
    let trimmed = text.trim_start_matches(blank);
    let before = text.len() - trimmed.len();
    if before == 0 {
        return None;
    }
    keyword(trimmed, word).map(|length| before + length)
}

struct Parser<'a> {
    query: &'a str,
    at: usize,
    depth: u32,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.query[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.query.len() - self.rest().trim_start_matches(blank).len();
    }

    fn here(&self) -> Range<usize> {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        self.at..self.at + length
    }

    fn unexpected(&self, message: &str) -> Problem {
        Problem::mistake(self.here(), message)
    }

    fn sign(&mut self, sign: char) -> bool {
        let there = self.rest().starts_with(sign);
        if there {
            self.at += sign.len_utf8();
        }
        there
    }

    fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Problem::refusal(self.here(), Reason::TooLarge, "parentheses in parentheses"));
        }
        Ok(())
    }

    /// Reads parts with a word between them.
    fn joined<T>(&mut self, word: &str, part: impl Fn(&mut Self) -> Result<T, Problem>) -> Result<Vec<T>, Problem> {
        let mut parts = vec![part(self)?];
        while let Some(length) = joint(self.rest(), word) {
            self.at += length;
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn or(&mut self) -> Result<Node, Problem> {
        self.deeper()?;
        let mut parts = self.joined("or", Self::and)?;
        self.depth -= 1;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::Or(parts) })
    }

    fn and(&mut self) -> Result<Node, Problem> {
        let mut parts = self.joined("and", Self::not)?;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::And(parts) })
    }

    fn not(&mut self) -> Result<Node, Problem> {
        if let Some(length) = keyword(self.rest(), "not") {
            self.at += length;
            self.deeper()?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        if self.sign('(') {
            self.blanks();
            let inner = self.or()?;
            self.blanks();
            if !self.sign(')') {
                return Err(self.unexpected("expected `)`, `and` or `or`"));
            }
            return Ok(inner);
        }
        self.expression()
    }

    fn expression(&mut self) -> Result<Node, Problem> {
        let field = self.literal()?;
        let after_field = self.at;
        self.blanks();
        for (sign, relation) in [
            ("<=", Relation::LessOrEqual),
            (">=", Relation::GreaterOrEqual),
            ("<", Relation::Less),
            (">", Relation::Greater),
        ] {
            if self.rest().starts_with(sign) {
                self.at += sign.len();
                self.blanks();
                let value = self.literal()?;
                return Ok(Node::Range(field, relation, value));
            }
        }
        if self.sign(':') {
            self.blanks();
            if self.rest().starts_with('{') {
                return Err(Problem::refusal(self.here(), Reason::Construct, "{…}"));
            }
            let values = self.values()?;
            return Ok(Node::Is(Some(field), values));
        }
        self.at = after_field;
        Ok(Node::Is(None, Values::One(field)))
    }

    fn values(&mut self) -> Result<Values, Problem> {
        if !self.sign('(') {
            return Ok(Values::One(self.literal()?));
        }
        self.deeper()?;
        self.blanks();
        let values = self.or_values()?;
        self.blanks();
        if !self.sign(')') {
            return Err(self.unexpected("expected `)`, `and` or `or`"));
        }
        self.depth -= 1;
        Ok(values)
    }

    fn or_values(&mut self) -> Result<Values, Problem> {
        let mut parts = self.joined("or", Self::and_values)?;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Values::Or(parts) })
    }

    fn and_values(&mut self) -> Result<Values, Problem> {
        let mut parts = self.joined("and", Self::not_values)?;
        Ok(if parts.len() == 1 { parts.remove(0) } else { Values::And(parts) })
    }

    fn not_values(&mut self) -> Result<Values, Problem> {
        if let Some(length) = keyword(self.rest(), "not") {
            self.at += length;
            self.deeper()?;
            let inner = self.not_values()?;
            self.depth -= 1;
            return Ok(Values::Not(Box::new(inner)));
        }
        self.values()
    }

    fn literal(&mut self) -> Result<Literal, Problem> {
        if self.rest().starts_with('"') { self.quoted() } else { self.bare() }
    }

    fn quoted(&mut self) -> Result<Literal, Problem> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(Problem::mistake(start..start + 1, "a value without its closing quote"));
            };
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(Literal { pieces: vec![Piece::Text(text)], quoted: true, span: start..self.at });
                }
                '\\' => match self.escaped("\\\"") {
                    Some((c, length)) => {
                        text.push(c);
                        self.at += length;
                    }
                    // Any other backslash is itself.
                    None => {
                        text.push('\\');
                        self.at += 1;
                    }
                },
                c => {
                    text.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    /// Reads the escape at a backslash: what it stands for, and its length.
    fn escaped(&self, special: &str) -> Option<(char, usize)> {
        let rest = &self.rest()[1..];
        let c = rest.chars().next()?;
        match c {
            't' => Some(('\t', 2)),
            'r' => Some(('\r', 2)),
            'n' => Some(('\n', 2)),
            'u' => {
                let hex = rest.get(1..5).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
                Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, 6))
            }
            c if special.contains(c) => Some((c, 1 + c.len_utf8())),
            _ => None,
        }
    }

    fn bare(&mut self) -> Result<Literal, Problem> {
        let start = self.at;
        let mut pieces = Vec::new();
        let mut text = String::new();
        // What follows the last character that is no blank of the query's own.
        let mut kept = 0;
        let mut end = start;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { break };
            if joint(rest, "or").is_some() || joint(rest, "and").is_some() || keyword(rest, "not").is_some() {
                break;
            }
            match c {
                '\\' => {
                    let word = ["or", "and", "not"]
                        .into_iter()
                        .find(|word| rest[1..].get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word)));
                    if let Some((c, length)) = self.escaped("\\():<>\"*{}") {
                        text.push(c);
                        self.at += length;
                    } else if let Some(word) = word {
                        text.push_str(&rest[1..=word.len()]);
                        self.at += 1 + word.len();
                    } else {
                        return Err(self
                            .unexpected("a backslash that escapes nothing")
                            .with_hint("write it as `\\\\`"));
                    }
                    kept = text.len();
                    end = self.at;
                }
                '*' => {
                    self.at += 1;
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Many);
                    kept = 0;
                    end = self.at;
                }
                '(' | ')' | ':' | '<' | '>' | '"' | '{' | '}' => break,
                c => {
                    self.at += c.len_utf8();
                    // Blanks before the value were passed already; those behind it are cut off.
                    text.push(c);
                    if !blank(c) {
                        kept = text.len();
                        end = self.at;
                    }
                }
            }
        }
        text.truncate(kept);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        if pieces.is_empty() {
            return Err(self.unexpected("expected a value"));
        }
        Ok(Literal { pieces, quoted: false, span: start..end })
    }
}
