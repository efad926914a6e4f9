//! The rules of one component, behind the contract's functions.
//!
//! Plain Rust: the same code runs in the sandbox, where [`export!`](crate::export) wraps it, and natively.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::event::Scratch;
use crate::settings::schema_of;
use crate::{Described, Document, Event, Fault, Finding, Found, Metadata, Rule, RuleFault, SettingError, Settings};

/// The rules of one component, in their order.
pub struct RuleSet {
    rules: Vec<Entry>,
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
        self.rules.push(Entry { rule: Box::new(R::default()), metadata: OnceCell::new() });
        self
    }

    /// What the rules say of themselves to a host.
    pub fn describe(&self) -> Vec<Described> {
        self.rules.iter().map(|entry| entry.rule.describe().split().0).collect()
    }

    /// What a person reads about the rule with this number.
    pub fn document(&self, rule: u32) -> Document {
        let empty = Document { description: String::new(), triage: String::new() };
        self.rules.get(rule as usize).map_or(empty, |entry| entry.rule.describe().split().1)
    }

    /// Gives the rule with this number its settings.
    pub fn configure(&mut self, rule: u32, settings: &str) -> Result<(), Vec<SettingError>> {
        let Some(entry) = self.rules.get_mut(rule as usize) else {
            let expected = format!("a rule's number, below {}", self.rules.len());
            return Err(vec![SettingError { pointer: String::new(), expected }]);
        };
        entry.rule.configure(Settings::parse(settings)?)
    }

    /// Whether some rule reads events of this kind. Nobody reads what is no JSON object.
    pub fn reads(&self, event: &[u8]) -> bool {
        Event::parse(event).is_ok_and(|event| self.rules.iter().any(|entry| entry.rule.reads(&event)))
    }

    /// Judges one event by all the rules.
    pub fn evaluate(&mut self, event: &[u8]) -> Result<Vec<Found>, Fault> {
        self.evaluate_asked(event, None)
    }

    /// Judges one event by the rules with these numbers, or by all.
    pub fn evaluate_asked(&mut self, event: &[u8], asked: Option<&[u32]>) -> Result<Vec<Found>, Fault> {
        let scratch = std::mem::take(&mut self.scratch);
        let event =
            Event::parse_reusing(Cow::Borrowed(event), scratch).map_err(|error| Fault::Malformed(error.to_string()))?;
        let mut found = Vec::new();
        let mut judge = |number: usize| match self.rules.get(number) {
            Some(entry) => entry.judge(number as u32, &event, &mut found),
            None => Ok(()),
        };
        match asked {
            None => (0..self.rules.len()).try_for_each(judge)?,
            Some(asked) => asked.iter().try_for_each(|&number| judge(number as usize))?,
        }
        self.scratch = event.into_scratch();
        Ok(found)
    }
}

/// A rule of the set.
struct Entry {
    rule: Box<dyn AnyRule>,
    /// What it says of itself, once it has found something.
    metadata: OnceCell<Metadata>,
}

impl Entry {
    fn judge(&self, number: u32, event: &Event<'_>, found: &mut Vec<Found>) -> Result<(), Fault> {
        let mut findings = Vec::new();
        self.rule.evaluate(event, &mut findings);
        if findings.is_empty() {
            return Ok(());
        }
        let metadata = self.metadata.get_or_init(|| self.rule.describe());
        let fault = |text| Fault::Internal(RuleFault { rule: Some(number), text });
        // In the sandbox the host looks after the needles.
        if !cfg!(target_arch = "wasm32") && !may_hold_a_needle(event.bytes(), &metadata.needles) {
            return Err(fault("a finding in an event that holds none of the rule's needles".into()));
        }
        for finding in findings {
            found.push(finding.found(number, &metadata.columns).map_err(fault)?);
        }
        Ok(())
    }
}

/// Whether an event holds one of these needles, or escapes in which one may hide.
fn may_hold_a_needle(event: &[u8], needles: &[String]) -> bool {
    let holds = |text: &[u8]| event.windows(text.len()).any(|window| window == text);
    needles.is_empty() || needles.iter().any(|needle| holds(needle.as_bytes())) || holds(br"\u") || holds(br"\/")
}

/// [`Rule`] without its type.
trait AnyRule {
    fn describe(&self) -> Metadata;
    fn configure(&mut self, settings: Settings<'_>) -> Result<(), Vec<SettingError>>;
    fn reads(&self, event: &Event<'_>) -> bool;
    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>);
}

impl<R: Rule> AnyRule for R {
    fn describe(&self) -> Metadata {
        let mut metadata = R::describe();
        if metadata.settings_schema.is_empty() {
            metadata.settings_schema = schema_of(|settings| drop(R::configure(settings)));
        }
        metadata
    }

    fn configure(&mut self, settings: Settings<'_>) -> Result<(), Vec<SettingError>> {
        *self = R::configure(settings)?;
        Ok(())
    }

    fn reads(&self, event: &Event<'_>) -> bool {
        R::reads(event)
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
            Metadata { id: format!("word-{NUMBER}"), columns: vec!["number".into()], ..Metadata::default() }
        }

        fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
            let second = settings.choice("word", "Which word.", &["first", "second"]) == 1;
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
    fn only_the_rules_that_are_asked_answer() {
        let mut rules = rules();
        let mut asked = |asked: &[u32]| -> Vec<u32> {
            let found = rules.evaluate_asked(br#"{"word":"first"}"#, Some(asked)).unwrap();
            found.into_iter().map(|finding| finding.rule).collect()
        };
        assert_eq!(asked(&[]), [0; 0]);
        assert_eq!(asked(&[1]), [0; 0]);
        assert_eq!(asked(&[2]), [2, 2]);
        assert_eq!(asked(&[0, 2, 7]), [0, 2, 2]);
    }

    /// Finds something in every event, and promises otherwise.
    #[derive(Default)]
    struct Liar<const COLUMN: bool>;

    impl<const COLUMN: bool> Rule for Liar<COLUMN> {
        fn describe() -> Metadata {
            let needles = if COLUMN { Vec::new() } else { vec!["needle".into()] };
            Metadata { id: "liar".into(), needles, ..Metadata::default() }
        }

        fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
            findings.push(if COLUMN { Finding::new([("word", event.field("word"))]) } else { Finding::default() });
        }
    }

    #[test]
    fn what_a_host_would_refuse_is_a_fault_natively_too() {
        let fault = |mut rules: RuleSet| match rules.evaluate(br#"{"word":"first"}"#) {
            Err(Fault::Internal(RuleFault { rule: Some(1), text })) => text,
            other => panic!("{other:?}"),
        };
        assert!(fault(RuleSet::new().with::<Word<0>>().with::<Liar<true>>()).contains("`word`"));
        assert!(fault(RuleSet::new().with::<Word<0>>().with::<Liar<false>>()).contains("needles"));
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
        let large = format!("{{{}\"word\":\"first\"}}", "\"a\":1,".repeat(2 * crate::event::NODES_KEPT_MAX));
        assert_eq!(found(&mut rules, &large).len(), 3);
        assert_eq!(rules.scratch.nodes.capacity(), 0);
        assert_eq!(found(&mut rules, r#"{"word":"first"}"#).len(), 3);
        assert!(rules.scratch.nodes.capacity() > 0);
    }
}
