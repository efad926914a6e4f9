//! One run of one command: how long, how much memory, and what it wrote.
//!
//! Each command runs below a small process of this program's own, `measure`, which does nothing else: the kernel tells
//! the peak memory of all the children of a process, so it must have no others, and a child begins with its parent's
//! peak, so it must be small.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// A command that is measured.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) words: Vec<OsString>,
}

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// From start to end.
    pub(crate) wall: Duration,
    /// The time that all of its threads and processes worked.
    pub(crate) cpu: Duration,
    /// The peak memory of the largest of its processes.
    pub(crate) peak_bytes: u64,
}

/// A command of these words.
pub(crate) fn command<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> Measured {
    Measured { words: words.into_iter().map(|word| word.as_ref().to_owned()).collect() }
}

impl Measured {
    /// The command with more words.
    pub(crate) fn with<W: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = W>) -> Self {
        let mut own = self.clone();
        own.words.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        own
    }

    /// Runs it once, with its output in this file.
    pub(crate) fn run(&self, output: &Path) -> Result<Taken> {
        // A file that is overwritten costs other work than a fresh one.
        let _ = std::fs::remove_file(output);
        let own = std::env::current_exe()?;
        let told = Command::new(own).arg("measure").arg(output).args(&self.words).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&told.stdout);
        let numbers: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [wall, cpu, peak_bytes] if told.status.success() => {
                Ok(Taken { wall: Duration::from_nanos(wall), cpu: Duration::from_micros(cpu), peak_bytes })
            }
            _ => bail!("{:?} failed", self.words),
        }
    }
}

/// The command `measure`: runs the command line that follows, and prints nanoseconds, microseconds and bytes.
pub(crate) fn measure(arguments: &[OsString]) -> Result<()> {
    let [output, program, arguments @ ..] = arguments else { bail!("measure OUTPUT PROGRAM [ARGUMENT]...") };
    let output = File::create(PathBuf::from(output))?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(output);
    let start = Instant::now();
    let status = command.status().with_context(|| program.to_string_lossy().into_owned())?;
    let wall = start.elapsed();
    if !status.success() {
        bail!("{}: {status}", program.to_string_lossy());
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu = usage.user_time() + usage.system_time();
    println!("{} {} {}", wall.as_nanos(), cpu.num_microseconds(), usage.max_rss() * 1024);
    Ok(())
}
