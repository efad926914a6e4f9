//! What it may cost to make instances anew. Each start may take as much work as loading, a hundred times that of an
//! event: a rule that has itself restarted at every event must not take that much for each.

use super::{Failure, FailureKind};
use crate::sandbox::limits::{Limits, START_FUEL};

/// An account of fuel: starts take from it, and every event brings in what it may itself take. So starts take no more
/// in the long run than events may, and at no time more than twice the work of loading beyond.
pub(super) struct Restarts {
    /// May be below zero: what a start takes is known when it is over.
    fuel: i128,
    fuel_max: i128,
    /// Where every event is to have a fresh instance, starts are what the operator asked for.
    are_free: bool,
}

impl Restarts {
    pub(super) fn new(limits: &Limits, are_free: bool) -> Self {
        let fuel_max = i128::from(limits.load_fuel.max(START_FUEL));
        Self { fuel: fuel_max, fuel_max, are_free }
    }

    /// Takes in the fuel of an event.
    pub(super) fn earn(&mut self, event_fuel: u64) {
        self.fuel = (self.fuel + i128::from(event_fuel)).min(self.fuel_max);
    }

    /// Starts something, which adds the fuel that it takes to what it is given.
    pub(super) fn start<T>(&mut self, start: impl FnOnce(&mut u64) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.fuel <= 0 && !self.are_free {
            let text = "starts anew too often for the work that it takes";
            return Err(Failure::new(FailureKind::Restart, text, None));
        }
        let mut spent = START_FUEL;
        let started = start(&mut spent);
        self.fuel -= i128::from(spent);
        started
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(restarts: &mut Restarts, events: usize, event_fuel: u64, start_fuel: u64) -> usize {
        let mut start = || {
            restarts.earn(event_fuel);
            restarts.start(|spent| {
                *spent += start_fuel;
                Ok(())
            })
        };
        (0..events).filter(|_| start().is_ok()).count()
    }

    #[test]
    fn starts_take_no_more_than_events_may() {
        let limits = Limits { load_fuel: 10_000_000, ..Limits::default() };
        let start_fuel = limits.load_fuel - START_FUEL;
        // One is paid from the beginning, and one by ten events each.
        let mut restarts = Restarts::new(&limits, false);
        assert_eq!(starts(&mut restarts, 100, 1_000_000, start_fuel), 11);
        // What events bring in is not saved without end.
        assert_eq!((0..1_000).map(|_| restarts.earn(u64::MAX)).count(), 1_000);
        assert!(starts(&mut restarts, 10, 0, start_fuel) <= 2);
        assert_eq!(starts(&mut Restarts::new(&limits, true), 100, 0, start_fuel), 100);
        // Starts that cost little are always paid.
        assert_eq!(starts(&mut Restarts::new(&limits, false), 10_000, 1_000_000, 0), 10_000);
    }
}
