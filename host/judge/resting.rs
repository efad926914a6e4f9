//! The rules that rest after failures, as all threads see them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The rules that rest. Whoever judges leaves them out; in the order of the events it is decided anew, so that it makes no
/// difference how soon a thread learns of it.
#[derive(Debug)]
pub(crate) struct Resting {
    rules: Box<[AtomicBool]>,
    count: AtomicUsize,
}

impl Resting {
    /// All of `rules` are awake.
    pub(crate) fn none_of(rules: usize) -> Self {
        Self { rules: (0..rules).map(|_| AtomicBool::new(false)).collect(), count: AtomicUsize::new(0) }
    }

    pub(crate) fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn contains(&self, rule: usize) -> bool {
        self.rules.get(rule).is_some_and(|rests| rests.load(Ordering::Relaxed))
    }

    /// Only the thread that writes calls this.
    pub(crate) fn set(&self, rule: usize, rests: bool) {
        let Some(known) = self.rules.get(rule) else { return };
        match (known.swap(rests, Ordering::Relaxed), rests) {
            (false, true) => self.count.fetch_add(1, Ordering::Relaxed),
            (true, false) => self.count.fetch_sub(1, Ordering::Relaxed),
            _ => 0,
        };
    }
}
