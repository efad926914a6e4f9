//! What the properties of streams share: components, ways to judge and to write, ways to cut the input to pieces.

#![allow(dead_code, reason = "each test uses its part")]

use std::path::Path;
use std::sync::{Arc, OnceLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use trommel::{Emit, OnError};

use super::events::pieces;
use super::support;
use super::through::{How, Named, Out, file, pipe, same, sandbox, through};

/// The components of these names, in this order.
pub(crate) fn components(names: &[&str]) -> Vec<Named> {
    static BUILT: OnceLock<Vec<Named>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let sandbox = sandbox();
        let load = |(name, path): (&str, &Path)| {
            let bytes = std::fs::read(path).expect("a component");
            let component = sandbox.load(name, &bytes).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            (name.to_owned(), Arc::new(component))
        };
        let paths = [support::ebs(), support::three(), support::component("tests/rules/faulty")];
        ["ebs", "three", "faulty"].into_iter().zip(paths.iter().map(|path| path.as_path())).map(load).collect()
    });
    names.iter().map(|name| built.iter().find(|(known, _)| known == name).expect("a component").clone()).collect()
}

pub(crate) fn some_components() -> impl Strategy<Value = &'static [&'static str]> {
    // The component `three` has a rule without needles, so that with it no event is skipped.
    select(vec![&["faulty"] as &[&str], &["ebs", "faulty"], &["faulty", "three"], &["three", "faulty", "ebs"]])
}

pub(crate) fn emit() -> impl Strategy<Value = Emit> {
    select(vec![Emit::Alerts, Emit::Matched, Emit::Unmatched, Emit::Tagged])
}

/// Any way to judge and to write; with one thread and large blocks.
pub(crate) fn how() -> impl Strategy<Value = How> {
    let on_error = select(vec![OnError::Pass, OnError::Drop]);
    let longest = prop_oneof![3 => Just(1 << 20), 1 => 20..200_usize];
    (emit(), on_error, 0..4_u64, 0..6_u64, any::<[bool; 3]>(), longest).prop_map(
        |(emit, on_error, failures_max, rest_events, [needles, validate, line_buffered], event_bytes_max)| How {
            emit,
            on_error,
            failures_max,
            rest_events,
            needles,
            validate,
            line_buffered,
            event_bytes_max,
            ..How::default()
        },
    )
}

/// Threads, the size of a block, and the lengths of the pieces in which the input comes.
pub(crate) fn cutting() -> impl Strategy<Value = (usize, usize, Vec<usize>)> {
    let block = prop_oneof![1..20_usize, 20..2000_usize];
    (1..5_usize, block, vec(prop_oneof![1..10_usize, 1..400_usize], 1..6))
}

/// The input read as it comes, and cut to pieces.
pub(crate) fn both_ways(components: &[Named], how: &How, input: &[u8], cut: &(usize, usize, Vec<usize>)) -> Out {
    let whole = through(components, how, vec![file(input)]);
    let (threads, block_bytes, lengths) = cut;
    let how = How { threads: *threads, block_bytes: *block_bytes, ..how.clone() };
    same(&through(components, &how, vec![pipe(pieces(input, lengths))]), &whole, "through a pipe");
    same(&through(components, &how, vec![file(input)]), &whole, "in small blocks");
    whole
}
