//! A rule that can be made into any number of different ones without compiling it again.
//!
//! The two places below are found in the compiled file and written over, with as many bytes. They are long enough that
//! the compiler leaves them where it puts texts, in one piece.

use std::hint::black_box;

use trommel_rule::{Event, Finding, Metadata, Rule, cloudtrail};

trommel_rule::export!(Numbered);

static ID: &str = "com.example.numbered.the-id-of-this-rule-is-to-be-written-over.0000";
static NEEDLE: &str = "NeedleOfTheNumberedRuleThatIsToBeWrittenOverInTheCompiledFile0000";

/// Finds calls that are named as its needle.
#[derive(Debug, Default)]
pub struct Numbered;

impl Rule for Numbered {
    fn describe() -> Metadata {
        Metadata {
            id: black_box(ID).into(),
            name: "A numbered rule".into(),
            version: "1.0.0".into(),
            columns: vec!["arn".into(), "action".into()],
            needles: vec![black_box(NEEDLE).into()],
            ..Metadata::default()
        }
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            if record.action().equals(black_box(NEEDLE)).holds() {
                findings.push(Finding::new([("arn", record.caller_arn()), ("action", record.action())]));
            }
        }
    }
}
