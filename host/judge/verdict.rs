//! What the rules said of events, on its way to the output.

use std::ops::Range;

use memchr::memchr_iter;

use crate::input::block::Block;
use crate::sandbox::metadata::Finding;
use crate::sandbox::{Failure, FailureKind};

/// What was said of the events of a block, or of a part of it.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// The bytes of the block that were judged: whole lines.
    pub(crate) bytes: Range<usize>,
    /// How many lines of the block come before them.
    pub(crate) before: u64,
    /// The lines of which there is something to say, in their order.
    pub(crate) lines: Vec<Line>,
}

/// A line of which there is something to say.
#[derive(Debug)]
pub(crate) struct Line {
    /// Where it begins in the block.
    pub(crate) start: usize,
    /// Where it ends, its line end included.
    pub(crate) end: usize,
    /// How many lines of the block come before it.
    pub(crate) before: u64,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// Nothing but white space: no event.
    Blank,
    /// No JSON object.
    Malformed {
        /// Why.
        why: String,
        /// The rules that had something to say of it. None: every event is checked, whoever sees it.
        by: Vec<usize>,
        /// Whether it can matter to these rules, by their needles.
        concerned: bool,
    },
    /// What the rules said; those that found nothing said nothing.
    Verdict(Verdict),
}

/// What the rules said of an event.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What was found, in the order of the rules.
    pub(crate) findings: Vec<Finding>,
    pub(crate) failures: Vec<Failed>,
    /// Rules that were not asked because they rest, or seemed to.
    pub(crate) unasked: Vec<usize>,
    /// The rules of the components that had something to say, be it only that the event is none.
    pub(super) by: Vec<usize>,
}

/// Rules that failed to judge an event.
#[derive(Debug)]
pub(crate) struct Failed {
    /// Several where nobody can tell which of them it was.
    pub(crate) rules: Vec<usize>,
    pub(crate) failure: Failure,
    /// Whether the event can matter to them, by their needles.
    pub(crate) concerned: bool,
}

impl Failed {
    /// A rule that has a finding in an event that cannot matter to it.
    pub(crate) fn to_keep_its_needles(rule: usize) -> Self {
        let text = "a finding in an event that holds none of its needles".into();
        let failure = Failure { kind: FailureKind::Needle, text, rule: None, is_everybodys: true };
        Self { rules: vec![rule], failure, concerned: false }
    }
}

impl Judged {
    /// How many lines of the block come before what is left of it.
    pub(crate) fn lines_to_end(&self, block: &Block) -> u64 {
        self.before + memchr_iter(b'\n', &block.bytes()[self.bytes.clone()]).count() as u64
    }
}

impl Verdict {
    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty() && self.failures.is_empty() && self.unasked.is_empty()
    }

    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let found: usize = self.findings.iter().map(|finding| finding.columns.len() + size_of::<Finding>()).sum();
        let failed: usize = self.failures.iter().map(|failed| failed.failure.text.len() + failed.rules.len() * 8).sum();
        found + failed + self.unasked.len() * size_of::<usize>()
    }
}
