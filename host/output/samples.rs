//! A few events of a run, kept to find out at its end whether the rules read events of their kind at all.

use crate::diagnostics::printable;
use crate::input::block::{Block, Kind, is_blank};
use crate::judge::event::event_of;

/// How many events are kept: the first ones.
const SAMPLES_MAX: usize = 16;
/// A longer event is not kept, in bytes.
const SAMPLE_BYTES_MAX: usize = 64 << 10;
/// How much of an event is shown, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// A few events of a run.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// How many events were looked at.
    seen: usize,
    events: Vec<Box<[u8]>>,
}

impl Samples {
    /// Looks at a block for events to keep: the same whatever blocks they come in.
    pub(super) fn look_at(&mut self, block: &Block) {
        if self.seen == SAMPLES_MAX || block.kind != Kind::Lines {
            return;
        }
        let lines = block.bytes().split(|byte| *byte == b'\n').map(event_of);
        for event in lines.filter(|event| !is_blank(event)).take(SAMPLES_MAX - self.seen) {
            self.seen += 1;
            if event.len() <= SAMPLE_BYTES_MAX {
                self.events.push(event.into());
            }
        }
    }

    /// How the first event begins, if there are events and `reads` holds for none of them.
    pub(crate) fn foreign(&self, mut reads: impl FnMut(&[u8]) -> bool) -> Option<String> {
        let first = self.events.first()?;
        if self.events.iter().any(|event| reads(event)) {
            return None;
        }
        let text = String::from_utf8_lossy(first);
        let shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        Some(printable(&shown) + more)
    }
}
