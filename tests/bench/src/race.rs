//! A race: several commands over the same stream, in turn, so that whatever else the machine does hits them alike.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use memchr::memmem;
use serde_json::Value;

use crate::measure::{Measured, Taken};

/// A command, and what it must answer.
#[derive(Debug, Clone)]
pub(crate) struct Runner {
    /// The name in the report.
    pub(crate) name: &'static str,
    pub(crate) measured: Measured,
    pub(crate) answer: Answer,
    /// A wrong answer of ours is a fault of the project; a peer's is left out of the report.
    pub(crate) ours: bool,
}

/// What a command must write.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// JSON lines, of these snapshots and accounts.
    Pairs(BTreeSet<(String, String)>),
    /// A number: of lines, added up over the files.
    Count(u64),
    /// Nothing at all.
    Nothing,
    /// The stream, with so many lines tagged.
    Tagged(u64),
    /// The stream: so many bytes.
    Bytes(u64),
}

/// What each command took in each round. A command that answered wrong has none.
pub(crate) type Rounds = BTreeMap<&'static str, Vec<Taken>>;

/// Runs the commands in turn, so many times.
pub(crate) fn race(
    title: &str,
    runners: &[Runner],
    rounds: usize,
    dir: &Path,
    notes: &mut Vec<String>,
) -> Result<Rounds> {
    let output = dir.join("output");
    let mut taken: Rounds = runners.iter().map(|runner| (runner.name, Vec::new())).collect();
    for round in 1..=rounds {
        for runner in runners {
            let Some(own) = taken.get_mut(runner.name) else { continue };
            eprintln!("{title}: round {round} of {rounds}: {}", runner.name);
            own.push(runner.measured.run(&output)?);
            match runner.answer.check(&output) {
                Ok(()) => {}
                Err(why) if runner.ours => return Err(why.context(format!("{title}: {}: wrong answer", runner.name))),
                Err(why) => {
                    notes.push(format!("{} is left out of `{title}`: its answer differs: {why}", runner.name));
                    taken.remove(runner.name);
                }
            }
        }
    }
    let _ = fs::remove_file(output);
    Ok(taken)
}

impl Answer {
    fn check(&self, output: &PathBuf) -> Result<()> {
        let got = fs::read(output).context("its output")?;
        match self {
            Self::Pairs(expected) => {
                let lines: Vec<_> = got.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
                let pairs: BTreeSet<_> = lines.iter().map(|line| pair(line)).collect::<Result<_>>()?;
                if pairs != *expected || lines.len() != expected.len() {
                    bail!("{} alerts in place of {}, or others", lines.len(), expected.len());
                }
            }
            Self::Count(expected) => {
                let text = String::from_utf8_lossy(&got);
                let count: u64 = text.lines().filter_map(|line| line.rsplit(':').next()?.parse::<u64>().ok()).sum();
                if count != *expected {
                    bail!("{count} lines in place of {expected}");
                }
            }
            Self::Nothing if !got.is_empty() => bail!("{} bytes in place of none", got.len()),
            Self::Nothing => {}
            Self::Tagged(expected) => {
                let tagged = memmem::find_iter(&got, b",\"trommel\":[{").count() as u64;
                if tagged != *expected {
                    bail!("{tagged} lines are tagged in place of {expected}");
                }
            }
            Self::Bytes(expected) if got.len() as u64 != *expected => {
                bail!("{} bytes in place of {expected}", got.len())
            }
            Self::Bytes(_) => {}
        }
        Ok(())
    }
}

/// The snapshot and the account of an alert.
fn pair(line: &[u8]) -> Result<(String, String)> {
    let json: Value = serde_json::from_slice(line).context("a line is no JSON")?;
    let text = |name: &str| json[name].as_str().map(str::to_owned).with_context(|| format!("a line has no {name}"));
    Ok((text("snapshotId")?, text("userId")?))
}
