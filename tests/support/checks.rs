//! What fuzzing checks of any bytes. `tests/fuzz` looks for bytes that break it, `tests/corpus.rs` replays what it kept.

#![allow(dead_code, reason = "each target uses its part")]

use trommel::compile::ir::{Metadata, Query, Rule};
use trommel::compile::problem::Problem;
use trommel::compile::{elastic, eql, esql, kql, pack, sigma};
use trommel::package::{Signers, sections, signatures, sshsig};
use trommel::{BLOCK_BYTES, Emit, OnError, Sandbox, Unwrap};
use trommel_engine::{Engine, Stop};

use super::account;
use super::pair::Pair;
use super::through::{How, Named, file, same, text, through};

/// The settings with which an event is judged.
pub(crate) const SETTINGS: [&str; 3] = ["{}", r#"{"parity":"esql"}"#, r#"{"trusted_accounts":["222222222222"]}"#];

/// An event is judged alike natively and in the sandbox.
pub(crate) fn event(pairs: &mut [Pair], bytes: &[u8]) {
    for pair in pairs {
        let _ = pair.evaluate(bytes);
    }
}

/// A component is loaded or refused, and what is loaded answers or fails.
pub(crate) fn load(sandbox: &Sandbox, bytes: &[u8]) {
    if let Ok(component) = sandbox.load("fuzz", bytes) {
        let mut instance = std::sync::Arc::new(component).instance(false);
        let _ = instance.evaluate(b"{}", None);
    }
}

/// A file is taken apart and put together again as it was; the texts of signatures and signers are taken or refused.
pub(crate) fn signed(bytes: &[u8]) {
    if let Ok(parts) = sections::split(bytes) {
        let sections = parts.signatures.iter().flat_map(|signature| sections::section_of(signature));
        assert!(parts.message.iter().copied().chain(sections).eq(bytes.iter().copied()));
        if let Ok(signatures) = signatures(bytes, &[]) {
            assert_eq!(signatures.len(), parts.signatures.len());
        }
    }
    let text = String::from_utf8_lossy(bytes);
    if let Ok(signatures) = sshsig::unarmored(&text) {
        let again: String = signatures.iter().map(|signature| sshsig::armored(signature)).collect();
        assert_eq!(sshsig::unarmored(&again).as_ref(), Ok(&signatures));
    }
    let _ = sshsig::Sshsig::read(bytes);
    let _ = Signers::read(&text);
}

/// A rule's text is compiled or refused, with a place in it; and what is compiled is a pack that the engine takes, in
/// which nothing is broken, whatever the event.
///
/// The first byte says what the text is: EQL, KQL, ES|QL, or a rule of Elastic's or Sigma's.
pub(crate) fn compile(bytes: &[u8]) {
    let Some((language, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let rules: Vec<Result<Rule, Problem>> = match language {
        b'e' => vec![eql::compile(text, "event.category").map(rule_of)],
        b'k' => vec![kql::compile(text).map(rule_of)],
        b'q' => vec![esql::compile(text).map(rule_of)],
        b't' => vec![elastic::rule(text).rule],
        _ => {
            let sources = sigma::Sources::built_in();
            sigma::rules(text, &sources).into_iter().map(|document| document.rule).collect()
        }
    };
    let mut compiled = Vec::new();
    for rule in rules {
        match rule {
            Ok(rule) => compiled.push(rule),
            Err(problem) => assert!(problem.span.start <= text.len() + 1, "{problem:?}"),
        }
    }
    let image = pack::write(&compiled, pack::Options { triage: true, needles: true }).image;
    let mut engine = Engine::new(&image).expect("it is a pack");
    for event in
        ["{}", r#"{"a":["b",1,null],"o":{"x":"xyz"},"message":"a longer text of several words","event":{"code":1}}"#]
    {
        if let Err((_, stop)) = engine.evaluate(event.as_bytes(), None) {
            assert!(matches!(stop, Stop::TooMuch(_)), "{stop}");
        }
    }
    (0..engine.rules()).for_each(|rule| drop(engine.about(rule).expect("it says what it is")));
}

fn rule_of(query: Query) -> Rule {
    Rule {
        metadata: Metadata::default(),
        expand: query.expand,
        condition: query.condition,
        columns: query.columns,
        severities: Vec::new(),
        risk_scores: Vec::new(),
        event_id: None,
        notices: Vec::new(),
    }
}

/// Any image is taken or refused, and what is taken answers or says what is broken. The first line is an event.
pub(crate) fn image(bytes: &[u8]) {
    let event = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let image = bytes.get(event.len() + 1..).unwrap_or_default();
    if let Ok(mut engine) = Engine::new(image) {
        for rule in 0..engine.rules().min(8) {
            let _ = engine.about(rule);
        }
        let _ = engine.reads(event);
        let _ = engine.evaluate(event, None);
        let _ = engine.evaluate(event, Some(&[0, 3]));
    }
}

/// A stream gives the same in any blocks and with any threads, with needles and without, and loses no line.
///
/// The first line of the bytes says how it is read and written, a letter each; the components are `faulty` and others.
pub(crate) fn stream(components: &[Named], bytes: &[u8]) {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let input = bytes.get(header.len() + 1..).unwrap_or_default();
    let pick = |at: usize, of: usize| usize::from(header.get(at).unwrap_or(&b'a').wrapping_sub(b'a')) % of;
    let how = How {
        emit: [Emit::Alerts, Emit::Matched, Emit::Unmatched, Emit::Tagged][pick(0, 4)],
        on_error: [OnError::Pass, OnError::Drop][pick(1, 2)],
        failures_max: pick(2, 4) as u64,
        needles: pick(3, 2) == 0,
        validate: pick(4, 2) == 1,
        event_bytes_max: [1 << 20, 8, 40, 100][pick(5, 4)],
        unwrap: [Unwrap::none(), Unwrap::default(), Unwrap::at("/a/Records").expect("a pointer")][pick(6, 3)].clone(),
        ..How::default()
    };
    let cut = How { threads: 1 + pick(7, 3), block_bytes: [BLOCK_BYTES, 1, 7, 50][pick(8, 4)], ..how.clone() };
    let components = &components[..1 + pick(9, components.len())];
    let whole = through(components, &how, vec![file(input)]);
    // What is lost of gzip that is broken, the decoder decides: it gives nothing of a step in which it fails.
    let in_blocks = through(components, &cut, vec![file(input)]);
    if whole.counts.unread > 0 && input.starts_with(b"\x1F\x8B") {
        assert_eq!(in_blocks.counts.unread, whole.counts.unread);
        return;
    }
    same(&in_blocks, &whole, "in blocks");
    let flipped = through(components, &How { needles: !how.needles, ..how.clone() }, vec![file(input)]);
    assert_eq!(text(&flipped.bytes), text(&whole.bytes), "needles");
    // What is not read as it lies there is not accounted for as it lies there.
    let is_encoded = input.iter().take(4).any(|byte| matches!(byte, 0 | 0x1F | 0xFE | 0xFF));
    if how.unwrap != Unwrap::none() || is_encoded || whole.counts.unread > 0 {
        return;
    }
    account::letters(input, &how, &whole);
    let of = |emit| through(components, &How { emit, ..cut.clone() }, vec![file(input)]);
    match how.emit {
        Emit::Tagged if how.on_error == OnError::Pass => account::tagged(input, &how, &whole),
        Emit::Matched => account::parted(input, &how, &whole, &of(Emit::Unmatched)),
        Emit::Unmatched => account::parted(input, &how, &of(Emit::Matched), &whole),
        _ => {}
    }
}
