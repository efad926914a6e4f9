//! Reads Lucene's regexes, with all optional operators: `"…"`, `@`, `#`, `<1-31>`.
//!
//! `~`, the complement, is refused, since no program of threads can run it; so is `&`, the intersection, unless it is
//! empty.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Repetition};

use super::super::problem::{Problem, Reason};
use super::disjoint::disjoint;
use super::{NESTING_MAX, mistake};

/// The longest repetition that is read; what it is of may make it too large all the same.
const REPEAT_MAX: u32 = 1_000;

/// Parses a pattern.
pub(super) fn parse(pattern: &str, ignore_case: bool) -> Result<Hir, Problem> {
    let mut parser = Parser { pattern, at: 0, ignore_case, depth: 0 };
    if pattern.is_empty() {
        return Ok(Hir::empty());
    }
    let hir = parser.union()?;
    if parser.at < pattern.len() {
        return Err(mistake(parser.at..parser.at + 1, "a `)` without its `(`"));
    }
    Ok(hir)
}

struct Parser<'a> {
    pattern: &'a str,
    at: usize,
    ignore_case: bool,
    depth: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.pattern[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    fn unfinished(&self, what: &str) -> Problem {
        mistake(self.at..self.pattern.len(), what)
    }

    fn refuse<T>(&self, from: usize) -> Result<T, Problem> {
        Err(Problem::refusal(from..self.at, Reason::Construct, &self.pattern[from..self.at]))
    }

    fn union(&mut self) -> Result<Hir, Problem> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(Problem::refusal(self.at..self.at + 1, Reason::TooLarge, "groups in groups"));
        }
        let mut ways = vec![self.intersection()?];
        while self.eat('|') {
            ways.push(self.intersection()?);
        }
        self.depth -= 1;
        Ok(Hir::alternation(ways))
    }

    fn intersection(&mut self) -> Result<Hir, Problem> {
        let start = self.at;
        let mut hir = self.concatenation(false)?;
        while self.eat('&') {
            // Lucene takes what stands behind it as a character, even if it is `|`.
            let other = self.concatenation(true)?;
            if disjoint(&hir, &other) != Some(true) {
                return self.refuse(start);
            }
            hir = Hir::fail();
        }
        Ok(hir)
    }

    /// Reads parts, one after the other; the first of them whatever it is, if that is asked for.
    fn concatenation(&mut self, mut any: bool) -> Result<Hir, Problem> {
        let start = self.at;
        let mut parts = Vec::new();
        while let Some(c) = self.peek()
            && (any || !matches!(c, '|' | ')' | '&'))
        {
            any = false;
            parts.push(self.repeated()?);
        }
        if parts.is_empty() {
            return Err(mistake(start..start + 1, "an alternative without anything in it; `()` is the empty text"));
        }
        Ok(Hir::concat(parts))
    }

    fn repeated(&mut self) -> Result<Hir, Problem> {
        let mut hir = self.simple()?;
        loop {
            let (min, max) = match self.peek() {
                Some('?') => (0, Some(1)),
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('{') => {
                    self.at += 1;
                    hir = self.counted(hir)?;
                    continue;
                }
                _ => return Ok(hir),
            };
            self.at += 1;
            hir = Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(hir) });
        }
    }

    fn counted(&mut self, sub: Hir) -> Result<Hir, Problem> {
        let start = self.at - 1;
        let min = self.number().ok_or_else(|| self.unfinished("a repetition needs a number: `{2,3}`"))?;
        let max = if self.eat(',') { self.number() } else { Some(min) };
        if !self.eat('}') {
            return Err(self.unfinished("a repetition without its `}`"));
        }
        if max.is_some_and(|max| max < min) {
            return Err(mistake(start..self.at, "a repetition that ends before it starts"));
        }
        if max.unwrap_or(min).max(min) > REPEAT_MAX {
            return Err(Problem::refusal(start..self.at, Reason::TooLarge, &self.pattern[start..self.at]));
        }
        Ok(Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) }))
    }

    fn number(&mut self) -> Option<u32> {
        let rest = &self.pattern[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number = rest[..length].parse().ok()?;
        self.at += length;
        Some(number)
    }

    fn simple(&mut self) -> Result<Hir, Problem> {
        let start = self.at;
        let Some(c) = self.next() else {
            return Err(self.unfinished("a pattern that stops too early"));
        };
        match c {
            '.' => Ok(Hir::dot(Dot::AnyChar)),
            '@' => Ok(Hir::repetition(Repetition {
                min: 0,
                max: None,
                greedy: true,
                sub: Box::new(Hir::dot(Dot::AnyChar)),
            })),
            '#' => Ok(Hir::fail()),
            '~' => self.refuse(start),
            '"' => {
                let rest = &self.pattern[self.at..];
                let Some(end) = rest.find('"') else {
                    return Err(mistake(start..self.pattern.len(), "a quoted text without its `\"`"));
                };
                let text = &rest[..end];
                self.at += end + 1;
                Ok(Hir::concat(text.chars().map(|c| self.character(c)).collect()))
            }
            '(' => {
                if self.eat(')') {
                    return Ok(Hir::empty());
                }
                let hir = self.union()?;
                if !self.eat(')') {
                    return Err(mistake(start..self.at, "a `(` without its `)`"));
                }
                Ok(hir)
            }
            '<' => self.interval(start),
            '[' => self.class(start),
            '\\' => match self.next() {
                None => Err(mistake(start..self.at, "a backslash without what it escapes")),
                Some(c) => Ok(match predefined(c) {
                    Some(class) => Hir::class(Class::Unicode(class)),
                    None => self.character(c),
                }),
            },
            '*' | '+' | '?' | '{' => Err(mistake(start..self.at, "a repetition of nothing")),
            c => Ok(self.character(c)),
        }
    }

    fn character(&self, c: char) -> Hir {
        if self.ignore_case {
            return Hir::class(Class::Unicode(self.folded(ClassUnicode::new([ClassUnicodeRange::new(c, c)]))));
        }
        Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes())
    }

    fn folded(&self, mut class: ClassUnicode) -> ClassUnicode {
        if self.ignore_case {
            class.case_fold_simple();
        }
        class
    }

    fn class(&mut self, start: usize) -> Result<Hir, Problem> {
        let not = self.eat('^');
        let mut class = ClassUnicode::empty();
        let unfinished = |parser: &Self| mistake(start..parser.pattern.len(), "a class without its `]`");
        loop {
            let Some(c) = self.next() else { return Err(unfinished(self)) };
            let from = match c {
                ']' => break,
                '\\' => {
                    let Some(c) = self.next() else { return Err(unfinished(self)) };
                    if let Some(set) = predefined(c) {
                        class.union(&set);
                        continue;
                    }
                    c
                }
                c => c,
            };
            let mut to = from;
            if self.peek() == Some('-') && !self.pattern[self.at + 1..].starts_with(']') {
                self.at += 1;
                to = match self.next() {
                    Some('\\') => self.next(),
                    c => c,
                }
                .ok_or_else(|| unfinished(self))?;
                if to < from {
                    return Err(mistake(start..self.at, "a range that ends before it starts"));
                }
            }
            class.push(ClassUnicodeRange::new(from, to));
        }
        let mut class = self.folded(class);
        if not {
            class.negate();
        }
        Ok(Hir::class(Class::Unicode(class)))
    }

    /// Reads `<1-31>`: the numbers of an interval. With ends of one length it has leading zeros, else any.
    fn interval(&mut self, start: usize) -> Result<Hir, Problem> {
        let rest = &self.pattern[self.at..];
        let inner = rest.split('>').next().unwrap_or_default().to_owned();
        if inner.len() == rest.len() {
            return Err(mistake(start..self.pattern.len(), "an interval without its `>`"));
        }
        self.at += inner.len() + 1;
        let Some((from, to)) = inner.split_once('-') else {
            // A named automaton: nobody names one.
            return self.refuse(start);
        };
        let digits = |text: &str| !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(from) || !digits(to) {
            return Err(mistake(start..self.at, "an interval needs two numbers: `<1-31>`"));
        }
        let (a, b): (u32, u32) = (from.parse().unwrap_or(0), to.parse().unwrap_or(0));
        let (low, high) = (a.min(b), a.max(b));
        let fixed = from.len() == to.len();
        let width = from.len().max(to.len());
        let pad = |n: u32| format!("{n:0width$}").into_bytes();
        let numbers = if fixed {
            between(&pad(low), &pad(high))
        } else {
            // Of each length from the shorter to the longer: any zeros, then the number.
            let zeros = repeat(Hir::literal(*b"0"), 0, None);
            let mut ways = Vec::new();
            for length in 1..=width as u32 {
                let (least, most) = (if length == 1 { 0 } else { 10u32.pow(length - 1) }, 10u64.pow(length) - 1);
                let (first, last) = (low.max(least), u64::from(high).min(most) as u32);
                if first <= last {
                    ways.push(between(first.to_string().as_bytes(), last.to_string().as_bytes()));
                }
            }
            Hir::concat(vec![zeros, Hir::alternation(ways)])
        };
        Ok(numbers)
    }
}

fn repeat(sub: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(sub) })
}

/// Is the regex of all digit strings of one length from `low` to `high`.
fn between(low: &[u8], high: &[u8]) -> Hir {
    let (Some((&first, low_rest)), Some((&last, high_rest))) = (low.split_first(), high.split_first()) else {
        return Hir::empty();
    };
    let digit = |from: u8, to: u8| {
        Hir::class(Class::Unicode(ClassUnicode::new([ClassUnicodeRange::new(from.into(), to.into())])))
    };
    if first == last {
        return Hir::concat(vec![digit(first, first), between(low_rest, high_rest)]);
    }
    let length = low_rest.len();
    let (zeros, nines) = (vec![b'0'; length], vec![b'9'; length]);
    let mut ways = vec![Hir::concat(vec![digit(first, first), between(low_rest, &nines)])];
    if first + 1 < last {
        ways.push(Hir::concat(vec![
            digit(first + 1, last - 1),
            repeat(digit(b'0', b'9'), length as u32, Some(length as u32)),
        ]));
    }
    ways.push(Hir::concat(vec![digit(last, last), between(&zeros, high_rest)]));
    Hir::alternation(ways)
}

/// Is one of Lucene's predefined classes, all of them ASCII.
fn predefined(c: char) -> Option<ClassUnicode> {
    let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => &[('\t', '\n'), ('\r', '\r'), (' ', ' ')],
        _ => return None,
    };
    let mut class = ClassUnicode::new(ranges.iter().map(|&(from, to)| ClassUnicodeRange::new(from, to)));
    if c.is_ascii_uppercase() {
        class.negate();
    }
    Some(class)
}
