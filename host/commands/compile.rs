//! `trommel compile`: makes one component of rules as their vendors write them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use trommel::compile::ir::{Notice, Severity};
use trommel::compile::problem::{Located, Reason, What};
use trommel::compile::{self, CompileError, Compiled, Language};
use trommel::diagnostics::{reason, say};

use crate::messages::{Exit, Hinted, line};

/// Compiles Elastic's and Sigma's rules into one component.
///
/// Takes files and folders of rules as they are published, and tells what it refuses: a rule that needs more than one
/// event, or a construct that is not supported, is never half compiled. Prints the component's path.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel compile rules/ -o pack.wasm
  trommel compile rules/ -o pack.wasm --level-min medium --refused refused.txt")]
pub(crate) struct Arguments {
    /// Files of rules, and folders of them.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Where the component goes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Whose rules they are [default: told by their content].
    #[arg(long, value_name = "WHOSE")]
    from: Option<From>,
    /// Lists each refused rule, with its place and the construct, in this file.
    #[arg(long, value_name = "FILE")]
    refused: Option<PathBuf>,
    /// Takes this rule only, by its id or name; may be given again.
    #[arg(long, value_name = "RULE")]
    only: Vec<String>,
    /// Leaves this rule out, by its id or name; may be given again.
    #[arg(long, value_name = "RULE")]
    skip: Vec<String>,
    /// Takes rules with this tag only; may be given again.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Leaves out rules of a lower severity.
    #[arg(long, value_name = "SEVERITY")]
    level_min: Option<Level>,
    /// Adds these fields to the columns of every rule.
    #[arg(long, value_name = "FIELD,…", value_delimiter = ',')]
    columns: Vec<String>,
    /// Keeps what the rules say on how to treat an alert.
    #[arg(long)]
    triage: bool,
    /// Whether rules get needles: where they pay, or never.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    needles: Needles,
    /// Tells where events hold the fields of Sigma's rules, beside what is known; may be given again.
    #[arg(long, value_name = "FILE")]
    fields: Vec<PathBuf>,
    /// Tries the rules on the cases in this file, one a line: {"rule": ID, "expect": true, "event": {…}}.
    #[arg(long, value_name = "CASES")]
    test: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum From {
    Elastic,
    Sigma,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Needles {
    Auto,
    None,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let options = compile::Options {
        from: arguments.from.map(|from| match from {
            From::Elastic => Language::Elastic,
            From::Sigma => Language::Sigma,
        }),
        only: arguments.only,
        skip: arguments.skip,
        tags: arguments.tag,
        level_min: arguments.level_min.map(|level| match level {
            Level::Informational => Severity::Informational,
            Level::Low => Severity::Low,
            Level::Medium => Severity::Medium,
            Level::High => Severity::High,
            Level::Critical => Severity::Critical,
        }),
        columns: arguments.columns,
        triage: arguments.triage,
        needles: matches!(arguments.needles, Needles::Auto),
        fields: arguments.fields,
    };
    let compiled = match compile::compile(&arguments.paths, &options) {
        Ok(compiled) => compiled,
        Err(error) => {
            if let CompileError::Nothing(refused, _) = &error {
                write_refused(arguments.refused.as_deref(), refused)?;
            }
            return Err(failed(error));
        }
    };
    write_refused(arguments.refused.as_deref(), &compiled.refused)?;
    summary(&compiled);
    if let Some(cases) = &arguments.test
        && !passes(&compiled, cases)?
    {
        return Ok(Exit::Unjudged);
    }
    replace(&arguments.output, &compiled.component)
        .map_err(|error| anyhow::anyhow!("{}: {}", arguments.output.display(), reason(&error)))?;
    writeln!(io::stdout(), "{}", arguments.output.display())?;
    Ok(Exit::AllWell)
}

/// Writes a file as a whole, or not at all. What is no file, such as a pipe, is written to and never replaced.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, bytes);
    }
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    })
}

fn failed(error: CompileError) -> anyhow::Error {
    let hint = match &error {
        CompileError::Mistakes(mistakes) => {
            for mistake in mistakes {
                line(&mistake.to_string());
            }
            "mend them, or leave them out: nothing was written"
        }
        CompileError::NoRule(_) => {
            "rules of Elastic's are TOML with a table [rule], Sigma's are YAML with `detection:`"
        }
        CompileError::Fields(located) => {
            line(&located.to_string());
            "it is a list of entries: `product`, `category`, `service`, `prefixes`, `fields`, `where`"
        }
        CompileError::SameId(..) => "an id tells a rule from every other: leave one of the two out",
        CompileError::Nothing(refused, _) if !refused.is_empty() => "--refused FILE tells why each was refused",
        CompileError::Nothing(..) => "give files of rules, or folders of them",
        _ => return error.into(),
    };
    Hinted::new(error.to_string(), hint).into()
}

fn write_refused(path: Option<&Path>, refused: &[Located]) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let mut text = String::new();
    for located in refused {
        let What::Refusal { reason, construct } = &located.what else { continue };
        let name = located.rule.as_deref().unwrap_or("?");
        let (file, row, column) = (located.file.display(), located.line, located.column);
        text += &format!("{file}:{row}:{column}\t{construct}\trules that {}\t{name}\n", reason.words());
    }
    fs::write(path, text).with_context(|| path.display().to_string())
}

/// Says what was done: so many rules, so many refused and why, and what was left out of them.
fn summary(compiled: &Compiled) {
    let count = |n: usize, one: &str, many: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {many}") };
    let mut first = count(compiled.rules.len(), "rule", "rules");
    if compiled.left_out > 0 {
        first += &format!(", {} left out on demand", compiled.left_out);
    }
    if !compiled.refused.is_empty() {
        first += &format!(", {} refused", compiled.refused.len());
    }
    say(&first);
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    for located in &compiled.refused {
        if let What::Refusal { reason, .. } = &located.what {
            *reasons.entry(*reason).or_default() += 1;
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    for (reason, count) in reasons {
        say(&format!("refused: {count} that {}", reason.words()));
    }
    for (notice, n) in &compiled.notices {
        let of = count(*n, "rule", "rules");
        say(&match notice {
            Notice::Suppression => format!("left out of {of}: the suppression of further alerts (alert_suppression)"),
            Notice::Exceptions => format!("left out of {of}: exceptions that lie in Kibana (exceptions_list)"),
            Notice::Index => format!("left out of {of}: the index, which a stream has not"),
            Notice::LogSource => {
                format!("left out of {of}: the log source, of which no event tells: they judge every event")
            }
            Notice::Schedule => format!("left out of {of}: the bound on alerts of one run (max_signals)"),
        });
    }
}

/// Tries the cases; says what is wrong.
fn passes(compiled: &Compiled, cases: &Path) -> anyhow::Result<bool> {
    let file = File::open(cases).map_err(|error| anyhow::anyhow!("{}: {}", cases.display(), reason(&error)))?;
    let report = compile::cases::run(compiled, BufReader::new(file)).with_context(|| cases.display().to_string())?;
    for wrong in &report.wrong {
        say(&format!("{}: {wrong}", cases.display()));
    }
    say(&format!("cases: {} right, {} wrong", report.right, report.wrong.len()));
    Ok(report.wrong.is_empty())
}
