//! Replay: dead letters are judged again, each by the rules that did not judge it.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead};
use std::sync::Arc;

use crate::diagnostics::{self, Tell};
use crate::input::block::{Block, Starts};
use crate::input::source::Stop;
use crate::job::Judging;
use crate::judge::{Judged, Line};
use crate::output::counts::Counts;
use crate::output::dead_letter::{Letter, LetterError};
use crate::output::report::Report;
use crate::output::sink::Sink;
use crate::output::verdict::Rulings;
use crate::output::{Ended, Output};
use crate::prefilter::RuleSet;
use crate::rules::Rules;
use crate::stream::{generation, judge, selection};

/// Dead letters that are to be judged again.
pub struct Replay<R> {
    /// The rules.
    pub rules: Arc<Rules>,
    /// The dead letters, a line each.
    pub letters: R,
    /// What the letters are called in messages.
    pub name: String,
    /// How they are judged; on one thread, whatever this says.
    pub judging: Judging,
    /// Where events go that could not be judged again.
    pub dead_letters: Option<File>,
    /// What takes the messages.
    pub tell: Tell,
    /// How the replay is asked to stop.
    pub stop: Stop,
}

/// What is wrong with a line of dead letters.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReplayError {
    /// It cannot be read.
    Read(io::Error),
    /// It is no letter.
    Letter(LetterError),
    /// Its event was too long to be kept.
    NoEvent,
    /// None of the rules that did not judge it is among those of this replay.
    NoRule(Vec<String>),
}

impl std::error::Error for ReplayError {}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Letter(error) => write!(f, "no dead letter: {error}"),
            Self::NoEvent => f.write_str("its event was too long to be kept"),
            Self::NoRule(ids) => write!(f, "none of its rules is here: {}", ids.join(", ")),
        }
    }
}

/// Judges dead letters again, each by those rules that did not judge it, or by all where the event itself was at fault.
/// `bad` takes what is wrong with a line, by its number; nothing else is lost for it.
pub fn replay<R: BufRead>(
    replay: Replay<R>,
    sink: impl Sink,
    bad: &mut dyn FnMut(u64, &ReplayError),
) -> (Counts, Option<Ended>) {
    let Replay { rules, mut letters, name, judging, dead_letters, tell, stop } = replay;
    let selection = selection(&judging, sink.wants_quiet());
    let (tell, printing) = diagnostics::shared(tell);
    let report = Report::new(tell, dead_letters, judging.fuse());
    let rulings = Rulings::new(&judging);
    let mut output = Output::new(sink, judging.on_error, rulings, report);
    let generation = generation(0, rules.clone(), &printing);
    output.exchange(&generation.rules, &generation.resting);
    let mut judge = judge(selection, &generation, judging.isolate);
    let mut block = Block { file: name.into(), starts: Starts::File, ..Block::default() };
    let (mut line, mut number) = (Vec::new(), 0);
    let ended = loop {
        line.clear();
        if stop.is_asked() {
            break output.finish().err();
        }
        number += 1;
        let read = letters.read_until(b'\n', &mut line);
        let letter = match read {
            Ok(0) => break output.finish().err(),
            Ok(_) if line.trim_ascii().is_empty() => continue,
            Ok(_) => Letter::parse(line.trim_ascii()).map_err(ReplayError::Letter),
            Err(error) => Err(ReplayError::Read(error)),
        };
        let is_read = !matches!(letter, Err(ReplayError::Read(_)));
        let asked = letter.and_then(|letter| {
            let event = letter.event.ok_or(ReplayError::NoEvent)?;
            asked(&rules, letter.rules).map(|only| (event, only))
        });
        match asked {
            Ok((event, only)) => {
                block.hold(event, number);
                let end = block.bytes().len();
                let what = judge.event(crate::judge::event::event_of(block.bytes()), Some(&only));
                let line = what.map(|what| Line { start: 0, end, before: 0, what });
                let judged = Judged { bytes: 0..end, before: 0, lines: line.into_iter().collect() };
                let written = output.write(&block, judged, &mut |rule, event| judge.ask_one(rule, event));
                block.starts = Starts::Nothing;
                if let Err(ended) = written {
                    break Some(ended);
                }
            }
            Err(error) => {
                bad(number, &error);
                if !is_read {
                    break output.finish().err();
                }
            }
        }
    };
    (output.counts().clone(), ended)
}

/// The rules with these ids, or all the enabled ones where no id is named.
fn asked(rules: &Rules, ids: Vec<String>) -> Result<RuleSet, ReplayError> {
    let mut only = RuleSet::new(rules.len());
    for (number, rule) in rules.iter().enumerate() {
        if rules.is_enabled(number) && (ids.is_empty() || ids.contains(&rule.id)) {
            only.insert(number);
        }
    }
    if only.is_empty() { Err(ReplayError::NoRule(ids)) } else { Ok(only) }
}
