//! `trommel run`: sends a stream of events through rules.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context as _;
use clap::ValueEnum;
use signal_hook::consts::{SIGINT, SIGTERM};
use trommel::diagnostics::{printable, reason, say};
use trommel::{
    BLOCK_BYTES, Component, Counts, EVENT_BYTES_MAX, Emit, Ended, Input, Job, OnError, Reading, Stop, Unwrap, Writing,
    cores,
};

use super::progress::Bar;
use super::sandbox::{SandboxArguments, whole};
use crate::messages::{self, Exit, Hinted};

/// Sends a stream of events through rules, and writes what they find.
///
/// Events are lines of JSON objects (NDJSON), read from the files or from stdin, plain or gzip. A CloudTrail delivery
/// file, {"Records":[...]} on one line, is unwrapped.
///
/// Exit codes: 0 all well; 1 some events could not be judged; 2 could not run, or not to the end; 3 there was an alert
/// (with --fail-on-alert).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Files of events; `-` is stdin.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Unwraps the array at this JSON pointer in each line, in place of /Records; `none` unwraps nothing.
    #[arg(long, value_name = "POINTER", help_heading = "Stream")]
    unwrap: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What `run` and `replay` share.
#[derive(clap::Args)]
pub(crate) struct Common {
    /// A component (.wasm), or the folder of a rule crate, which is built first. May be given several times.
    #[arg(long = "rule", value_name = "RULE", required = true)]
    rules: Vec<PathBuf>,
    /// A rule's settings, a JSON file; ID= may be left out where there is only one rule. Once a rule.
    #[arg(long, value_name = "[ID=]FILE")]
    settings: Vec<String>,
    /// What to write to stdout.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = EmitArgument::Alerts)]
    emit: EmitArgument,
    /// Adds the event to each alert, as its last member.
    #[arg(long)]
    include_event: bool,
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
    /// Takes a component out after so many failures in a row; 0 never does.
    #[arg(long, value_name = "N", default_value_t = FAILURES_MAX, value_parser = whole::<u64>, help_heading = "Failures")]
    failures_max: u64,

    /// Gives every event a fresh instance, so that a rule can keep nothing between events.
    #[arg(long, help_heading = "Sandbox")]
    isolate: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

/// Default of `--failures-max`.
const FAILURES_MAX: u64 = 100;

#[derive(Clone, Copy, ValueEnum)]
enum EmitArgument {
    /// One JSON line an alert
    Alerts,
    /// The lines in which something was found, byte for byte
    Matched,
    /// The lines in which nothing was found, byte for byte
    Unmatched,
    /// Every line, with what was found as its last member `trommel`
    Tagged,
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
    let unwrap = match arguments.unwrap.as_deref() {
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
    arguments.common.run(inputs, unwrap)
}

fn input(file: PathBuf) -> Input {
    if file.as_os_str() == "-" { Input::Stdin } else { Input::File(file) }
}

impl Common {
    /// Runs the rules over the inputs.
    pub(crate) fn run(self, inputs: Vec<Input>, unwrap: Unwrap) -> anyhow::Result<Exit> {
        let names = self.rules.iter().map(|rule| rule.to_string_lossy().into_owned());
        let threads = self.threads.map_or_else(cores, usize::from);
        let isolated = self.isolate.then_some(threads);
        let mut components: Vec<_> = names.zip(self.sandbox.load(&self.rules, isolated)?).collect();
        let mut configured = Vec::new();
        for settings in &self.settings {
            configure(&mut components, settings, &mut configured)?;
        }
        let dead_letters = self.dead_letter.as_deref().map(open_dead_letters).transpose()?;
        let bar = Bar::new(&inputs);
        let job = Job {
            components: components.into_iter().map(|(name, component)| (name, Arc::new(component))).collect(),
            reading: Reading { inputs, unwrap, event_bytes_max: self.event_bytes_max, block_bytes: BLOCK_BYTES },
            writing: Writing {
                emit: self.emit.into(),
                on_error: self.on_error.into(),
                failures_max: self.failures_max,
                line_buffered: self.line_buffered,
            },
            needles: !self.no_needles,
            validate: self.validate,
            isolate: self.isolate,
            include_event: self.include_event,
            threads,
            stack_bytes: self.sandbox.stack_bytes(),
            dead_letters,
            tell: bar.teller(),
            stop: stop_on_signals().context("signals cannot be handled")?,
            progress: bar.progress(),
        };
        let stdout = File::from(rustix::stdio::stdout().try_clone_to_owned().context("stdout")?);
        let (counts, ended) = trommel::run(job, bar.over(stdout));
        bar.clear();
        // Whoever reads only the beginning wants no word about the rest.
        let quiet = self.quiet || matches!(ended, Some(Ended::Closed));
        let exit = match ended {
            None | Some(Ended::Closed) => self.exit(&counts),
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
        Ok(exit)
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

/// Gives settings, `[ID=]FILE`, to the rule that they are for, unless it is among those that have theirs.
fn configure(
    components: &mut [(String, Component)],
    settings: &str,
    configured: &mut Vec<(usize, usize)>,
) -> anyhow::Result<()> {
    let ids: Vec<(usize, usize, String)> = components
        .iter()
        .enumerate()
        .flat_map(|(at, (_, component))| {
            component.rules().iter().enumerate().map(move |(rule, m)| (at, rule, m.id.clone()))
        })
        .collect();
    let known = || ids.iter().map(|(.., id)| printable(id)).collect::<Vec<_>>().join(", ");
    // A file's name may hold `=`: only a rule's id makes a prefix of it.
    let prefixed = settings.split_once('=').filter(|(id, _)| ids.iter().any(|(.., known)| known == id));
    let (file, (at, rule, id)) = match (prefixed, &ids[..]) {
        (Some((id, file)), _) => {
            let mut named = ids.iter().filter(|(.., known)| known == id);
            match (named.next(), named.next()) {
                (Some(one), None) => (file, one),
                _ => {
                    let why = format!("--settings {settings}: several rules have the id {id}");
                    return Err(Hinted::new(why, "leave one of the components out, or run them apart").into());
                }
            }
        }
        (None, [only]) if Path::new(settings).exists() || !settings.contains('=') => (settings, only),
        _ if settings.contains('=') => {
            return Err(Hinted::new(
                format!("--settings {settings}: no rule has this id, and no file this name"),
                format!("the ids are {}", known()),
            )
            .into());
        }
        _ => {
            return Err(Hinted::new(
                format!("--settings {settings}: there are {} rules", ids.len()),
                format!("write --settings ID={settings}; the ids are {}", known()),
            )
            .into());
        }
    };
    if configured.contains(&(*at, *rule)) {
        anyhow::bail!("--settings {settings}: the rule {id} has settings already", id = printable(id));
    }
    configured.push((*at, *rule));
    let bytes = std::fs::read(file)
        .map_err(|error| anyhow::anyhow!("{file}: the settings cannot be read: {}", reason(&error)))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        anyhow::anyhow!("{file}: the settings cannot be read: invalid UTF-8 at byte {byte}")
    })?;
    let taken = components[*at].1.configure(*rule, &text);
    Ok(taken.map_err(|error| messages::cannot_configure(Path::new(file), id, &error))?)
}

fn open_dead_letters(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| anyhow::anyhow!("{}: the dead letters cannot be written: {}", path.display(), reason(&error)))
}

/// A first SIGINT or SIGTERM stops the reading; a second one ends the process at once.
fn stop_on_signals() -> std::io::Result<Stop> {
    let asked = Arc::new(AtomicBool::new(false));
    let (wake, ring) = std::io::pipe()?;
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, asked.clone())?;
        signal_hook::flag::register(signal, asked.clone())?;
        signal_hook::low_level::pipe::register(signal, ring.try_clone()?)?;
    }
    Ok(Stop::new(asked, wake.into()))
}

impl From<EmitArgument> for Emit {
    fn from(emit: EmitArgument) -> Self {
        match emit {
            EmitArgument::Alerts => Self::Alerts,
            EmitArgument::Matched => Self::Matched,
            EmitArgument::Unmatched => Self::Unmatched,
            EmitArgument::Tagged => Self::Tagged,
        }
    }
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
