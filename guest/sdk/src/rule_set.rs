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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Values;

    /// Finds events whose field `word` is its setting `word`, so many times as its number.
    #[derive(Default)]
    struct Word<const NUMBER: usize> {
        second: bool,
    }

    impl<const NUMBER: usize> Rule for Word<NUMBER> {
        fn describe() -> Metadata {
            Metadata { id: format!("word-{NUMBER}"), ..Metadata::default() }
        }

        fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
            let second = settings.choice("word", &["first", "second"]) == 1;
            settings.finish().map(|()| Self { second })
        }

        fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
            let word = event.field("word");
            if word.equals(if self.second { "second" } else { "first" }).holds() {
                let number = NUMBER.to_string();
                findings.extend((0..NUMBER).map(|_| Finding::new([("number", Values::from(number.as_str()))])));
            }
        }
    }

    fn rules() -> RuleSet {
        RuleSet::new().with::<Word<1>>().with::<Word<0>>().with::<Word<2>>()
    }

    /// The rule and the columns of each finding.
    fn found(rules: &mut RuleSet, event: &str) -> Vec<(u32, String)> {
        let findings = rules.evaluate(event.as_bytes()).unwrap();
        findings.into_iter().map(|finding| (finding.rule, finding.columns)).collect()
    }

    fn finding(rule: u32, number: &str) -> (u32, String) {
        (rule, format!(r#"{{"number":"{number}"}}"#))
    }

    #[test]
    fn rules_are_numbered_in_their_order() {
        let mut rules = rules();
        let ids: Vec<String> = rules.describe().into_iter().map(|rule| rule.id).collect();
        assert_eq!(ids, ["word-1", "word-0", "word-2"]);
        let all = [finding(0, "1"), finding(2, "2"), finding(2, "2")];
        assert_eq!(found(&mut rules, r#"{"word":"first"}"#), all);
        assert_eq!(found(&mut rules, r#"{"word":"second"}"#), []);
    }

    #[test]
    fn each_rule_has_settings_of_its_own() {
        let mut rules = rules();
        rules.configure(2, r#"{"word":"second"}"#).unwrap();
        assert_eq!(found(&mut rules, r#"{"word":"first"}"#), [finding(0, "1")]);
        assert_eq!(found(&mut rules, r#"{"word":"second"}"#), [finding(2, "2"), finding(2, "2")]);
        rules.configure(2, "{}").unwrap();
        assert_eq!(found(&mut rules, r#"{"word":"second"}"#), []);
    }

    #[test]
    fn settings_that_are_refused_leave_the_rule_as_it_was() {
        let mut rules = rules();
        rules.configure(0, r#"{"word":"second"}"#).unwrap();
        for settings in ["", "[]", r#"{"word":"third"}"#, r#"{"word":"first","other":1}"#] {
            assert!(!rules.configure(0, settings).unwrap_err().is_empty());
            assert_eq!(found(&mut rules, r#"{"word":"second"}"#), [finding(0, "1")], "{settings}");
        }
    }

    #[test]
    fn a_number_beyond_the_list_is_refused() {
        for number in [3, u32::MAX] {
            let errors = rules().configure(number, "{}").unwrap_err();
            assert_eq!(errors.len(), 1);
            assert_eq!((errors[0].pointer.as_str(), errors[0].expected.as_str()), ("", "a rule's number, below 3"));
        }
        assert_eq!(RuleSet::new().configure(0, "{}").unwrap_err().len(), 1);
    }

    #[test]
    fn an_event_that_is_none_is_a_fault_and_leaves_no_trace() {
        let mut rules = rules();
        let deep = format!("{{\"word\":\"first\",\"a\":{}", "[".repeat(1 << 20));
        for (event, fault) in [
            ("[]", "expected `{` at byte 0"),
            ("{\"word\":", "unexpected end at byte 8"),
            (&deep, "nested too deep at byte 146"),
        ] {
            match rules.evaluate(event.as_bytes()) {
                Err(Fault::Malformed(text)) => assert_eq!(text, fault),
                other => panic!("{other:?}"),
            }
            assert_eq!(found(&mut rules, r#"{"word":"first"}"#).len(), 3);
        }
    }

    #[test]
    fn many_rules_are_many_rules() {
        let mut rules = (0..500).fold(RuleSet::new(), |rules, _| rules.with::<Word<1>>());
        rules.configure(499, r#"{"word":"second"}"#).unwrap();
        let expected: Vec<_> = (0..499).map(|rule| finding(rule, "1")).collect();
        assert_eq!(found(&mut rules, r#"{"word":"first"}"#), expected);
    }

    #[test]
    fn a_large_event_does_not_hold_memory_for_ever() {
        let mut rules = rules();
        let large = format!("{{\"word\":\"first\",\"a\":[{}1]}}", "1,".repeat(2 * crate::event::NODES_KEPT_MAX));
        assert_eq!(found(&mut rules, &large).len(), 3);
        assert_eq!(rules.scratch.nodes.capacity(), 0);
        assert_eq!(found(&mut rules, r#"{"word":"first"}"#).len(), 3);
        assert!(rules.scratch.nodes.capacity() > 0);
    }
}
