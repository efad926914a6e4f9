//! `trommel report`: makes a page of alerts for a person to look at.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use trommel::diagnostics::{MESSAGES_MAX, printable, reason, say};
use trommel::report::{ReportError, report};

use crate::messages::{Exit, Hinted};

/// Makes a self-contained HTML page of alerts.
///
/// The page loads nothing and needs no server. FILE holds alerts as `run` writes them by default.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel report alerts.ndjson -o report.html
  trommel run --rule share.wasm logs/*.gz | trommel report - -o report.html")]
pub(crate) struct Arguments {
    /// The alerts to read; `-` reads stdin.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The page to write.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { file, output } = arguments;
    let is_stdin = file.as_os_str() == "-";
    let name = if is_stdin { "<stdin>".to_owned() } else { printable(&file.to_string_lossy()) };
    let page_name = printable(&output.to_string_lossy());
    let unreadable = |error: io::Error| anyhow::anyhow!("{name}: the alerts cannot be read: {}", reason(&error));
    let unwritable =
        |error: io::Error| anyhow::anyhow!("{page_name}: the report cannot be written: {}", reason(&error));
    let alerts: Box<dyn BufRead> = match is_stdin {
        true => Box::new(io::stdin().lock()),
        false => Box::new(BufReader::new(File::open(&file).map_err(unreadable)?)),
    };
    // The page appears whole or not at all, and what was there before stays until then. What is no file, as a device or a
    // pipe, is written as it comes.
    let place = output.canonicalize().unwrap_or(output);
    let is_file = place.metadata().is_ok_and(|found| found.is_file()) || !place.exists();
    let beside = if is_file { beside(&place) } else { place.clone() };
    let page = BufWriter::new(File::create(&beside).map_err(unwritable)?);
    let mut told = 0;
    let reported = report(alerts, page, &mut |line| {
        told += 1;
        if told <= MESSAGES_MAX {
            say(&format!("{name}:{line}: not an alert in trommel's own format, skipped"));
        }
    });
    let written = reported.and_then(|reported| {
        if is_file {
            std::fs::rename(&beside, &place).map_err(ReportError::Write)?;
        }
        Ok(reported)
    });
    let reported = match written {
        Ok(reported) => reported,
        Err(error) => {
            if is_file {
                let _ = std::fs::remove_file(&beside);
            }
            return Err(match error {
                ReportError::Read(error) => unreadable(error),
                ReportError::Write(error) => unwritable(error),
                error => Hinted::new(
                    format!("{name}: {error}"),
                    "report fewer: `run --severity-min high`, or filter them with jq",
                )
                .into(),
            });
        }
    };
    let count = |count, noun| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let skipped = match reported.others {
        0 => String::new(),
        others => format!(", {} skipped", count(others, "line")),
    };
    say(&format!("{page_name}: {}{skipped}", count(reported.alerts, "alert")));
    Ok(if reported.others > 0 { Exit::Unjudged } else { Exit::AllWell })
}

/// Where a file is written before it takes its place.
fn beside(place: &Path) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    place.with_file_name(name)
}
