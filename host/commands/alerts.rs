//! `--emit`, `--include-event`, `--format` and `--severity-min`: which findings are written, and how.

use std::io::IsTerminal as _;
use std::time::{Duration, SystemTime};

use clap::ValueEnum;
use trommel::diagnostics::printable;
use trommel::metadata::Severity;
use trommel::{Emit, Format, Writing};

use crate::messages::Hinted;

/// The last second that RFC 3339 can write, the end of the year 9999.
const FOUND_SECONDS_MAX: u64 = 253_402_300_799;

/// How alerts are written.
#[derive(clap::Args)]
pub(crate) struct AlertArguments {
    /// What to write to stdout.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = EmitArgument::Alerts)]
    emit: EmitArgument,
    /// Adds the event to each alert, as its last member.
    #[arg(long)]
    pub(crate) include_event: bool,
    /// How alerts are written.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = FormatArgument::Trommel)]
    format: FormatArgument,
    /// Ignores findings below this severity.
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = SeverityArgument::Informational)]
    pub(crate) severity_min: SeverityArgument,
}

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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArgument {
    /// The columns, and what trommel says
    Trommel,
    /// Elastic Common Schema
    Ecs,
    /// OCSF Detection Finding
    Ocsf,
    /// One line for people, coloured on a terminal unless NO_COLOR is set
    Text,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SeverityArgument {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl AlertArguments {
    /// Whether alerts are no JSON.
    pub(crate) fn is_for_people(&self) -> bool {
        self.format == FormatArgument::Text
    }

    /// What of [`Writing`] these arguments say.
    pub(crate) fn writing(&self) -> anyhow::Result<Writing> {
        if self.format != FormatArgument::Trommel && !matches!(self.emit, EmitArgument::Alerts) {
            return Err(Hinted::new("--format goes with --emit alerts", "leave out one of the two").into());
        }
        Ok(Writing {
            emit: self.emit.into(),
            format: self.format.into(),
            colour: has_colour(),
            drop_unjudged: false,
            include_event: self.include_event,
            line_buffered: false,
            found: found()?,
        })
    }
}

/// When alerts say that they were found, where `SOURCE_DATE_EPOCH` has it: seconds since 1970, as reproducible builds
/// have it.
fn found() -> anyhow::Result<Option<SystemTime>> {
    let Some(epoch) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty()) else { return Ok(None) };
    let epoch = epoch.to_string_lossy();
    let seconds = epoch.parse().ok().filter(|seconds| *seconds <= FOUND_SECONDS_MAX);
    let Some(seconds) = seconds else {
        let what = format!("SOURCE_DATE_EPOCH={}: no time", printable(&epoch));
        return Err(Hinted::new(what, "write the seconds since 1970, or unset it").into());
    };
    Ok(Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// Whether stdout takes colours.
fn has_colour() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    std::io::stdout().is_terminal() && !is_dumb && !is_set("NO_COLOR")
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

impl From<FormatArgument> for Format {
    fn from(format: FormatArgument) -> Self {
        match format {
            FormatArgument::Trommel => Self::Trommel,
            FormatArgument::Ecs => Self::Ecs,
            FormatArgument::Ocsf => Self::Ocsf,
            FormatArgument::Text => Self::Text,
        }
    }
}

impl From<SeverityArgument> for Severity {
    fn from(severity: SeverityArgument) -> Self {
        match severity {
            SeverityArgument::Informational => Self::Informational,
            SeverityArgument::Low => Self::Low,
            SeverityArgument::Medium => Self::Medium,
            SeverityArgument::High => Self::High,
            SeverityArgument::Critical => Self::Critical,
        }
    }
}
