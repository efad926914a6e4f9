//! Signals: the first stops the reading, so that what was read is judged and written; the second ends the process.
//!
//! How far a stream is still read, so that what lies in a pipe is not lost, is left to the inputs.
//!
//! Where nothing moves any more after the first one, because nobody takes the output or a rule does not start, it ends too.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use trommel::diagnostics::say;
use trommel::{Progress, Stop};

use crate::messages::Exit;

/// So long nothing may move after a stop, in seconds.
pub(crate) const STOP_SECONDS_MAX: u64 = 10;

/// The signals of a run.
pub(crate) struct Signals {
    stop: Stop,
    asked: OwnedFd,
}

impl Signals {
    /// Takes SIGINT and SIGTERM; SIGHUP does nothing.
    pub(crate) fn handle() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let (wake, ring) = io::pipe()?;
        for signal in [SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, asked.clone())?;
            signal_hook::flag::register(signal, asked.clone())?;
            signal_hook::low_level::pipe::register(signal, ring.try_clone()?)?;
        }
        // Whoever sends it means that files were moved away, and none is open that could be opened again.
        signal_hook::flag::register(SIGHUP, Arc::default())?;
        let copy = wake.try_clone()?.into();
        Ok(Self { stop: Stop::new(asked, wake.into()), asked: copy })
    }

    /// How the run learns of them.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Ends the process where a stop does not end the run.
    pub(crate) fn watch(self, progress: Arc<Progress>) {
        std::thread::spawn(move || {
            // Nobody reads the pipe: once it is readable, it stays so.
            while poll(&mut [PollFd::new(&self.asked.as_fd(), PollFlags::IN)], None).is_err() {}
            let mut before = moved(&progress);
            loop {
                std::thread::sleep(Duration::from_secs(STOP_SECONDS_MAX));
                let now = moved(&progress);
                if now == before {
                    say(&format!(
                        "stopped, and for {STOP_SECONDS_MAX} seconds nothing moved: what was read is not all written"
                    ));
                    std::process::exit(Exit::CouldNotRun as i32);
                }
                before = now;
            }
        });
    }
}

/// All that moves in a run.
fn moved(progress: &Progress) -> [u64; 4] {
    [&progress.bytes, &progress.events, &progress.alerts, &progress.written].map(|count| count.load(Ordering::Relaxed))
}
