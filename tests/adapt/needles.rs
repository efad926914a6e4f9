//! The search for needles in an adapted rule, beside the host's own.

use proptest::prelude::*;
use trommel::adapt::{Adapting, Target, adapt};
use trommel::metadata::{Metadata, Severity};
use trommel::prefilter::Needles;

use crate::support::filter_host::{Became, FilterHost};
use crate::{component, events, record};

/// A rule that finds something in every event.
const FINDS: &str = r#"(func (export "evaluate") (param i32 i32 i32 i32 i32) (result i32) (i32.const 416))
(data (i32.const 416) "\00\00\00\00\b0\01\00\00\01\00\00\00")"#;

fn with_needles(needles: &[String]) -> Vec<u8> {
    let rule = component(FINDS);
    let metadata = Metadata {
        id: "needles".into(),
        name: "Needles".into(),
        version: "1.0.0".into(),
        authors: Vec::new(),
        license: String::new(),
        severity: Severity::Low,
        risk_score: 0,
        tags: Vec::new(),
        references: Vec::new(),
        threats: Vec::new(),
        columns: Vec::new(),
        settings_schema: String::new(),
        needles: needles.to_vec(),
    };
    adapt(Adapting { rule: &rule, rules: &[metadata], settings: &[] }, Target::FluentBit).expect("adapted")
}

proptest! {
    #![proptest_config(events::cases(60))]

    /// The search in the module leaves out what the host's own leaves out, and nothing else.
    #[test]
    fn needles_are_found_as_by_the_host(
        needles in prop_oneof![
            4 => proptest::collection::vec("[a-c/u0]{2,9}", 1..5),
            1 => proptest::collection::vec("[a-z]{3,20}", 30..60),
            1 => proptest::collection::vec("[a-c]{250,255}", 1..3),
            1 => proptest::collection::vec("[a-c]{1,2}", 1..3),
        ],
        texts in proptest::collection::vec(
            proptest::collection::vec(
                prop_oneof![
                    4 => "[a-d/u0 ]{1,12}".boxed(),
                    1 => any::<prop::sample::Index>().prop_map(|index| format!("\0{}", index.index(1 << 20))).boxed(),
                    1 => prop::sample::select(vec!["\\u0061", "\\u0041", "\\u005C", "\\u002f", "\\/", "\\", "\\u00", "\\u006",
                        "\\u00e4", "\\\\u0062", "ä", "ÜÜÜÜ", "\\\"", "\\n", "\\u0020"]).prop_map(str::to_owned).boxed(),
                ],
                0..14,
            ),
            1..12,
        ),
    ) {
        let mut host = FilterHost::new(&with_needles(&needles), "trommel_filter");
        let search = Needles::new([Some(needles.as_slice())]);
        for pieces in texts {
            // A piece that begins with a zero stands for one of the needles.
            let text: String = pieces.iter().map(|piece| match piece.strip_prefix('\0') {
                Some(index) => needles[index.parse::<usize>().unwrap() % needles.len()].clone(),
                None => piece.clone(),
            }).collect();
            let matters = search.scan(text.as_bytes()).next(0).is_some();
            let expected = match (matters, text.is_empty()) {
                // The shortest needles are not searched for.
                _ if needles.iter().any(|needle| needle.len() == 1) => continue,
                (true, false) => record(&text),
                _ => Became::Dropped,
            };
            prop_assert_eq!(host.call(&text), expected, "{:?} in {}", needles, text);
        }
    }
}
