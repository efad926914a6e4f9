//! Reads ES|QL's expressions. `or` binds least, then `and`, `not`, comparisons, `+`, `*`, signs, casts.

use super::super::ir::Number;
use super::super::problem::{Problem, Reason};
use super::lex::Token;
use super::parse::Parser;
use super::tree::{Expr, What};

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Problem> {
        self.deeper()?;
        let start = self.span().start;
        let mut left = self.conjunction()?;
        while self.eat_word("or") {
            let right = self.conjunction()?;
            left = self.made(start, What::Or(Box::new(left), Box::new(right)));
        }
        self.shallower();
        Ok(left)
    }

    fn made(&self, start: usize, what: What) -> Expr {
        Expr { what, span: start..self.before() }
    }

    fn conjunction(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        let mut left = self.negation()?;
        while self.eat_word("and") {
            let right = self.negation()?;
            left = self.made(start, What::And(Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        if !self.eat_word("not") {
            return self.predicate();
        }
        self.deeper()?;
        let inner = self.negation()?;
        self.shallower();
        Ok(self.made(start, What::Not(Box::new(inner))))
    }

    fn predicate(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        let left = self.sum()?;
        for sign in ["==", "!=", "<=", ">=", "=~", "<", ">"] {
            if self.eat(sign) {
                let right = self.sum()?;
                return Ok(self.made(start, What::Compare(sign, Box::new(left), Box::new(right))));
            }
        }
        if self.eat(":") {
            let query = self.primary()?;
            return Ok(self.made(start, What::Match(Box::new(left), Box::new(query))));
        }
        if self.eat_word("is") {
            let not = self.eat_word("not");
            if !self.eat_word("null") {
                return Err(self.unexpected("`null`"));
            }
            let what = self.made(start, What::IsNull(Box::new(left)));
            return Ok(self.negated(start, what, not));
        }
        let not = self.is_word("not")
            && matches!(self.peek_after(), Token::Word(word) if ["in", "like", "rlike"].iter().any(|one| word.eq_ignore_ascii_case(one)));
        if not {
            self.at += 1;
        }
        let what = if self.eat_word("in") {
            What::In(Box::new(left), self.list()?)
        } else if self.eat_word("like") {
            What::Like(Box::new(left), self.patterns()?)
        } else if self.eat_word("rlike") {
            What::Rlike(Box::new(left), self.patterns()?)
        } else {
            return Ok(left);
        };
        let what = self.made(start, what);
        Ok(self.negated(start, what, not))
    }

    fn negated(&self, start: usize, inner: Expr, not: bool) -> Expr {
        if not { self.made(start, What::Not(Box::new(inner))) } else { inner }
    }

    fn list(&mut self) -> Result<Vec<Expr>, Problem> {
        self.expect("(")?;
        if self.is_word("from") && !matches!(self.peek_after(), Token::Sign(_)) {
            return Err(Problem::refusal(self.span(), Reason::Joins, "in (from …)"));
        }
        let mut items = vec![self.expression()?];
        while self.eat(",") {
            items.push(self.expression()?);
        }
        self.expect(")")?;
        Ok(items)
    }

    fn patterns(&mut self) -> Result<Vec<Expr>, Problem> {
        if matches!(self.peek(), Token::Sign("(")) { self.list() } else { Ok(vec![self.primary()?]) }
    }

    fn sum(&mut self) -> Result<Expr, Problem> {
        self.chain(&["+", "-"], Self::product)
    }

    fn product(&mut self) -> Result<Expr, Problem> {
        self.chain(&["*", "/", "%"], Self::signed)
    }

    fn chain(
        &mut self,
        signs: &[&'static str],
        operand: fn(&mut Self) -> Result<Expr, Problem>,
    ) -> Result<Expr, Problem> {
        let start = self.span().start;
        let mut left = operand(self)?;
        while let Some(sign) = signs.iter().find(|sign| matches!(self.peek(), Token::Sign(other) if other == *sign)) {
            self.at += 1;
            let right = operand(self)?;
            left = self.made(start, What::Arithmetic(sign, Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        if self.eat("+") {
            return self.signed_inner(start, false);
        }
        if self.eat("-") {
            return self.signed_inner(start, true);
        }
        self.primary()
    }

    fn signed_inner(&mut self, start: usize, negative: bool) -> Result<Expr, Problem> {
        self.deeper()?;
        let inner = self.signed()?;
        self.shallower();
        Ok(match inner.what {
            _ if !negative => inner,
            What::Number(Number::Whole(number)) => self.made(start, What::Number(Number::Whole(-number))),
            What::Number(Number::Float(number)) => self.made(start, What::Number(Number::Float(-number))),
            _ => self.made(start, What::Negative(Box::new(inner))),
        })
    }

    /// Reads a value, a column, a call, or what stands in parentheses, with the casts behind it.
    pub(super) fn primary(&mut self) -> Result<Expr, Problem> {
        let start = self.span().start;
        let what = match self.peek().clone() {
            Token::Text(text) => {
                self.at += 1;
                What::Text(text)
            }
            Token::Number(number) => {
                self.at += 1;
                let unit = matches!(self.peek(), Token::Word(word) if is_unit(word));
                self.at += usize::from(unit);
                if unit { What::Span(self.text[start..self.before()].to_owned()) } else { What::Number(number) }
            }
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.expression()?;
                self.expect(")")?;
                inner.what
            }
            Token::Sign(sign @ ("?" | "[" | "{")) => {
                return Err(Problem::refusal(self.span(), Reason::Construct, sign));
            }
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                _ if matches!(self.peek_after(), Token::Sign("(")) => self.call(word.to_ascii_lowercase())?,
                _ if matches!(self.peek_after(), Token::Sign(".")) => self.column()?,
                constant @ ("null" | "true" | "false") => {
                    self.at += 1;
                    if constant == "null" { What::Null } else { What::Boolean(constant == "true") }
                }
                _ => self.column()?,
            },
            Token::Quoted(_) => self.column()?,
            _ => return Err(self.unexpected("a value, or the name of a column")),
        };
        let mut expression = self.made(start, what);
        while self.eat("::") {
            let Token::Word(kind) = self.peek().clone() else { return Err(self.unexpected("a type")) };
            self.at += 1;
            expression = self.made(start, What::Cast(Box::new(expression), kind.to_ascii_lowercase()));
        }
        Ok(expression)
    }

    fn call(&mut self, name: String) -> Result<What, Problem> {
        self.at += 1;
        self.expect("(")?;
        let (mut arguments, mut options) = (Vec::new(), Vec::new());
        while !self.eat(")") {
            if self.eat("{") {
                options = self.options()?;
            } else {
                arguments.push(self.expression()?);
            }
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(What::Call { name, arguments, options })
    }

    fn options(&mut self) -> Result<Vec<(String, Expr)>, Problem> {
        let mut options = Vec::new();
        while !self.eat("}") {
            let Token::Text(name) = self.peek().clone() else { return Err(self.unexpected("the name of an option")) };
            self.at += 1;
            self.expect(":")?;
            options.push((name, self.primary()?));
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(options)
    }
}

/// Says whether a word is a unit of time.
fn is_unit(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let word = word.strip_suffix('s').unwrap_or(&word);
    [
        "millisecond",
        "m",
        "second",
        "sec",
        "",
        "minute",
        "min",
        "hour",
        "h",
        "day",
        "d",
        "week",
        "w",
        "month",
        "mo",
        "quarter",
        "q",
        "year",
        "yr",
        "y",
    ]
    .contains(&word)
}
