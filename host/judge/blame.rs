//! When a call for several rules fails: which of them is to blame, and what the others find.

use crate::sandbox::Failure;
use crate::sandbox::metadata::Finding;

/// What the rules of a component say of one event, after all.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) findings: Vec<Finding>,
    /// Rules that failed, and why. Several where nobody can tell which of them it was.
    pub(crate) failed: Vec<(Vec<u32>, Failure)>,
}

/// Asks the rules again, in halves, until each one that is to blame is alone: that takes about two calls for each time
/// that the rules can be halved, for each of the guilty.
///
/// `again` makes a call for some rules; `None` where judging this event again has taken all that it may.
pub(crate) fn settle(
    asked: &[u32],
    failure: Failure,
    again: &mut impl FnMut(&[u32]) -> Option<Result<Vec<Finding>, Failure>>,
) -> Settled {
    let mut settled = Settled::default();
    let mut open = vec![(asked.to_vec(), failure)];
    while let Some((asked, failure)) = open.pop() {
        let named = failure.rule.filter(|rule| asked.contains(rule));
        let parts = match named {
            _ if asked.len() == 1 || failure.is_everybodys => {
                settled.failed.push((asked, failure));
                continue;
            }
            Some(rule) => {
                let others = asked.iter().copied().filter(|other| *other != rule).collect();
                settled.failed.push((vec![rule], failure.clone()));
                vec![others]
            }
            None => {
                let (one, other) = asked.split_at(asked.len() / 2);
                vec![other.to_vec(), one.to_vec()]
            }
        };
        for part in parts {
            match again(&part) {
                Some(Ok(findings)) => settled.findings.extend(findings),
                Some(Err(failure)) => open.push((part, failure)),
                None => settled.failed.push((part, failure.clone())),
            }
        }
    }
    settled.findings.sort_by_key(|finding| finding.rule);
    settled.failed.sort_by_key(|(rules, _)| rules.first().copied());
    settled
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::sandbox::FailureKind;
    use crate::sandbox::metadata::Severity;

    fn failure(rule: Option<u32>) -> Failure {
        Failure { kind: FailureKind::Trap, text: String::new(), rule, is_everybodys: false }
    }

    fn finding(rule: u32) -> Finding {
        let columns = "{}".to_owned();
        Finding { rule: rule as usize, columns, severity: Severity::Low, risk_score: 0, event_id: None, nth: 0 }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn blames_exactly_the_guilty(
            asked in btree_set(0..2000_u32, 1..400), guilt in vec((any::<prop::sample::Index>(), any::<bool>()), 1..4)
        ) {
            let asked: Vec<u32> = asked.into_iter().collect();
            // The guilty, and whether their failures name them.
            let guilty: Vec<(u32, bool)> = guilt.iter().map(|(at, named)| (*at.get(&asked), *named)).collect();
            let mut calls = 0;
            let mut call = |rules: &[u32]| {
                calls += 1;
                match guilty.iter().find(|(rule, _)| rules.contains(rule)) {
                    Some((rule, named)) => Err(failure(named.then_some(*rule))),
                    None => Ok(rules.iter().map(|rule| finding(*rule)).collect()),
                }
            };
            let first = call(&asked).unwrap_err();
            let settled = settle(&asked, first, &mut |rules| Some(call(rules)));
            let mut blamed: Vec<u32> = guilty.iter().map(|(rule, _)| *rule).collect();
            blamed.sort_unstable();
            blamed.dedup();
            let failed: Vec<_> = settled.failed.iter().map(|(rules, _)| rules.clone()).collect();
            prop_assert_eq!(failed, blamed.iter().map(|rule| vec![*rule]).collect::<Vec<_>>());
            let found: Vec<u32> = settled.findings.iter().map(|finding| finding.rule as u32).collect();
            let innocent: Vec<u32> = asked.iter().copied().filter(|rule| !blamed.contains(rule)).collect();
            prop_assert_eq!(found, innocent);
            prop_assert!(calls <= 1 + blamed.len() * 2 * 9, "{} calls", calls);
        }
    }

    #[test]
    fn stops_when_it_may_take_no_more() {
        let mut calls = 0;
        let settled = settle(&[0, 1, 2, 3, 4, 5, 6, 7], failure(None), &mut |_| {
            calls += 1;
            (calls <= 3).then(|| Err(failure(None)))
        });
        let mut blamed: Vec<u32> = settled.failed.iter().flat_map(|(rules, _)| rules.clone()).collect();
        blamed.sort_unstable();
        assert_eq!(blamed, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(settled.findings.is_empty());
    }

    #[test]
    fn a_failure_of_everybody_is_not_tried_again() {
        let all = Failure { is_everybodys: true, ..failure(None) };
        let settled = settle(&[0, 1, 2], all, &mut |_| panic!("nobody is asked"));
        assert_eq!(settled.failed.len(), 1);
        assert_eq!(settled.failed[0].0, [0, 1, 2]);
    }
}
