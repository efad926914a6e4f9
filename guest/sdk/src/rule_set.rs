//! The rules of one component, behind the contract's three functions.
//!
//! Plain Rust: the same code runs in the sandbox, where [`export!`](crate::export) wraps it, and natively.

use std::borrow::Cow;

use crate::event::Scratch;
use crate::{Event, Fault, Finding, Metadata, Rule, SettingError, Settings};

/// The rules of one component, in their order.
pub struct RuleSet {
    rules: Vec<Box<dyn AnyRule>>,
    /// The memory of the last event's view, for the next one's.
    scratch: Scratch,
}

impl RuleSet {
    /// An empty set, to be filled by [`with`](Self::with).
    #[expect(clippy::new_without_default, reason = "an empty set is a beginning, not a sensible value")]
    pub fn new() -> Self {
        Self { rules: Vec::new(), scratch: Scratch::default() }
    }

    /// Adds a rule, as it is before anyone configures it.
    pub fn with<R: Rule>(mut self) -> Self {
        self.rules.push(Box::new(R::default()));
        self
    }

    /// What the rules say of themselves.
    pub fn describe(&self) -> Vec<Metadata> {
        self.rules.iter().map(|rule| rule.describe()).collect()
    }

    /// Gives the rule with this number its settings.
    pub fn configure(&mut self, rule: u32, settings: &str) -> Result<(), Vec<SettingError>> {
        let Some(rule) = self.rules.get_mut(rule as usize) else {
            let expected = format!("a rule's number, below {}", self.rules.len());
            return Err(vec![SettingError { pointer: String::new(), expected }]);
        };
        rule.configure(Settings::parse(settings)?)
    }

    /// Judges one event by all the rules.
    pub fn evaluate(&mut self, event: &[u8]) -> Result<Vec<Finding>, Fault> {
        let scratch = std::mem::take(&mut self.scratch);
        let event =
            Event::parse_reusing(Cow::Borrowed(event), scratch).map_err(|error| Fault::Malformed(error.to_string()))?;
        let mut findings = Vec::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let from = findings.len();
            rule.evaluate(&event, &mut findings);
            findings[from..].iter_mut().for_each(|finding| finding.rule = number as u32);
        }
        self.scratch = event.into_scratch();
        Ok(findings)
    }
}

/// [`Rule`] without its type.
trait AnyRule {
    fn describe(&self) -> Metadata;
    fn configure(&mut self, settings: Settings<'_>) -> Result<(), Vec<SettingError>>;
    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>);
}

impl<R: Rule> AnyRule for R {
    fn describe(&self) -> Metadata {
        R::describe()
    }

    fn configure(&mut self, settings: Settings<'_>) -> Result<(), Vec<SettingError>> {
        *self = R::configure(settings)?;
        Ok(())
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        Rule::evaluate(self, event, findings);
    }
}
