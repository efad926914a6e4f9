//! Why a rule is not in the pack: a mistake in its text, or a construct that is refused.
//!
//! A front end tells only where in its text, in bytes; the reader of the file around it moves that to the file
//! ([`Problem::moved`]), and [`Located`] says it to people: `file:line:column`, the line and a caret.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A mistake or a refusal, with its place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What it is.
    pub what: What,
}

/// What a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The text is wrong: what was expected, or what is not known.
    Mistake {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The text may be right, and is not compiled.
    Refusal {
        /// The sort.
        reason: Reason,
        /// The construct, as the rule writes it: `stats`, `fuzziness`, `(?=`.
        construct: String,
    },
}

/// The sorts of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// EQL's `sequence` and `sample`, Sigma's `near`: several events.
    SeveralEvents,
    /// `threshold`, Sigma's `count`, ES|QL's `stats`, `limit`, `sort`: counts over events.
    Counts,
    /// `new_terms`: compares with the past.
    Past,
    /// `machine_learning`: has no condition.
    MachineLearning,
    /// `threat_match`, `enrich`, `lookup join`: joins with other data.
    Joins,
    /// Sigma's correlation rules.
    Correlation,
    /// Sigma's `expand` without values.
    Placeholder,
    /// Deprecated, or switched off, by its author.
    Retired,
    /// Reads what an event does not tell.
    Unknowable,
    /// A construct of the language that is not built.
    Construct,
    /// It would be larger than the compiler allows.
    TooLarge,
}

impl Reason {
    /// Says it in words, as the summary prints it.
    pub fn words(self) -> &'static str {
        match self {
            Self::SeveralEvents => "need several events",
            Self::Counts => "count over events",
            Self::Past => "compare with the past",
            Self::MachineLearning => "are machine learning, without a condition",
            Self::Joins => "join with other data",
            Self::Correlation => "correlate other rules",
            Self::Placeholder => "have a placeholder without values",
            Self::Retired => "are retired by their author",
            Self::Unknowable => "read what an event does not tell",
            Self::Construct => "use a construct that is not supported",
            Self::TooLarge => "are too large",
        }
    }
}

impl Problem {
    /// Is a mistake at a place.
    pub fn mistake(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, what: What::Mistake { message: message.into(), hint: None } }
    }

    /// Is a refusal of a construct at a place.
    pub fn refusal(span: Range<usize>, reason: Reason, construct: impl Into<String>) -> Self {
        Self { span, what: What::Refusal { reason, construct: construct.into() } }
    }

    /// Adds what helps to a mistake.
    #[must_use]
    pub fn with_hint(mut self, help: impl Into<String>) -> Self {
        if let What::Mistake { hint, .. } = &mut self.what {
            *hint = Some(help.into());
        }
        self
    }

    /// Moves the problem to the text that holds its own: `place` tells where each byte of its own lies.
    #[must_use]
    pub fn moved(mut self, place: impl Fn(usize) -> usize) -> Self {
        self.span = place(self.span.start)..place(self.span.end);
        self
    }
}

/// A problem with its place in a file, and the rule that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The file.
    pub file: PathBuf,
    /// The name of the rule, if it was read.
    pub rule: Option<String>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The line's text.
    pub text: String,
    /// How many characters of the line it is about, at least 1.
    pub width: usize,
    /// What it is.
    pub what: What,
}

/// How much of a long line is shown.
const SHOWN_CHARS_MAX: usize = 100;

impl Located {
    /// Finds the problem's place in the text of its file.
    pub fn new(file: &Path, text: &str, rule: Option<&str>, problem: Problem) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (floor(problem.span.start), floor(problem.span.end));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        Self {
            file: file.to_path_buf(),
            rule: rule.map(str::to_owned),
            line: text[..line_start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
            width: text[start..end.clamp(start, line_end)].chars().count().max(1),
            what: problem.what,
        }
    }

    /// Says whether the rule's text is wrong, rather than refused.
    pub fn is_mistake(&self) -> bool {
        matches!(self.what, What::Mistake { .. })
    }
}

impl fmt::Display for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file.display(), self.line, self.column)?;
        let hint = match &self.what {
            What::Mistake { message, hint } => {
                f.write_str(message)?;
                hint.as_deref()
            }
            What::Refusal { reason, construct } => {
                write!(f, "refused: `{construct}`: such rules {}", reason.words())?;
                None
            }
        };
        // A long line is shown around the place.
        let before = self.column - 1;
        let skip = before.saturating_sub(SHOWN_CHARS_MAX / 2);
        let shown: String =
            self.text.chars().skip(skip).take(SHOWN_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let width = self.width.min(SHOWN_CHARS_MAX.saturating_sub(before - skip)).max(1);
        write!(f, "\n  {shown}\n  {}{}", " ".repeat(before - skip), "^".repeat(width))?;
        if let Some(hint) = hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}
