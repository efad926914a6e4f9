//! The circuit breaker of a rule: after failures in a row the rule rests, and is tried again later.

/// When a rule rests, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fuse {
    /// After how many failures in a row. 0: never.
    pub(crate) failures_max: u64,
    /// How many of the events that concern it a rule that rests does not see; then one event tries it again.
    pub(crate) rest_events: u64,
}

/// How a rule fares, event by event. Only events that concern it count, and only failures that are its own fault.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Breaker {
    /// Failures in a row.
    failures: u64,
    /// How many events more the rule does not see.
    rest: u64,
    /// Whether it has rested since it last judged an event.
    rested: bool,
}

/// What becomes of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tripped {
    /// Nothing: the rule goes on.
    No,
    /// The rule rests from now on.
    Now,
    /// It was tried again, and rests on.
    Again,
}

impl Breaker {
    /// Whether the rule is to see the next event that concerns it. If not, that event is counted here.
    pub(crate) fn lets_pass(&mut self) -> bool {
        self.rest = match self.rest.checked_sub(1) {
            None => return true,
            Some(rest) => rest,
        };
        false
    }

    /// Whether the next event that concerns the rule is one that it does not see.
    pub(crate) fn rests(&self) -> bool {
        self.rest > 0
    }

    /// Whether the rule has rested since it last judged an event, or rests.
    pub(crate) fn has_rested(&self) -> bool {
        self.rested
    }

    /// Whether the rule neither rests nor has failed lately.
    pub(crate) fn is_at_ease(&self) -> bool {
        *self == Self::default()
    }

    /// The rule judged an event. Answers whether it had rested before.
    pub(crate) fn judged(&mut self) -> bool {
        std::mem::take(self).rested
    }

    /// The rule failed.
    pub(crate) fn failed(&mut self, fuse: Fuse) -> Tripped {
        self.failures += 1;
        if fuse.failures_max == 0 || self.failures < fuse.failures_max {
            return Tripped::No;
        }
        self.rest = fuse.rest_events;
        if std::mem::replace(&mut self.rested, true) { Tripped::Again } else { Tripped::Now }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_and_is_tried_again() {
        let fuse = Fuse { failures_max: 3, rest_events: 10 };
        let mut breaker = Breaker::default();
        assert!(breaker.lets_pass() && breaker.is_at_ease());
        assert_eq!(breaker.failed(fuse), Tripped::No);
        assert!(!breaker.judged() && breaker.is_at_ease());
        assert_eq!([1, 2, 3].map(|_| breaker.failed(fuse)), [Tripped::No, Tripped::No, Tripped::Now]);
        for _ in 0..2 {
            assert!(breaker.rests() && (0..10).all(|_| !breaker.lets_pass()));
            assert!(!breaker.rests() && breaker.lets_pass());
            assert_eq!(breaker.failed(fuse), Tripped::Again);
        }
        assert!((0..10).all(|_| !breaker.lets_pass()));
        assert!(breaker.lets_pass() && breaker.judged());
        assert_eq!(breaker.failed(fuse), Tripped::No);
    }

    #[test]
    fn zero_never_rests() {
        let (fuse, mut breaker) = (Fuse { failures_max: 0, rest_events: 10 }, Breaker::default());
        assert!((0..10_000).all(|_| breaker.failed(fuse) == Tripped::No && breaker.lets_pass()));
    }
}
