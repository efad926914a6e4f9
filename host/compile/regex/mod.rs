//! Regexes: of whatever language, they become one small program that the engine runs in linear time.
//!
//! [`Regex::new`] reads a pattern as its [`Dialect`] means it. What no linear machine can do (lookaround, references
//! back) is refused. `lucene` reads Lucene's language, `perl` turns the Perl-like ones into the one that
//! `regex-syntax` reads, `program` makes the program.

mod disjoint;
mod lucene;
mod perl;
mod program;

use std::ops::Range;

use regex_syntax::hir::Hir;

use super::problem::{Problem, Reason};

/// The largest program, in instructions.
pub const INSTRUCTIONS_MAX: usize = 20_000;

/// The longest pattern.
pub const PATTERN_BYTES_MAX: usize = 1 << 16;

/// How deep groups may lie in each other.
pub(super) const NESTING_MAX: u32 = 100;

/// Whose regex it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Lucene's, with all optional operators: the whole text, `.` is anything, `^` and `$` are literal, classes ASCII.
    Lucene,
    /// Java's: searches; classes ASCII, `.` is anything but a line end, `$` also before a last line end.
    Java,
    /// Oniguruma's with Ruby's syntax: searches; `^` and `$` at lines, `(?m)` lets `.` match line ends.
    Ruby,
    /// PCRE-like, Sigma's `re`: searches; classes ASCII, `.` is anything but `\n`.
    Pcre,
}

/// What else is asked of a regex.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    /// Case does not count.
    pub ignore_case: bool,
    /// `.` matches line ends.
    pub dot_all: bool,
    /// `^` and `$` match at lines.
    pub multi_line: bool,
    /// The match must be the whole text, as Lucene's always are.
    pub whole: bool,
}

/// A regex, compiled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Regex {
    /// The program. Execution starts at 0; instructions go on to the next unless they say otherwise.
    pub instructions: Vec<Instruction>,
    /// The number of groups, with group 0, the whole match.
    pub groups: u16,
    /// Matches only at the start of the text.
    pub anchored: bool,
    /// A text that every match holds, exactly as written; empty if none is known.
    pub required: String,
    /// The names of groups, with their numbers.
    pub names: Vec<(String, u16)>,
}

/// A step of the program. One thread stands for many tries; earlier ways are preferred.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Takes one code point of these ranges, both ends included, in order.
    Class(Vec<(u32, u32)>),
    /// Goes on at both places, the first preferred.
    Split(u32, u32),
    /// Goes on there.
    Jump(u32),
    /// Keeps the place: 2n starts group n, 2n+1 ends it.
    Save(u16),
    /// Goes on only where this holds.
    Look(Look),
    /// Has matched.
    Match,
}

/// A condition of a place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Look {
    /// The text starts.
    Start,
    /// The text ends.
    End,
    /// A line starts: the text, or after `\n`.
    StartLine,
    /// A line ends: the text, or before `\n`.
    EndLine,
    /// Between an ASCII word character and none.
    Word,
    /// Not there.
    NotWord,
    /// The text ends, or only a last line end follows: Java's `$`.
    EndOrLastLine,
}

impl Regex {
    /// Compiles a pattern. A problem's span is in the pattern.
    ///
    /// # Errors
    ///
    /// A mistake in the pattern, or a refusal of what is not linear or too large.
    pub fn new(pattern: &str, dialect: Dialect, flags: Flags) -> Result<Self, Problem> {
        let all = 0..pattern.len();
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(Problem::refusal(all, Reason::TooLarge, "a regex of so many bytes"));
        }
        let parsed = match dialect {
            Dialect::Lucene => Parsed { hir: lucene::parse(pattern, flags.ignore_case)?, names: Vec::new() },
            _ => perl::parse(pattern, dialect, flags)?,
        };
        program::compile(&parsed, flags.whole || dialect == Dialect::Lucene)
            .ok_or_else(|| Problem::refusal(all, Reason::TooLarge, "a regex with so many repetitions"))
    }
}

/// A regex as it was read.
struct Parsed {
    hir: Hir,
    names: Vec<(String, u16)>,
}

fn mistake(span: Range<usize>, message: impl Into<String>) -> Problem {
    Problem::mistake(span, message)
}

#[cfg(test)]
mod tests;
