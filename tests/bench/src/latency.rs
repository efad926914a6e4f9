//! How long one event takes through a program that waits for it: the first one, and one after another.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::measure::Measured;

/// Between two events, in microseconds: long enough that everybody sleeps again.
const PAUSE_MICROSECONDS: [u64; 4] = [900, 1_700, 2_300, 1_100];

/// A running program with both its ends.
struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    answer: Vec<u8>,
}

impl Pipe {
    fn start(command: &Measured) -> Result<Self> {
        let [program, arguments @ ..] = &command.words[..] else { bail!("no command") };
        let mut child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let input = child.stdin.take().context("its input")?;
        let output = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self { child, input, output, answer: Vec::new() })
    }

    /// Sends a line, and waits for the line that comes out.
    fn send(&mut self, line: &[u8]) -> Result<()> {
        self.input.write_all(line)?;
        self.answer.clear();
        self.output.read_until(b'\n', &mut self.answer)?;
        if self.answer.is_empty() {
            bail!("it ended without an answer");
        }
        Ok(())
    }

    fn end(self) -> Result<()> {
        let Self { mut child, input, output, .. } = self;
        drop((input, output));
        child.wait()?;
        Ok(())
    }
}

/// From the start of the program to its answer to one event, so many times.
pub(crate) fn first_answers(command: &Measured, line: &[u8], times: usize) -> Result<Vec<Duration>> {
    let mut taken = Vec::new();
    for _ in 0..times {
        let start = Instant::now();
        let mut pipe = Pipe::start(command)?;
        pipe.send(line)?;
        taken.push(start.elapsed());
        pipe.end()?;
    }
    Ok(taken)
}

/// From an event to its answer, so many times in one run, with pauses.
pub(crate) fn answers(command: &Measured, line: &[u8], times: usize) -> Result<Vec<Duration>> {
    let mut pipe = Pipe::start(command)?;
    pipe.send(line)?;
    let mut taken = Vec::new();
    for time in 0..times {
        sleep(Duration::from_micros(PAUSE_MICROSECONDS[time % PAUSE_MICROSECONDS.len()]));
        let start = Instant::now();
        pipe.send(line)?;
        taken.push(start.elapsed());
    }
    pipe.end()?;
    taken.sort();
    Ok(taken)
}
