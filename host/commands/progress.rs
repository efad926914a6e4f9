//! The line on stderr that says how far a long run has come: on a terminal, never in a pipe.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use rustix::event::{PollFd, PollFlags};
use trommel::diagnostics::{Tell, is_plain, say};
use trommel::{Input, Progress};

/// A run that is shorter than this shows nothing.
const QUIET_AT_FIRST: Duration = Duration::from_secs(1);
/// How often the line is drawn.
const EVERY: Duration = Duration::from_millis(200);

/// The progress of a run, on a terminal.
pub(crate) struct Bar {
    progress: Arc<Progress>,
    /// Nothing where stderr is no terminal.
    bar: Option<ProgressBar>,
}

impl Bar {
    /// Shows how much of these inputs was read, as soon as that takes long.
    pub(crate) fn new(inputs: &[Input]) -> Self {
        let progress = Arc::<Progress>::default();
        let bar = io::stderr().is_terminal().then(|| ProgressBar::hidden().with_style(style(length(inputs))));
        if let Some(bar) = &bar {
            bar.set_length(length(inputs).unwrap_or_default());
            let (bar, progress) = (bar.clone(), progress.clone());
            std::thread::spawn(move || draw(&bar, &progress));
        }
        Self { progress, bar }
    }

    /// Where the run says how far it has come.
    pub(crate) fn progress(&self) -> Arc<Progress> {
        self.progress.clone()
    }

    /// Says messages above the line.
    pub(crate) fn teller(&self) -> Tell {
        match self.bar.clone() {
            None => Box::new(say),
            Some(bar) => Box::new(move |message| bar.suspend(|| say(message))),
        }
    }

    /// Writes output above the line, where both go to the terminal.
    pub(crate) fn over(&self, output: File) -> Over {
        let bar = self.bar.clone().filter(|_| output.is_terminal());
        Over { bar, output, progress: self.progress.clone() }
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// The bytes of the inputs, where all are files.
fn length(inputs: &[Input]) -> Option<u64> {
    let size = |input: &Input| match input {
        Input::File(path) => std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|data| data.len()),
        Input::Stdin | Input::Open(..) | Input::Reader(..) => None,
    };
    inputs.iter().map(size).sum()
}

fn style(length: Option<u64>) -> ProgressStyle {
    let template = match length {
        Some(_) => "{bar:20} {bytes} of {total_bytes}, {msg}, {eta} left",
        None => "{bytes}, {msg}",
    };
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let start = Instant::now();
    std::thread::sleep(QUIET_AT_FIRST);
    bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
    while !bar.is_finished() {
        let (events, alerts) = (progress.events.load(Ordering::Relaxed), progress.alerts.load(Ordering::Relaxed));
        let rate = events as f64 / start.elapsed().as_secs_f64();
        let plural = if alerts == 1 { "" } else { "s" };
        bar.set_message(format!("{rate:.0} events/s, {alerts} alert{plural}"));
        bar.set_position(progress.bytes.load(Ordering::Relaxed));
        std::thread::sleep(EVERY);
    }
}

/// An output that makes room for itself above the line.
pub(crate) struct Over {
    bar: Option<ProgressBar>,
    output: File,
    progress: Arc<Progress>,
}

impl Over {
    /// Writes what there is room for; where the output does not block, once there is some.
    fn write_some(mut output: &File, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match output.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    rustix::event::poll(&mut [PollFd::new(output, PollFlags::OUT)], None)?;
                }
                written => return written,
            }
        }
    }
}

impl Write for Over {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &self.bar {
            None => Self::write_some(&self.output, bytes)?,
            Some(bar) => {
                // A terminal obeys control characters, also those that JSON need not escape.
                let text = String::from_utf8_lossy(bytes);
                let plain = |character: char| is_plain(character) || matches!(character, '\n' | '\r' | '\t');
                let shown: String = text
                    .chars()
                    .map(|character| match plain(character) {
                        true => character.to_string(),
                        false => format!("\\u{:04x}", u32::from(character)),
                    })
                    .collect();
                bar.suspend(|| (&self.output).write_all(shown.as_bytes()))?;
                bytes.len()
            }
        };
        self.progress.written.fetch_add(written as u64, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
