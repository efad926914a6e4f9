//! Measures trommel against its peers, in one run: see `README.md` beside this crate.

mod files;
mod ground;
mod groups;
mod latency;
mod machine;
mod measure;
mod packs;
mod plot;
mod race;
mod report;

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

use ground::Ground;
use groups::{Bench, GROUPS};

/// Measures trommel against its peers, and writes results.md and results.svg into target/bench.
#[derive(Parser)]
struct Arguments {
    /// The size of the streams, in megabytes.
    #[arg(long, value_name = "MB", default_value_t = 500)]
    size_mb: u64,
    /// How many rounds are run.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Runs this group of rows alone. May be given several times.
    #[arg(long, value_name = "GROUP", value_parser = GROUPS.map(|(name, _)| name))]
    only: Vec<String>,
    /// Takes 50 MB and 3 rounds, to see that all works.
    #[arg(long)]
    quick: bool,
    /// Takes the peak memory with 5 GB, too.
    #[arg(long)]
    large: bool,
    /// Copies the results into this package's folder, for the README.
    #[arg(long)]
    save: bool,
    /// Where streams and results lie [default: target/bench].
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

fn main() -> Result<()> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [first, rest @ ..] = &words[..]
        && first == "measure"
    {
        return measure::measure(rest);
    }
    run(Arguments::parse())
}

fn run(arguments: Arguments) -> Result<()> {
    if cfg!(debug_assertions) {
        bail!("figures of a debug build say nothing: cargo run --release");
    }
    let (megabytes, runs) = if arguments.quick { (50, 3) } else { (arguments.size_mb, arguments.runs.into()) };
    let mut notes = Vec::new();
    let ground = Ground::prepare(arguments.dir.as_deref(), &mut notes)?;
    let machine = machine::describe(&ground.root, &ground.bench, &ground.peers);
    let mut bench = Bench {
        ground,
        megabytes,
        large_megabytes: if arguments.large { 5_000 } else { megabytes },
        runs,
        lines_through_pipe: if arguments.quick { 200 } else { 2_000 },
        rows: Vec::new(),
        notes,
        bars: Vec::new(),
    };
    for (name, group) in GROUPS {
        if arguments.only.is_empty() || arguments.only.iter().any(|only| only == name) {
            group(&mut bench)?;
        }
    }
    let Bench { ground, rows, notes, bars, .. } = bench;
    let (table, picture) = (ground.dir.join("results.md"), ground.dir.join("results.svg"));
    fs::write(&table, report::markdown(&rows, &notes, &machine, runs))?;
    if !bars.is_empty() {
        plot::draw(&picture, bars)?;
    }
    if arguments.save {
        for file in [&table, &picture] {
            let name = file.file_name().unwrap_or_default();
            fs::copy(file, ground.bench.join(name))?;
        }
    }
    for note in &notes {
        eprintln!("{note}");
    }
    println!("{}", table.display());
    Ok(())
}
