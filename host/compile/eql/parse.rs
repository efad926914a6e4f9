//! Reads EQL's tokens as a tree.

use std::ops::Range;

use super::super::ir::Number;
use super::super::problem::{Problem, Reason};
use super::lex::{Token, tokens};
use super::{NESTING_MAX, QUERY_BYTES_MAX};

/// A query of one event.
#[derive(Debug)]
pub(super) struct Parsed {
    /// The category, unless it is `any`.
    pub(super) category: Option<String>,
    pub(super) condition: Node,
}

/// A part of a condition, with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) what: What,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    Field(String),
    /// A function: its name as it is written, whether case does not count, its arguments.
    Call(String, bool, Vec<Node>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// `==`, `!=`, `<`, `+` and their like.
    Binary(&'static str, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    /// `:`, `in`, `like`, `regex`, with the alternatives.
    Among(Among, Box<Node>, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// `:`
    Colon,
    /// `in`, `in~`
    In { fold: bool },
    /// `like`, `like~`
    Like { fold: bool },
    /// `regex`, `regex~`
    Regex { fold: bool },
}

/// Parses a query.
pub(super) fn query(query: &str) -> Result<Parsed, Problem> {
    if query.len() > QUERY_BYTES_MAX {
        return Err(Problem::refusal(0..1, Reason::TooLarge, "a query of so many bytes"));
    }
    let mut parser = Parser { tokens: tokens(query)?, at: 0, depth: 0 };
    let category = parser.category()?;
    let condition = parser.or()?;
    match parser.peek() {
        Token::End => Ok(Parsed { category, condition }),
        Token::Sign("|") => {
            let pipe = match parser.tokens.get(parser.at + 1) {
                Some((Token::Name(name), _)) => format!("| {name}"),
                _ => "|".into(),
            };
            Err(Problem::refusal(parser.span(), Reason::SeveralEvents, pipe))
        }
        _ => Err(parser.unexpected("expected the end, `and` or `or`")),
    }
}

struct Parser {
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: u32,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    fn next(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
        token
    }

    fn unexpected(&self, message: &str) -> Problem {
        Problem::mistake(self.span(), message)
    }

    fn sign(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Token::Sign(this) if *this == sign);
        if there {
            self.next();
        }
        there
    }

    fn word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Token::Name(this) if this == word);
        if there {
            self.next();
        }
        there
    }

    /// Says whether a token stands right behind the one before it.
    fn touches(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].1.end == self.tokens[self.at].1.start
    }

    fn category(&mut self) -> Result<Option<String>, Problem> {
        let span = self.span();
        let category = match self.next() {
            Token::Name(name) if matches!(name.as_str(), "sequence" | "sample" | "join") => {
                return Err(Problem::refusal(span, Reason::SeveralEvents, name));
            }
            Token::Name(name) if name == "any" => None,
            Token::Name(name) | Token::Text(name) => Some(name),
            _ => return Err(Problem::mistake(span, "expected a category: `process where …`, `any where …`")),
        };
        if !self.word("where") {
            return Err(self.unexpected("expected `where`"));
        }
        Ok(category)
    }

    fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Problem::refusal(self.span(), Reason::TooLarge, "parentheses in parentheses"));
        }
        Ok(())
    }

    fn or(&mut self) -> Result<Node, Problem> {
        self.deeper()?;
        let first = self.and()?;
        let node = self.joined(first, "or", Self::and, What::Or)?;
        self.depth -= 1;
        Ok(node)
    }

    fn and(&mut self) -> Result<Node, Problem> {
        let first = self.not()?;
        self.joined(first, "and", Self::not, What::And)
    }

    fn joined(
        &mut self,
        first: Node,
        word: &str,
        next: fn(&mut Self) -> Result<Node, Problem>,
        what: fn(Vec<Node>) -> What,
    ) -> Result<Node, Problem> {
        let start = first.span.start;
        let mut parts = vec![first];
        while self.word(word) {
            parts.push(next(self)?);
        }
        let end = parts.last().map_or(start, |part| part.span.end);
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node { what: what(parts), span: start..end } })
    }

    fn not(&mut self) -> Result<Node, Problem> {
        let start = self.span().start;
        if self.word("not") {
            self.deeper()?;
            let inner = self.not()?;
            self.depth -= 1;
            let span = start..inner.span.end;
            return Ok(Node { what: What::Not(Box::new(inner)), span });
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Result<Node, Problem> {
        let left = self.sum()?;
        let start = left.span.start;
        let sign = match self.peek() {
            Token::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => *sign,
            Token::Sign(":") => {
                self.next();
                let (values, end) = self.alternatives(false)?;
                return Ok(Node { what: What::Among(Among::Colon, Box::new(left), values), span: start..end });
            }
            Token::Sign("=") => {
                return Err(self.unexpected("`=` is nothing of EQL").with_hint("`==` compares, `:` ignores case"));
            }
            Token::Name(name) if matches!(name.as_str(), "in" | "like" | "regex" | "not") => {
                return self.among(left);
            }
            _ => return Ok(left),
        };
        self.next();
        let right = self.sum()?;
        if matches!(self.peek(), Token::Sign("==" | "!=" | "<" | "<=" | ">" | ">=" | ":")) {
            return Err(self.unexpected("comparisons do not follow each other").with_hint("join them with `and`"));
        }
        let span = start..right.span.end;
        Ok(Node { what: What::Binary(sign, Box::new(left), Box::new(right)), span })
    }

    fn among(&mut self, left: Node) -> Result<Node, Problem> {
        let start = left.span.start;
        let not = self.word("not");
        let word_span = self.span();
        let Token::Name(word) = self.next() else {
            return Err(Problem::mistake(word_span, "expected `in`, `like` or `regex`"));
        };
        let fold = self.touches() && self.sign("~");
        let among = match word.as_str() {
            "in" => Among::In { fold },
            "like" => Among::Like { fold },
            "regex" => Among::Regex { fold },
            _ => return Err(Problem::mistake(word_span, "expected `in`, `like` or `regex`")),
        };
        let (values, end) = self.alternatives(word == "in")?;
        let node = Node { what: What::Among(among, Box::new(left), values), span: start..end };
        Ok(if not { Node { span: node.span.clone(), what: What::Not(Box::new(node)) } } else { node })
    }

    /// Reads one value, or several in parentheses.
    fn alternatives(&mut self, only_list: bool) -> Result<(Vec<Node>, usize), Problem> {
        if !self.sign("(") {
            if only_list {
                return Err(self.unexpected("expected a list of values in parentheses"));
            }
            let value = self.primary()?;
            let end = value.span.end;
            return Ok((vec![value], end));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.sum()?);
            let end = self.span().end;
            if self.sign(")") {
                return Ok((values, end));
            }
            if !self.sign(",") {
                return Err(self.unexpected("expected `,` or `)`"));
            }
        }
    }

    fn sum(&mut self) -> Result<Node, Problem> {
        let mut left = self.product()?;
        while let Token::Sign(sign @ ("+" | "-")) = *self.peek() {
            self.next();
            let right = self.product()?;
            left = binary(sign, left, right);
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Node, Problem> {
        let mut left = self.signed()?;
        while let Token::Sign(sign @ ("*" | "/" | "%")) = *self.peek() {
            self.next();
            let right = self.signed()?;
            left = binary(sign, left, right);
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Node, Problem> {
        let start = self.span().start;
        if self.sign("-") {
            self.deeper()?;
            let inner = self.signed()?;
            self.depth -= 1;
            let span = start..inner.span.end;
            return Ok(match inner.what {
                What::Number(Number::Whole(n)) => Node { what: What::Number(Number::Whole(-n)), span },
                What::Number(Number::Float(n)) => Node { what: What::Number(Number::Float(-n)), span },
                _ => Node { what: What::Negate(Box::new(inner)), span },
            });
        }
        self.sign("+");
        self.primary()
    }

    fn primary(&mut self) -> Result<Node, Problem> {
        let span = self.span();
        let node = |what| Ok(Node { what, span: span.clone() });
        match self.next() {
            Token::Text(text) => node(What::Text(text)),
            Token::Number(number) => node(What::Number(number)),
            Token::Sign("(") => {
                let inner = self.or()?;
                if !self.sign(")") {
                    return Err(self.unexpected("expected `)`"));
                }
                Ok(inner)
            }
            Token::Sign("?") => match self.next() {
                Token::Name(name) | Token::Quoted(name) => self.field(name, span.start),
                _ => Err(Problem::mistake(span, "expected the name of a field behind `?`")),
            },
            Token::Quoted(name) => self.field(name, span.start),
            Token::Name(name) => match name.as_str() {
                "true" => node(What::Boolean(true)),
                "false" => node(What::Boolean(false)),
                "null" => node(What::Null),
                "and" | "or" | "not" | "in" | "like" | "regex" | "where" | "by" | "with" | "until" => {
                    Err(Problem::mistake(span, format!("`{name}` is no value")))
                }
                _ => self.call_or_field(name, span.start),
            },
            Token::End => Err(Problem::mistake(span, "the query stops too early")),
            _ => Err(Problem::mistake(span, "expected a value, a field or a function")),
        }
    }

    fn call_or_field(&mut self, name: String, start: usize) -> Result<Node, Problem> {
        let fold = self.touches()
            && matches!(self.peek(), Token::Sign("~"))
            && matches!(self.tokens.get(self.at + 1), Some((Token::Sign("("), _)))
            && self.sign("~");
        if !self.sign("(") {
            return self.field(name, start);
        }
        self.deeper()?;
        let mut arguments = Vec::new();
        let mut end = self.span().end;
        if !self.sign(")") {
            loop {
                arguments.push(self.or()?);
                end = self.span().end;
                if self.sign(")") {
                    break;
                }
                if !self.sign(",") {
                    return Err(self.unexpected("expected `,` or `)`"));
                }
            }
        }
        self.depth -= 1;
        Ok(Node { what: What::Call(name, fold, arguments), span: start..end })
    }

    fn field(&mut self, name: String, start: usize) -> Result<Node, Problem> {
        if matches!(self.peek(), Token::Sign("[")) && self.touches() {
            return Err(Problem::refusal(self.span(), Reason::Construct, format!("{name}[…]")));
        }
        let end = self.tokens[self.at - 1].1.end;
        Ok(Node { what: What::Field(name), span: start..end })
    }
}

fn binary(sign: &'static str, left: Node, right: Node) -> Node {
    let span = left.span.start..right.span.end;
    Node { what: What::Binary(sign, Box::new(left), Box::new(right)), span }
}
