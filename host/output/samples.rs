//! A few events of a run, kept to find out at its end whether the rules read events of their kind at all.

use crate::diagnostics::printable;
use crate::input::block::{Block, Kind, is_blank};
use crate::judge::event::event_of;

/// How many events are kept: the first one of each of the first blocks.
const SAMPLES_MAX: usize = 16;
/// A longer event is not kept, in bytes.
const SAMPLE_BYTES_MAX: usize = 64 << 10;
/// How much of an event is shown, in characters.
const SHOWN_CHARS_MAX: usize = 80;

/// A few events of a run.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    blocks: usize,
    events: Vec<Box<[u8]>>,
}

impl Samples {
    /// Looks at a block for an event to keep.
    pub(super) fn look_at(&mut self, block: &Block) {
        if self.blocks == SAMPLES_MAX || block.kind != Kind::Lines {
            return;
        }
        let lines = block.bytes().split(|byte| *byte == b'\n').map(event_of);
        let event = lines.take(SAMPLES_MAX).find(|event| !is_blank(event));
        if let Some(event) = event.filter(|event| event.len() <= SAMPLE_BYTES_MAX) {
            self.blocks += 1;
            self.events.push(event.into());
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
