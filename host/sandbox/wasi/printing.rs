//! What a rule prints: told line by line, made harmless, and no more than its limit; and what else is of one call alone.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::diagnostics::{SharedTell, printable, say};

/// A line that a rule prints is broken here.
const LINE_BYTES: usize = 1024;

/// What the instances of a component print, all together.
pub(in crate::sandbox) struct Printing {
    name: String,
    /// Takes the lines of a run.
    tell: Mutex<Option<SharedTell>>,
    bytes_max: usize,
    bytes: AtomicUsize,
}

impl Printing {
    pub(in crate::sandbox) fn new(name: &str, bytes_max: usize) -> Self {
        Self { name: printable(name), tell: Mutex::default(), bytes_max, bytes: AtomicUsize::new(0) }
    }

    /// Has lines told by this, in place of printing them on stderr.
    pub(in crate::sandbox) fn tell_by(&self, tell: SharedTell) {
        *self.tell.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    fn tell(&self, message: &str) {
        let shared = self.tell.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match shared {
            Some(tell) => (tell.lock().unwrap_or_else(PoisonError::into_inner))(message),
            None => say(message),
        }
    }

    /// Prints a line. What counts is what it takes on stderr.
    fn line(&self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let message = format!("rule {} prints: {}", self.name, printable(text.trim_end_matches(['\n', '\r'])));
        let before = self.bytes.fetch_add(message.len(), Ordering::Relaxed);
        if before + message.len() <= self.bytes_max {
            self.tell(&message);
        } else if before <= self.bytes_max {
            let max = self.bytes_max;
            self.tell(&format!(
                "rule {} prints more than {max} bytes (--print-bytes-max); the rest is left out",
                self.name
            ));
            // From now on everything is beyond the limit.
            self.bytes.fetch_add(max + 1, Ordering::Relaxed);
        }
    }
}

/// What an instance keeps during a call.
pub(in crate::sandbox) struct Wasi {
    printing: Arc<Printing>,
    line: Vec<u8>,
    random: u64,
}

impl Wasi {
    pub(in crate::sandbox) fn new(printing: Arc<Printing>) -> Self {
        Self { printing, line: Vec::new(), random: 0 }
    }

    /// Ends a call: nothing of it is left for the next.
    pub(in crate::sandbox) fn end_call(&mut self) {
        self.random = 0;
        if !self.line.is_empty() {
            self.printing.line(&self.line);
            self.line.clear();
        }
    }

    pub(super) fn print(&mut self, byte: u8) {
        self.line.push(byte);
        if byte == b'\n' || self.line.len() == LINE_BYTES {
            self.printing.line(&self.line);
            self.line.clear();
        }
    }

    /// The next number of the one sequence there is: SplitMix64.
    pub(super) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
