//! `trommel run`: sends a stream of events through rules.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::ValueEnum;
use trommel::diagnostics::{reason, say};
use trommel::{
    BLOCK_BYTES, Counts, EVENT_BYTES_MAX, Ended, Exchange, FAILURES_MAX, Input, Job, Judging, OnError, REST_EVENTS,
    Reading, Rules, Unwrap, Writing, cores,
};

use super::alerts::AlertArguments;
use super::answers::AnswerArguments;
use super::overlap;
use super::progress::Bar;
use super::sandbox::{SandboxArguments, whole};
use super::select::Select;
use super::settings::configure;
use super::stop::Signals;
use crate::messages::{self, Exit, Hinted};

/// Runs rules over a stream of events and writes what they find.
///
/// Events are JSON objects, read from the files or from stdin: lines (NDJSON), arrays, or one behind the other, plain, gzip
/// or zstd. What is known to wrap many, such as a CloudTrail delivery file, {"Records":[...]}, is unwrapped.
///
/// Exit codes: 0 all well; 1 some events could not be judged; 2 could not run, or not to the end; 3 there was an alert
/// (with --fail-on-alert).
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel run --rule share.wasm events.ndjson
  tail -F cloudtrail.ndjson | trommel run --rule share.wasm >> alerts.ndjson")]
pub(crate) struct Arguments {
    /// Files of events; `-` is stdin.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Unwraps the array at this JSON pointer, in place of those that are known; with `none` a line is an event.
    #[arg(long, value_name = "POINTER", help_heading = "Stream")]
    unwrap: Option<String>,
    #[command(flatten)]
    answers: AnswerArguments,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `run` and `replay` share.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// A component (.wasm), the folder of a rule crate, oci:DIR, or REGISTRY/REPOSITORY:TAG. May be given several times.
    ///
    /// A crate is built first. oci:DIR is an OCI image layout; a name in it follows behind another colon. A rule of a
    /// registry is pulled, unless it was before.
    #[arg(long = "rule", value_name = "RULE", required = true)]
    rules: Vec<PathBuf>,
    /// A rule's settings, a JSON file; ID= may be left out if there is only one rule. At most once per rule.
    #[arg(long, value_name = "[ID=]FILE")]
    settings: Vec<String>,
    #[command(flatten)]
    select: Select,
    #[command(flatten)]
    alerts: AlertArguments,
    /// Exits with 3 when there was an alert.
    #[arg(long)]
    fail_on_alert: bool,
    /// Leaves out the line of counts at the end.
    #[arg(long, short)]
    quiet: bool,
    /// Writes the counts at the end as JSON, in place of the line; on stderr too.
    #[arg(long, value_enum, value_name = "FORMAT")]
    stats: Option<StatsArgument>,

    /// How many threads judge events [default: the cores].
    #[arg(long, value_name = "N", help_heading = "Stream", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Hands every event to every rule, also events that cannot matter to it.
    #[arg(long, help_heading = "Stream")]
    no_needles: bool,
    /// Checks that every line is a JSON object, also a line that cannot matter to any rule.
    #[arg(long, help_heading = "Stream")]
    validate: bool,
    /// Flushes the output after every line, not only before waiting for input.
    #[arg(long, help_heading = "Stream")]
    line_buffered: bool,
    /// The longest event that is judged, without its line end.
    #[arg(long, value_name = "BYTES", default_value_t = EVENT_BYTES_MAX, value_parser = whole::<usize>, help_heading = "Stream")]
    event_bytes_max: usize,

    /// What becomes of an event that a rule failed to judge, where lines are written.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = OnErrorArgument::Pass, help_heading = "Failures")]
    on_error: OnErrorArgument,
    /// Adds events that could not be judged to this file, a JSON line each.
    #[arg(long, value_name = "FILE", help_heading = "Failures")]
    dead_letter: Option<PathBuf>,
    /// Lets a rule rest after so many failures in a row; 0 never does.
    #[arg(long, value_name = "N", default_value_t = FAILURES_MAX, value_parser = whole::<u64>, help_heading = "Failures")]
    failures_max: u64,
    /// How many events that concern it a rule that rests does not see, before one tries it again.
    #[arg(long, value_name = "N", default_value_t = REST_EVENTS, value_parser = whole::<u64>, help_heading = "Failures")]
    rest_events: u64,

    /// Gives every event a fresh instance, so that a rule can keep nothing between events.
    #[arg(long, help_heading = "Sandbox")]
    isolate: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

#[derive(Clone, Copy, ValueEnum)]
enum OnErrorArgument {
    /// It is written, whatever lines were asked for
    Pass,
    /// It is not written
    Drop,
    /// It is not written, and the stream ends there
    Stop,
}

#[derive(Clone, Copy, ValueEnum)]
enum StatsArgument {
    Json,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    arguments.answers.check(&arguments.common.alerts)?;
    let unwrap = match arguments.unwrap.as_deref() {
        None if arguments.answers.each_line() => Unwrap::none(),
        None => Unwrap::default(),
        Some("none") => Unwrap::none(),
        Some(pointer) => Unwrap::at(pointer).map_err(|_| {
            Hinted::new(format!("--unwrap {pointer}: not a JSON pointer"), "write /Records, /a/b, or none")
        })?,
    };
    let mut inputs: Vec<_> = arguments.files.into_iter().map(input).collect();
    if inputs.is_empty() {
        inputs.push(Input::Stdin);
    }
    arguments.common.run(inputs, unwrap, &arguments.answers)
}

fn input(file: PathBuf) -> Input {
    if file.as_os_str() == "-" { Input::Stdin } else { Input::File(file) }
}

impl Common {
    /// Runs the rules over the inputs.
    fn run(self, inputs: Vec<Input>, unwrap: Unwrap, answers: &AnswerArguments) -> anyhow::Result<Exit> {
        let rules = Arc::new(self.rules()?);
        // The process ends with them: to take thousands apart would only take time.
        std::mem::forget(rules.clone());
        let writing = self.writing()?;
        self.refuse_overlap(&inputs, answers.output())?;
        let dead_letters = self.open_dead_letters()?;
        let bar = Bar::new(&inputs);
        let signals = Signals::handle().context("signals cannot be handled")?;
        let job = Job {
            rules: Exchange::new(rules),
            reading: Reading { inputs, unwrap, event_bytes_max: self.event_bytes_max, block_bytes: BLOCK_BYTES },
            judging: self.judging(),
            dead_letters,
            tell: bar.teller(),
            stop: signals.stop(),
            progress: bar.progress(),
        };
        signals.watch(bar.progress());
        let (counts, ended) = answers.run(job, writing, &bar)?;
        bar.clear();
        Ok(self.end(&counts, ended))
    }

    /// Refuses to write to what is read.
    pub(crate) fn refuse_overlap(&self, inputs: &[Input], output: Option<&Path>) -> anyhow::Result<()> {
        Ok(overlap::refuse(inputs, output, self.dead_letter.as_deref())?)
    }

    /// Loads the rules, gives them their settings, and leaves out those that are not wanted.
    pub(crate) fn rules(&self) -> anyhow::Result<Rules> {
        let names = self.rules.iter().map(|rule| rule.to_string_lossy().into_owned());
        let isolated = self.isolate.then_some(self.threads());
        let mut components: Vec<_> = names.zip(self.sandbox.load(&self.rules, isolated)?).collect();
        configure(&mut components, &self.settings)?;
        self.select.rules(components)
    }

    /// Opens the file of dead letters, where one is wanted.
    pub(crate) fn open_dead_letters(&self) -> anyhow::Result<Option<File>> {
        self.dead_letter.as_deref().map(open_dead_letters).transpose()
    }

    pub(crate) fn judging(&self) -> Judging {
        Judging {
            needles: !self.no_needles,
            validate: self.validate,
            isolate: self.isolate,
            include_event: self.alerts.include_event,
            severity_min: self.alerts.severity_min.into(),
            on_error: self.on_error.into(),
            failures_max: self.failures_max,
            rest_events: self.rest_events,
            threads: self.threads(),
            stack_bytes: self.sandbox.stack_bytes(),
        }
    }

    pub(crate) fn writing(&self) -> anyhow::Result<Writing> {
        let drop_unjudged = matches!(self.on_error, OnErrorArgument::Drop);
        Ok(Writing { drop_unjudged, line_buffered: self.line_buffered, ..self.alerts.writing()? })
    }

    fn threads(&self) -> usize {
        self.threads.map_or_else(cores, usize::from)
    }

    /// Says how a run ended, and what it counted.
    pub(crate) fn end(&self, counts: &Counts, ended: Option<Ended>) -> Exit {
        // Whoever reads only the beginning wants no word about the rest.
        let quiet = self.quiet || matches!(ended, Some(Ended::Closed));
        let exit = match ended {
            None | Some(Ended::Closed) => self.exit(counts),
            Some(Ended::Failed(place)) => {
                say(&format!("{place}: stopped at this event, which a rule failed to judge (--on-error stop)"));
                Exit::Unjudged
            }
            Some(Ended::Output(error, complete)) => {
                let complete = complete
                    .map_or("incomplete from its first line on".into(), |place| format!("complete up to {place}"));
                say(&format!("<stdout>: {}; the output is {complete}", reason(&error)));
                Exit::CouldNotRun
            }
            Some(Ended::DeadLetter(error, place)) => {
                let file = self.dead_letter.as_deref().unwrap_or(Path::new("")).display();
                say(&format!("{file}: {}; stopped at {place}, so that no event is lost", reason(&error)));
                Exit::CouldNotRun
            }
            Some(Ended::Threads(error)) => {
                say(&format!("a thread cannot go on: {}", reason(&error)));
                Exit::CouldNotRun
            }
        };
        match self.stats {
            Some(StatsArgument::Json) => messages::line(&counts.json()),
            None if !quiet => say(&counts.line()),
            None => {}
        }
        exit
    }

    fn exit(&self, counts: &Counts) -> Exit {
        if counts.unread > 0 {
            Exit::CouldNotRun
        } else if self.fail_on_alert && counts.alerts > 0 {
            Exit::Alert
        } else if counts.all_judged() {
            Exit::AllWell
        } else {
            Exit::Unjudged
        }
    }
}

fn open_dead_letters(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| anyhow::anyhow!("{}: the dead letters cannot be written: {}", path.display(), reason(&error)))
}

/// Standard output, unbuffered: what is written is gathered before.
pub(crate) fn stdout() -> anyhow::Result<File> {
    Ok(File::from(rustix::stdio::stdout().try_clone_to_owned().context("stdout")?))
}

impl From<OnErrorArgument> for OnError {
    fn from(on_error: OnErrorArgument) -> Self {
        match on_error {
            OnErrorArgument::Pass => Self::Pass,
            OnErrorArgument::Drop => Self::Drop,
            OnErrorArgument::Stop => Self::Stop,
        }
    }
}
