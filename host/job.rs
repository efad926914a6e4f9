//! A run, as it is asked for: what is read, by which rules and how it is judged.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::diagnostics::Tell;
use crate::input::Reading;
use crate::input::source::{Progress, Stop};
use crate::output::OnError;
use crate::output::breaker::Fuse;
use crate::rules::Rules;
use crate::sandbox::metadata::Severity;
use crate::threads::cores;

/// Default of [`Judging::failures_max`].
pub const FAILURES_MAX: u64 = 100;
/// Default of [`Judging::rest_events`].
pub const REST_EVENTS: u64 = 1_000;

/// How events are judged.
#[derive(Debug, Clone)]
pub struct Judging {
    /// Whether a rule is left out for an event that holds none of its needles.
    pub needles: bool,
    /// Whether every event is checked to be a JSON object, also one that no rule sees.
    pub validate: bool,
    /// Whether every event has a fresh instance.
    pub isolate: bool,
    /// Whether alerts hold their event, which bounds how many of them a rule may have in a large one.
    pub include_event: bool,
    /// The lowest severity of a finding that counts as one.
    pub severity_min: Severity,
    /// What becomes of an event that a rule failed to judge.
    pub on_error: OnError,
    /// After how many failures in a row a rule rests. 0: never.
    pub failures_max: u64,
    /// How many of the events that concern it a rule that rests does not see, before one event tries it again.
    pub rest_events: u64,
    /// How many threads judge.
    pub threads: usize,
    /// The stack that the components may use, in bytes.
    pub stack_bytes: usize,
}

impl Default for Judging {
    fn default() -> Self {
        Self {
            needles: true,
            validate: false,
            isolate: false,
            include_event: false,
            severity_min: Severity::Informational,
            on_error: OnError::Pass,
            failures_max: FAILURES_MAX,
            rest_events: REST_EVENTS,
            threads: cores(),
            stack_bytes: crate::sandbox::limits::STACK_BYTES_MAX,
        }
    }
}

impl Judging {
    pub(crate) fn fuse(&self) -> Fuse {
        Fuse { failures_max: self.failures_max, rest_events: self.rest_events }
    }
}

/// The rules of a run, which may be exchanged while it goes on.
#[derive(Debug, Clone)]
pub struct Exchange {
    rules: Arc<Mutex<Arc<Rules>>>,
    /// How often they were exchanged.
    generation: Arc<AtomicU64>,
}

impl Exchange {
    /// Begins with these rules.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules: Arc::new(Mutex::new(rules)), generation: Arc::default() }
    }

    /// Goes on with these rules. A block of events that is being judged is judged to its end by those before.
    pub fn set(&self, rules: Arc<Rules>) {
        *self.lock() = rules;
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// The rules now.
    pub fn get(&self) -> Arc<Rules> {
        self.lock().clone()
    }

    /// How often they were exchanged.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Rules>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run: events from somewhere, rules, and what becomes of the rest.
pub struct Job {
    /// The rules.
    pub rules: Exchange,
    /// What is read.
    pub reading: Reading,
    /// How it is judged.
    pub judging: Judging,
    /// Where events go that could not be judged.
    pub dead_letters: Option<File>,
    /// What takes the messages.
    pub tell: Tell,
    /// How the run is asked to stop.
    pub stop: Stop,
    /// Where the run says how far it has come.
    pub progress: Arc<Progress>,
}

impl Job {
    /// Sends what is read through the rules, with defaults for all else: nothing is told, and nothing stops it.
    pub fn new(rules: Arc<Rules>, reading: Reading) -> Self {
        Self {
            rules: Exchange::new(rules),
            reading,
            judging: Judging::default(),
            dead_letters: None,
            tell: Box::new(|_| {}),
            stop: Stop::default(),
            progress: Arc::default(),
        }
    }
}
