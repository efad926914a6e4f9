//! What fuzzing checks of any bytes. `tests/fuzz` looks for bytes that break it, `tests/corpus.rs` replays what it kept.

#![allow(dead_code, reason = "each target uses its part")]

use trommel::package::{Signers, sections, signatures, sshsig};
use trommel::{BLOCK_BYTES, Emit, OnError, Sandbox, Unwrap};

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
