//! The parts by themselves: the needle scan, the call into the sandbox, the event view, dissect.
//!
//! `cargo bench --manifest-path tests/bench/Cargo.toml`

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use trommel::prefilter::Needles;
use trommel::{Component, Limits, Sandbox};
use trommel_bench::stream::{Form, Stream};
use trommel_rule::Event;
use trommel_rule::dissect::Dissect;

const PATTERN: &str = "{%{}=%{snapshotId},%{}=%{attributeType},%{}={%{operationType}={%{}=[{%{}=%{userId}}]}}}";
const PARAMETERS: &str = "{snapshotId=snap-00112233445566778, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=210987654321}]}}}";
/// Enough of them to be no one event's figure, and few enough to lie in the cache.
const EVENTS: usize = 256;
/// What the needle scan goes through.
const BLOCK_BYTES: usize = 1 << 20;

fn main() {
    divan::main();
}

/// Events without an alert.
fn events(form: Form) -> Vec<String> {
    let mut stream = Stream::new(11);
    let mut events = Vec::new();
    while events.len() < EVENTS {
        let (needles, mut event) = (stream.made.needles, String::new());
        stream.event(form, &mut event);
        if stream.made.needles == needles {
            events.push(event);
        }
    }
    events
}

/// An event with an alert.
fn alert() -> String {
    let mut stream = Stream::new(11);
    loop {
        let mut event = String::new();
        stream.event(Form::Elastic, &mut event);
        if !stream.made.answers.is_empty() {
            return event;
        }
    }
}

fn bytes(events: &[String]) -> BytesCount {
    BytesCount::new(events.iter().map(String::len).sum::<usize>())
}

/// A block that holds no needle.
fn block() -> Vec<u8> {
    let mut block = Vec::new();
    while block.len() < BLOCK_BYTES {
        block.extend(events(Form::Elastic).join("\n").into_bytes());
        block.push(b'\n');
    }
    block
}

fn component() -> Arc<Component> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/rules/aws-ebs-snapshot-shared");
    let built = trommel::build::build(&folder, None, |_| Ok::<_, trommel::build::BuildError>(()), &mut |_| {})
        .expect("the rule builds");
    let sandbox = Sandbox::new(Limits::default(), true).expect("the sandbox can be made");
    let bytes = std::fs::read(built.component).expect("the component can be read");
    Arc::new(sandbox.load("rule", &bytes).expect("the component can be loaded"))
}

/// One pass over a block that holds none of so many needles.
#[divan::bench(args = [1, 2, 64])]
fn needle_scan(bencher: Bencher<'_, '_>, count: usize) {
    let texts: Vec<Vec<String>> = (0..count).map(|number| vec![format!("{number:02}Needle{number}")]).collect();
    let needles = Needles::new(texts.iter().map(|texts| Some(texts.as_slice())));
    let block = block();
    bencher.counter(BytesCount::of_slice(&block)).bench(|| needles.scan(black_box(&block)).next(0));
}

/// Quiet events through the sandbox: the call, the copy, the rule.
#[divan::bench(args = [Form::Raw, Form::Elastic])]
fn sandbox(bencher: Bencher<'_, '_>, form: Form) {
    let events = events(form);
    let mut instance = component().instance(false);
    bencher.counter(bytes(&events)).bench_local(|| {
        for event in &events {
            assert!(instance.evaluate(black_box(event.as_bytes()), None).is_ok_and(|findings| findings.is_empty()));
        }
    });
}

/// The least call of all: an event without a field.
#[divan::bench]
fn sandbox_empty_event(bencher: Bencher<'_, '_>) {
    let mut instance = component().instance(false);
    bencher.bench_local(|| instance.evaluate(black_box(b"{}"), None));
}

/// One event with an alert through the sandbox.
#[divan::bench]
fn sandbox_alert(bencher: Bencher<'_, '_>) {
    let event = alert();
    let mut instance = component().instance(false);
    bencher.bench_local(|| instance.evaluate(black_box(event.as_bytes()), None));
}

/// An empty event in a fresh instance.
#[divan::bench]
fn sandbox_fresh_instance(bencher: Bencher<'_, '_>) {
    let mut instance = component().instance(true);
    bencher.bench_local(|| instance.evaluate(black_box(b"{}"), None));
}

/// The same events and the same rule, compiled natively.
#[divan::bench(args = [Form::Raw, Form::Elastic])]
fn native(bencher: Bencher<'_, '_>, form: Form) {
    let events = events(form);
    let mut rules = aws_ebs_snapshot_shared::rules();
    bencher.counter(bytes(&events)).bench_local(|| {
        for event in &events {
            assert!(rules.evaluate(black_box(event.as_bytes())).is_ok_and(|findings| findings.is_empty()));
        }
    });
}

/// Reading events, and asking nothing of them.
#[divan::bench]
fn event_parse(bencher: Bencher<'_, '_>) {
    let events = events(Form::Elastic);
    bencher.counter(bytes(&events)).bench_local(|| {
        for event in &events {
            assert!(Event::parse(black_box(event.as_bytes())).is_ok());
        }
    });
}

/// Finding one field of an event that was read.
#[divan::bench]
fn event_field(bencher: Bencher<'_, '_>) {
    let text = alert();
    let event = Event::parse(text.as_bytes()).expect("an event");
    bencher.bench_local(|| black_box(&event).root().field(black_box("event.provider")));
}

/// Taking the query's pattern apart, once it is known.
#[divan::bench]
fn dissect(bencher: Bencher<'_, '_>) {
    let pattern = Dissect::new(PATTERN).expect("a pattern");
    bencher.bench_local(|| pattern.apply_all([black_box(PARAMETERS)]).len());
}
