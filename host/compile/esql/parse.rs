//! Reads ES|QL's commands; [`super::expressions`] reads what stands in them.

use std::ops::Range;

use super::super::problem::{Problem, Reason};
use super::NESTING_MAX;
use super::lex::{Spanned, Token, tokens};
use super::tree::{Command, Name, Query, What};

/// Reads a query.
pub(super) fn query(text: &str) -> Result<Query, Problem> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    parser.from()?;
    let mut commands = Vec::new();
    while parser.eat("|") {
        let start = parser.span().start;
        let command = parser.command()?;
        commands.push((command, start..parser.before()));
    }
    match parser.peek() {
        Token::End => Ok(Query { commands }),
        _ => Err(parser.unexpected("`|`, or the end")),
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    tokens: Vec<Spanned>,
    pub(super) at: usize,
    depth: u32,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    pub(super) fn peek_after(&self) -> &Token {
        &self.tokens[(self.at + 1).min(self.tokens.len() - 1)].0
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// Is where the last token ended.
    pub(super) fn before(&self) -> usize {
        self.at.checked_sub(1).map_or(0, |before| self.tokens[before].1.end)
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.tokens[self.at].0.clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    pub(super) fn eat(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Token::Sign(other) if *other == sign);
        if there {
            self.at += 1;
        }
        there
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(other) if other.eq_ignore_ascii_case(word))
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let there = self.is_word(word);
        if there {
            self.at += 1;
        }
        there
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.eat(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    pub(super) fn unexpected(&self, wanted: &str) -> Problem {
        let span = self.span();
        let found = match self.peek() {
            Token::End => "the end".to_owned(),
            _ => format!("`{}`", &self.text[span.clone()]),
        };
        Problem::mistake(span.start..span.end.max(span.start + 1), format!("expected {wanted}, not {found}"))
    }

    pub(super) fn deeper(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Problem::refusal(self.span(), Reason::TooLarge, "parentheses in parentheses"));
        }
        Ok(())
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    /// Skips `from …`: a stream has no index.
    fn from(&mut self) -> Result<(), Problem> {
        let span = self.span();
        if !self.eat_word("from") {
            let Token::Word(word) = self.peek() else { return Err(self.unexpected("`from`")) };
            return match word.to_ascii_lowercase().as_str() {
                "row" | "show" | "ts" => Err(Problem::refusal(span, Reason::Construct, word)),
                _ => Err(self.unexpected("`from`")),
            };
        }
        let start = self.at;
        while !matches!(self.peek(), Token::Sign("|") | Token::End) {
            if matches!(self.peek(), Token::Sign("(")) {
                return Err(Problem::refusal(self.span(), Reason::Construct, "from ("));
            }
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("an index")) } else { Ok(()) }
    }

    fn command(&mut self) -> Result<Command, Problem> {
        let span = self.span();
        let Token::Word(word) = self.next() else {
            self.at -= usize::from(self.at > 0 && self.tokens[self.at].0 != Token::End);
            return Err(Problem::mistake(span, "expected a command: `where`, `eval`, `keep`, …"));
        };
        match word.to_ascii_lowercase().as_str() {
            "where" => Ok(Command::Where(self.expression()?)),
            "eval" => self.eval(),
            "dissect" => self.dissect(),
            "grok" => self.grok(),
            "keep" => Ok(Command::Keep(self.names(true)?)),
            "drop" => Ok(Command::Drop(self.names(true)?)),
            "rename" => self.rename(),
            "mv_expand" => Ok(Command::Expand(self.name(false)?)),
            other => Err(self.refused(other, span)),
        }
    }

    /// Is the refusal of a command, or the mistake that it is.
    fn refused(&self, word: &str, span: Range<usize>) -> Problem {
        let (reason, construct) = match word {
            "stats" | "limit" | "sort" | "sample" | "change_point" | "mmr" => (Reason::Counts, word.to_owned()),
            "inline" | "inlinestats" => (Reason::Counts, "inline stats".to_owned()),
            "enrich" => (Reason::Joins, word.to_owned()),
            "lookup" | "join" | "lookup_join" => (Reason::Joins, "lookup join".to_owned()),
            "completion" | "rerank" | "fork" | "fuse" | "insist" | "set" | "uri_parts" | "registered_domain" => {
                (Reason::Construct, word.to_owned())
            }
            _ => return Problem::mistake(span, format!("`{word}` is no command")),
        };
        Problem::refusal(span, reason, construct)
    }

    fn eval(&mut self) -> Result<Command, Problem> {
        let mut columns = Vec::new();
        loop {
            let start = self.at;
            let named = match self.name(false) {
                Ok(name) if self.eat("=") => Some(name),
                _ => None,
            };
            let name = match named {
                Some(name) => name,
                // A column without a name is called as it is written.
                None => {
                    self.at = start;
                    let from = self.span().start;
                    let expression = self.expression()?;
                    let span = from..self.before();
                    columns.push((Name { text: self.text[span.clone()].to_owned(), span }, expression));
                    if self.eat(",") {
                        continue;
                    }
                    break;
                }
            };
            columns.push((name, self.expression()?));
            if !self.eat(",") {
                break;
            }
        }
        Ok(Command::Eval(columns))
    }

    fn string(&mut self) -> Result<(String, Range<usize>), Problem> {
        let span = self.span();
        match self.next() {
            Token::Text(text) => Ok((text, span)),
            _ => Err(Problem::mistake(span, "expected a string")),
        }
    }

    fn dissect(&mut self) -> Result<Command, Problem> {
        let input = self.primary()?;
        let (pattern, pattern_span) = self.string()?;
        let mut separator = String::new();
        if self.eat_word("append_separator") {
            self.expect("=")?;
            separator = self.string()?.0;
        }
        Ok(Command::Dissect { input, pattern, pattern_span, separator })
    }

    fn grok(&mut self) -> Result<Command, Problem> {
        let input = self.primary()?;
        let mut patterns = vec![self.string()?];
        while self.eat(",") {
            patterns.push(self.string()?);
        }
        Ok(Command::Grok { input, patterns })
    }

    fn rename(&mut self) -> Result<Command, Problem> {
        let mut names = Vec::new();
        loop {
            let first = self.name(false)?;
            if self.eat_word("as") {
                names.push((first, self.name(false)?));
            } else if self.eat("=") {
                names.push((self.name(false)?, first));
            } else {
                return Err(self.unexpected("`as`"));
            }
            if !self.eat(",") {
                return Ok(Command::Rename(names));
            }
        }
    }

    fn names(&mut self, stars: bool) -> Result<Vec<Name>, Problem> {
        let mut names = vec![self.name(stars)?];
        while self.eat(",") {
            names.push(self.name(stars)?);
        }
        Ok(names)
    }

    /// Reads a dotted name, whose parts may be in backticks, and with stars where these are asked for.
    pub(super) fn name(&mut self, stars: bool) -> Result<Name, Problem> {
        let start = self.span().start;
        let mut text = String::new();
        let mut fresh = true;
        loop {
            let span = self.span();
            let touches = fresh || span.start == self.before();
            match self.peek().clone() {
                Token::Word(part) if touches => text.push_str(&part),
                Token::Quoted(part) if touches => text.push_str(&part),
                // `a.0.b`: the digits after a dot are part of the name, with the dots of what looks like a fraction.
                Token::Number(_) if touches && !fresh => text.push_str(&self.text[span]),
                Token::Sign("*") if stars && touches => text.push('*'),
                Token::Sign(".") if touches && !fresh => text.push('.'),
                _ => break,
            }
            self.at += 1;
            fresh = false;
        }
        if text.is_empty() || text.ends_with('.') {
            return Err(self.unexpected("the name of a column"));
        }
        Ok(Name { text, span: start..self.before() })
    }

    /// Is a column's name as an expression.
    pub(super) fn column(&mut self) -> Result<What, Problem> {
        self.name(false).map(|name| What::Column(name.text))
    }
}
