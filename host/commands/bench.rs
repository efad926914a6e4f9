//! `trommel bench`: measures what a rule costs.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use trommel::build::TESTS;
use trommel::cases::{carried, read};
use trommel::diagnostics::printable;
use trommel::files::read_whole;
use trommel::measure::{Bench, RuleCost, Seen};

use super::report_format::ReportFormat;
use super::sandbox::{SandboxArguments, whole};
use super::settings::configure;
use crate::messages::{self, Exit, Hinted};

/// Measures what a rule costs: time, fuel and memory.
///
/// Says how many events and bytes a second it judges, how many its needles skip, and what each rule takes. Events are
/// judged over and over on one thread, without input or output. Without FILE they are those of the rule's tests, which
/// says little of a stream: take some thousand events of yours, one a line.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel bench share.wasm events.ndjson
  trommel bench share events.ndjson --vs share-1.0.0.wasm")]
pub(crate) struct Arguments {
    /// A component (.wasm), or whatever else `run --rule` takes.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// The events, a JSON object a line.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Measures this rule in turn with the other one, on the same events, and says how they compare.
    #[arg(long, value_name = "OTHER")]
    vs: Option<PathBuf>,
    /// A rule's settings, a JSON file; ID= may be left out if there is only one rule. At most once per rule.
    #[arg(long, value_name = "[ID=]FILE")]
    settings: Vec<String>,
    /// How many rounds to measure; the median is reported.
    #[arg(long, value_name = "N", default_value_t = 9, value_parser = whole::<u32>)]
    rounds: u32,
    /// How to write what was measured to stdout.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

/// The largest file of events. Not to be changed.
const EVENTS_BYTES_MAX: usize = 1 << 30;
/// So many rules are told of in a table, the most expensive ones.
const RULES_TOLD: usize = 10;

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let rules: Vec<_> = [&arguments.rule].into_iter().chain(&arguments.vs).cloned().collect();
    let loaded = arguments.sandbox.load_with(&rules, None, |found, component| (found.bytes, component))?;
    let events = arguments.events(&loaded[0].0)?;
    let mut measured = Vec::new();
    let mut benches = Vec::new();
    for (rule, (_, component)) in rules.iter().zip(loaded) {
        let mut components = vec![(rule.to_string_lossy().into_owned(), component)];
        configure(&mut components, &arguments.settings)?;
        let mut bench = Bench::new(components.remove(0).1, &events);
        measured.push(Measured {
            name: rule.to_string_lossy().into_owned(),
            rules: bench.component().rules().len(),
            seen: bench.seen(),
            costs: bench.costs(),
            times: Default::default(),
        });
        benches.push(bench);
    }
    if measured[0].seen.events == 0 {
        anyhow::bail!("there is no event to measure on");
    }
    // In turn, so that what else the machine does meets both.
    for _ in 0..arguments.rounds.max(1) {
        for (bench, measured) in benches.iter_mut().zip(&mut measured) {
            for needles in [true, false] {
                measured.times[usize::from(!needles)].push(bench.round(needles));
            }
        }
    }
    let text = match arguments.format {
        ReportFormat::Text => text(&measured),
        ReportFormat::Json => format!("{}\n", json!(measured.iter().map(Measured::json).collect::<Vec<_>>())),
    };
    messages::answer(&text).context("<stdout>")?;
    Ok(Exit::AllWell)
}

impl Arguments {
    /// The events of the file, or those of the rule's tests.
    fn events(&self, component: &[u8]) -> anyhow::Result<Vec<u8>> {
        if let Some(file) = &self.file {
            let name = printable(&file.to_string_lossy());
            let events = read_whole(file, EVENTS_BYTES_MAX);
            return events.map_err(|error| anyhow::anyhow!("{name}: the events cannot be read: {error}"));
        }
        let rule = printable(&self.rule.to_string_lossy());
        let error = |error: trommel::cases::CasesError| anyhow::anyhow!("{rule}: {}", printable(&error.to_string()));
        let mut cases = carried::cases(component).map_err(error)?;
        if cases.is_empty() {
            let beside = if self.rule.is_dir() { Some(&*self.rule) } else { self.rule.parent() };
            cases = read(&beside.unwrap_or(Path::new("")).join(TESTS)).map_err(error)?;
        }
        if cases.is_empty() {
            let hint = "name a file of events, a JSON object a line";
            return Err(Hinted::new(format!("{rule}: has no tests whose events could be taken"), hint).into());
        }
        // A line end inside an event is between its tokens, or it is none.
        let events = cases.iter().flat_map(|case| &case.events).map(|event| event.replace(['\n', '\r'], " ") + "\n");
        Ok(events.collect::<String>().into_bytes())
    }
}

/// What was measured of a rule.
struct Measured {
    name: String,
    rules: usize,
    seen: Seen,
    costs: Vec<RuleCost>,
    /// How long each round took, with needles and without.
    times: [Vec<Duration>; 2],
}

impl Measured {
    fn json(&self) -> serde_json::Value {
        let rate = |at: usize| {
            let seconds = median(&self.times[at]).as_secs_f64();
            json!({"events_per_second": self.seen.events as f64 / seconds, "bytes_per_second": self.seen.bytes as f64 / seconds})
        };
        json!({
            "rule": self.name,
            "seen": self.seen,
            "with_needles": rate(0),
            "without_needles": rate(1),
            "rules": self.costs,
        })
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default().max(Duration::from_nanos(1))
}

fn text(measured: &[Measured]) -> String {
    let mut text = String::new();
    for one in measured {
        tell(one, &mut text);
    }
    if let [one, other] = measured {
        for (at, how) in ["with needles", "every event into the sandbox"].into_iter().enumerate() {
            // Pairs of rounds that were one behind the other.
            let pairs = one.times[at].iter().zip(&other.times[at]);
            let mut ratios: Vec<_> = pairs.map(|(one, other)| one.as_secs_f64() / other.as_secs_f64()).collect();
            ratios.sort_by(f64::total_cmp);
            let _ = writeln!(
                text,
                "{how}: {} takes {:.2} times as long ({:.2} to {:.2}) as {}",
                printable(&one.name),
                ratios[ratios.len() / 2],
                ratios[0],
                ratios[ratios.len() - 1],
                printable(&other.name),
            );
        }
    }
    text
}

fn tell(one: &Measured, text: &mut String) {
    let Seen { events, bytes, skipped, findings, failed, memory_bytes } = one.seen;
    let _ = writeln!(
        text,
        "{}: {}, {} of {} bytes, {}",
        printable(&one.name),
        counted(one.rules, "rule"),
        counted(events, "event"),
        grouped(bytes as u64),
        counted(findings, "finding"),
    );
    if failed > 0 {
        let _ = writeln!(text, "  {} failed", counted(failed, "event"));
    }
    for (at, how) in ["with needles", "without"].into_iter().enumerate() {
        let seconds = median(&one.times[at]).as_secs_f64();
        let (events, megabytes) = (events as f64 / seconds, bytes as f64 / seconds / 1e6);
        let _ = write!(text, "  {how:<13} {:>13} events/s {:>9.1} MB/s", grouped(events as u64), megabytes);
        if at == 0 {
            let share = 100.0 * skipped as f64 / one.seen.events.max(1) as f64;
            let _ = write!(text, "   {share:.1} % of the events skipped");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "  memory        {:>13} bytes", grouped(memory_bytes as u64));
    let all: u64 = one.costs.iter().map(|cost| cost.total).sum();
    let width = one.costs.iter().take(RULES_TOLD).map(|cost| printable(&cost.id).chars().count()).max().unwrap_or(0);
    let _ = writeln!(
        text,
        "  {:<width$} {:>9} {:>12} {:>12} {:>12} {:>7}",
        "fuel of", "events", "median", "99th", "highest", "share",
    );
    for cost in one.costs.iter().take(RULES_TOLD) {
        let share = 100.0 * cost.total as f64 / all.max(1) as f64;
        let _ = writeln!(
            text,
            "  {:<width$} {:>9} {:>12} {:>12} {:>12} {share:>5.1} %",
            printable(&cost.id),
            grouped(cost.events as u64),
            grouped(cost.median),
            grouped(cost.p99),
            grouped(cost.highest),
        );
    }
    if let Some(more) = one.costs.len().checked_sub(RULES_TOLD).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {more} that take less (--format json)");
    }
}

fn counted(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", grouped(number as u64), if number == 1 { "" } else { "s" })
}

/// A number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn pairs_are_compared_round_by_round() {
        let one = |name: &str, millis: [u64; 3]| {
            let times = millis.map(Duration::from_millis).to_vec();
            let (seen, costs) = (Seen { events: 1_000, bytes: 5_000, ..Seen::default() }, Vec::new());
            Measured { name: name.into(), rules: 1, seen, costs, times: [times.clone(), times] }
        };
        let said = text(&[one("a", [10, 20, 30]), one("b", [20, 20, 20])]);
        assert!(said.contains("with needles: a takes 1.00 times as long (0.50 to 1.50) as b\n"), "{said}");
        assert!(
            said.contains("  with needles         50,000 events/s       0.2 MB/s   0.0 % of the events skipped\n"),
            "{said}"
        );
    }
}
