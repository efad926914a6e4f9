//! The rules of an instance, from one call to the next.
//!
//! A host that runs core modules alone may go on with an instance in which a call trapped. So nothing is borrowed over a
//! call: the rules are taken out for its time, and after a trap, which leaves them out, the next call makes them anew
//! with the same settings.

use std::cell::Cell;

use crate::{RuleSet, SettingError};

/// The rules of an instance.
pub struct Kept {
    make: fn() -> RuleSet,
    rules: Cell<Option<RuleSet>>,
    /// The settings that were taken, by the rule's number.
    settings: Cell<Vec<(u32, String)>>,
}

impl Kept {
    /// Keeps what `make` makes when it is first needed.
    pub const fn new(make: fn() -> RuleSet) -> Self {
        Self { make, rules: Cell::new(None), settings: Cell::new(Vec::new()) }
    }

    /// Calls the rules.
    pub fn call<T>(&self, call: impl FnOnce(&mut RuleSet) -> T) -> T {
        let mut rules = self.rules.take().unwrap_or_else(|| self.again());
        let answer = call(&mut rules);
        self.rules.set(Some(rules));
        answer
    }

    /// Gives a rule its settings.
    pub fn configure(&self, rule: u32, settings: String) -> Result<(), Vec<SettingError>> {
        self.call(|rules| rules.configure(rule, &settings))?;
        let mut all = self.settings.take();
        all.retain(|(configured, _)| *configured != rule);
        all.push((rule, settings));
        self.settings.set(all);
        Ok(())
    }

    fn again(&self) -> RuleSet {
        #[cfg(target_arch = "wasm32")]
        crate::last_words::keep();
        let mut rules = (self.make)();
        let all = self.settings.take();
        for (rule, settings) in &all {
            // They were taken before.
            let _ = rules.configure(*rule, settings);
        }
        self.settings.set(all);
        rules
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::{Event, Finding, Metadata, Rule, Settings};

    #[derive(Default)]
    struct Word {
        second: bool,
    }

    impl Rule for Word {
        fn describe() -> Metadata {
            Metadata { id: "word".into(), ..Metadata::default() }
        }

        fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
            let second = settings.choice("word", "Which word.", &["first", "second"]) == 1;
            settings.finish().map(|()| Self { second })
        }

        fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
            assert!(event.field("crash").is_null(), "as told");
            if event.field("word").equals(if self.second { "second" } else { "first" }).holds() {
                findings.push(Finding::default());
            }
        }
    }

    #[test]
    fn a_trap_leaves_the_next_call_as_it_would_have_been() {
        let kept = Kept::new(|| RuleSet::new().with::<Word>());
        kept.configure(0, r#"{"word":"second"}"#.into()).unwrap();
        for _ in 0..3 {
            let crash = || kept.call(|rules| rules.evaluate(br#"{"crash":1}"#).unwrap().len());
            assert!(catch_unwind(AssertUnwindSafe(crash)).is_err());
            let found = |event: &str| kept.call(|rules| rules.evaluate(event.as_bytes()).unwrap().len());
            assert_eq!((found(r#"{"word":"second"}"#), found(r#"{"word":"first"}"#)), (1, 0));
        }
    }
}
