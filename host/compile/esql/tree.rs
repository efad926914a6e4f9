//! What a query says, as a tree.

use std::ops::Range;

use super::super::ir::Number;

/// A query: its commands after `from`.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) commands: Vec<(Command, Range<usize>)>,
}

/// A command.
#[derive(Debug)]
pub(super) enum Command {
    Where(Expr),
    /// Names and what they stand for, each of which knows those before it.
    Eval(Vec<(Name, Expr)>),
    Dissect {
        input: Expr,
        pattern: String,
        pattern_span: Range<usize>,
        separator: String,
    },
    Grok {
        input: Expr,
        patterns: Vec<(String, Range<usize>)>,
    },
    Keep(Vec<Name>),
    Drop(Vec<Name>),
    /// The old name and the new one.
    Rename(Vec<(Name, Name)>),
    Expand(Name),
}

/// The name of a column; in `keep` and `drop` it may hold stars.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) span: Range<usize>,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) what: What,
    pub(super) span: Range<usize>,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum What {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    /// `5 minutes`
    Span(String),
    Column(String),
    Call {
        name: String,
        arguments: Vec<Expr>,
        options: Vec<(String, Expr)>,
    },
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// `+`, `-`, `*`, `/`, `%`
    Arithmetic(&'static str, Box<Expr>, Box<Expr>),
    /// `==`, `!=`, `<`, `<=`, `>`, `>=`, `=~`
    Compare(&'static str, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    Like(Box<Expr>, Vec<Expr>),
    Rlike(Box<Expr>, Vec<Expr>),
    IsNull(Box<Expr>),
    /// `field : query`
    Match(Box<Expr>, Box<Expr>),
    /// `value::type`
    Cast(Box<Expr>, String),
}
