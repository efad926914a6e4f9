//! A rule that does what the event's field `do` tells it: finds, or fails in one of the ways in which rules fail.

use trommel_rule::{Event, Finding, Metadata, Rule, Values};

trommel_rule::export!(Faulty);

/// Finds, crashes, runs on, takes memory or lies.
#[derive(Debug, Default)]
pub struct Faulty;

impl Rule for Faulty {
    fn describe() -> Metadata {
        Metadata {
            id: "faulty".into(),
            name: "Test rule faulty".into(),
            version: "1.0.0".into(),
            columns: vec!["do".into()],
            needles: vec!["do".into()],
            ..Metadata::default()
        }
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        let told = match event.field("do") {
            // No needle stands for this one: what is done for it breaks the promise of the needles, or is done in vain.
            Values::Null => event.field("quiet"),
            told => told,
        };
        match told.single() {
            Some("find") => findings.push(Finding::new([("do", told)])),
            Some("twice") => findings.extend([Finding::new([("do", told.clone())]), Finding::new([("do", told)])]),
            Some("crash") => panic!("as told"),
            Some("run") => loop {
                std::hint::black_box(&told);
            },
            Some("take") => drop(std::hint::black_box(vec![1_u8; 1 << 30])),
            Some("lie") => findings.push(Finding::new([("other", told)])),
            _ => {}
        }
    }
}
