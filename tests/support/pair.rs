//! The first rule twice: natively, and in the sandbox.

#![allow(dead_code, reason = "each target uses its part")]

use std::sync::Arc;

use trommel::{Component, FailureKind, Instance};
use trommel_rule::{Fault, RuleSet, Severity};

/// A finding, as both tell it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) rule: usize,
    pub(crate) columns: String,
    pub(crate) severity: String,
    pub(crate) risk_score: u8,
}

/// The same rule, with the same settings, in two places.
pub(crate) struct Pair {
    native: RuleSet,
    sandboxed: Instance,
}

impl Pair {
    /// Takes a component that has these settings.
    pub(crate) fn new(component: &Arc<Component>, settings: &str) -> Self {
        let mut native = aws_ebs_snapshot_shared::rules();
        native.configure(0, settings).expect("the settings are taken");
        Self { native, sandboxed: component.instance(false) }
    }

    /// Judges an event in both places, and checks that they agree. `Err` says why it is none.
    pub(crate) fn evaluate(&mut self, event: &[u8]) -> Result<Vec<Found>, String> {
        let native = self.native.evaluate(event).map_err(|fault| match fault {
            Fault::Malformed(why) => why,
            Fault::Internal(fault) => panic!("{}: {}", fault.text, String::from_utf8_lossy(event)),
        });
        let rules = self.native.describe();
        let native = native.map(|findings| {
            let found = |finding: trommel_rule::Found| {
                let rule = &rules[finding.rule as usize];
                Found {
                    rule: finding.rule as usize,
                    columns: finding.columns,
                    severity: name(finding.severity.unwrap_or(rule.severity)).into(),
                    risk_score: finding.risk_score.unwrap_or(rule.risk_score),
                }
            };
            findings.into_iter().map(found).collect::<Vec<_>>()
        });
        let sandboxed = match self.sandboxed.evaluate(event, None) {
            Ok(findings) => Ok(findings
                .into_iter()
                .map(|finding| Found {
                    rule: finding.rule,
                    columns: finding.columns,
                    severity: finding.severity.to_string(),
                    risk_score: finding.risk_score,
                })
                .collect()),
            Err(failure) => {
                assert_eq!(failure.kind, FailureKind::Malformed, "{failure}: {}", String::from_utf8_lossy(event));
                Err(failure.text)
            }
        };
        assert_eq!(native, sandboxed, "{}", String::from_utf8_lossy(event));
        native
    }
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Informational => "informational",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
