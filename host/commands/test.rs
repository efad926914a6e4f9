//! `trommel test`: has a rule judge its cases, and holds it to what rules promise.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use trommel::build::TESTS;
use trommel::cases::{Case, Checker, Outcome, carried, read};
use trommel::diagnostics::{printable, reason, say};
use trommel::files::read_whole;

use super::report_format::ReportFormat;
use super::sandbox::SandboxArguments;
use crate::messages::{self, Exit, Hinted};

mod report;

/// Tests a rule by the cases that lie beside it, or that it carries.
///
/// A case is a folder of tests/: event.json, or events.ndjson for several events; findings.ndjson, what must be found,
/// without which nothing may be found; and settings.json. On every case the rule is held to its promises as well: the
/// same answer twice, in a fresh instance, in reverse order, of every rule alone, and with its needles heeded.
///
/// Exit codes: 0 all passed; 1 some failed; 2 could not run.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel test root-login
  trommel test root-login.wasm --junit tests.xml")]
pub(crate) struct Arguments {
    /// A component (.wasm), or the folder of a rule crate, which is built first.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// Only the cases with this in their names. May be given several times.
    #[arg(value_name = "CASE")]
    names: Vec<String>,
    /// The folder of the cases [default: tests/ of the crate; of a component those that it carries, else tests/ beside
    /// it].
    #[arg(long, value_name = "DIR", conflicts_with = "on")]
    cases: Option<PathBuf>,
    /// Holds the rule to its promises on the events of this file (NDJSON), whatever it finds.
    #[arg(long, value_name = "FILE")]
    on: Option<PathBuf>,
    /// Writes what was found into the cases, as what must be found from now on.
    #[arg(long, conflicts_with = "on")]
    bless: bool,
    /// How to write the report to stdout.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Writes the report to this file too, as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

/// The largest file of events of one's own. Not to be changed.
const EVENTS_BYTES_MAX: usize = 64 << 20;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let rules = std::slice::from_ref(&arguments.rule);
    let (bytes, component) =
        arguments.sandbox.load_with(rules, None, |found, component| (found.bytes, component))?.remove(0);
    let (mut cases, folder) = arguments.cases(&bytes)?;
    let rule = printable(&arguments.rule.to_string_lossy());
    if cases.is_empty() {
        let hint =
            "a test is a folder in tests/, with event.json and findings.ndjson; --on FILE takes events of your own";
        return Err(Hinted::new(format!("{rule}: has no tests"), hint).into());
    }
    let known = cases.len();
    cases.retain(|case| arguments.names.is_empty() || arguments.names.iter().any(|name| case.name.contains(name)));
    if cases.is_empty() {
        let hint = format!("it has {known} others");
        return Err(Hinted::new(format!("{rule}: has no test with such a name"), hint).into());
    }
    let mut checker = Checker::new(component);
    let mut outcomes = Vec::with_capacity(cases.len());
    for case in &cases {
        let mut outcome = checker.check(case);
        if arguments.bless && outcome.mistakes.is_empty() && !outcome.difference.is_empty() {
            let folder = folder.as_deref().ok_or_else(|| {
                Hinted::new(
                    format!("{rule}: --bless cannot write into a component"),
                    "give the folder of the rule crate, or that of the cases with --cases",
                )
            })?;
            bless(&folder.join(&case.name), &outcome)?;
            say(&format!("blessed {}", printable(&case.name)));
            outcome.difference.clear();
        }
        outcomes.push(outcome);
    }
    if let Some(path) = &arguments.junit {
        let written = std::fs::write(path, report::junit(&rule, &outcomes));
        written.map_err(|error| anyhow::anyhow!("{}: cannot be written: {}", path.display(), reason(&error)))?;
    }
    let text = match arguments.format {
        ReportFormat::Text => report::text(&outcomes),
        ReportFormat::Json => report::json(&outcomes),
    };
    messages::answer(&text).context("<stdout>")?;
    Ok(if outcomes.iter().all(Outcome::passed) { Exit::AllWell } else { Exit::Unjudged })
}

impl Arguments {
    /// The cases, of which a component may carry its own, and the folder in which they lie if they do.
    fn cases(&self, bytes: &[u8]) -> anyhow::Result<(Vec<Case>, Option<PathBuf>)> {
        if let Some(file) = &self.on {
            return Ok((vec![events_of(file)?], None));
        }
        let beside = if self.rule.is_dir() { Some(&*self.rule) } else { self.rule.parent() };
        let folder = match (&self.cases, beside) {
            (Some(folder), _) if !folder.is_dir() => {
                anyhow::bail!("--cases {}: no such folder", printable(&folder.to_string_lossy()));
            }
            (Some(folder), _) => folder.clone(),
            (None, beside) => beside.unwrap_or(Path::new("")).join(TESTS),
        };
        if self.cases.is_none() && !self.rule.is_dir() {
            let rule = printable(&self.rule.to_string_lossy());
            let carried =
                carried::cases(bytes).map_err(|error| anyhow::anyhow!("{rule}: {}", printable(&error.to_string())))?;
            if !carried.is_empty() {
                return Ok((carried, None));
            }
        }
        let cases = read(&folder).map_err(|error| anyhow::anyhow!("{}", printable(&error.to_string())))?;
        Ok((cases, Some(folder)))
    }
}

/// The events of a file as a case of which nothing is expected.
fn events_of(file: &Path) -> anyhow::Result<Case> {
    let name = file.to_string_lossy().into_owned();
    let bytes = read_whole(file, EVENTS_BYTES_MAX)
        .map_err(|error| anyhow::anyhow!("{}: the events cannot be read: {error}", printable(&name)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{}: the events cannot be read: invalid UTF-8 at byte {at}", printable(&name))
    })?;
    let events: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    anyhow::ensure!(!events.is_empty(), "{}: holds no event", printable(&name));
    Ok(Case { name, events, findings: None, settings: None })
}

/// Makes what was found what must be found.
fn bless(folder: &Path, outcome: &Outcome) -> anyhow::Result<()> {
    let path = folder.join("findings.ndjson");
    let written = if outcome.found.is_empty() {
        // Without the file nothing may be found.
        std::fs::remove_file(&path)
    } else {
        std::fs::write(&path, outcome.found.join("\n") + "\n")
    };
    written.map_err(|error| anyhow::anyhow!("{}: cannot be written: {}", path.display(), reason(&error)))
}
