//! Properties of the whole stream: what does not change a byte of it, and that no event of it is lost.

#[path = "support/account.rs"]
mod account;
#[path = "support/events.rs"]
mod events;
#[path = "support/streams.rs"]
mod streams;
mod support;
#[path = "support/through.rs"]
mod through;

use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::collection::vec;
use proptest::prelude::*;
use trommel::{Emit, Input, OnError, Stop, Unwrap};

use events::{cases, pieces, stream};
use streams::{both_ways, components, cutting, how, some_components};
use through::{How, Out, file, same, text, through};

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn needles_change_nothing(input in stream(), names in some_components(), how in how()) {
        let components = components(names);
        let with = through(&components, &How { needles: true, ..how.clone() }, vec![file(&input)]);
        let without = through(&components, &How { needles: false, ..how }, vec![file(&input)]);
        prop_assert_eq!(text(&with.bytes), text(&without.bytes));
    }

    #[test]
    fn threads_and_blocks_change_nothing(
        inputs in stream(), names in some_components(), how in how(), cut in cutting()
    ) {
        both_ways(&components(names), &how, &inputs, &cut);
    }

    #[test]
    fn every_line_is_accounted_for_once(
        input in stream(), names in some_components(), how in how(), cut in cutting()
    ) {
        let components = components(names);
        let how = How { unwrap: Unwrap::none(), ..how };
        let of = |emit| both_ways(&components, &How { emit, ..how.clone() }, &input, &cut);
        let (matched, unmatched) = (of(Emit::Matched), of(Emit::Unmatched));
        account::letters(&input, &how, &matched);
        prop_assert_eq!(&matched.letters, &unmatched.letters);
        account::parted(&input, &how, &matched, &unmatched);
        let how = How { emit: Emit::Tagged, on_error: OnError::Pass, ..how };
        account::tagged(&input, &how, &both_ways(&components, &how, &input, &cut));
    }

    #[test]
    fn several_files_are_one_stream(inputs in vec(stream(), 0..4), names in some_components(), how in how()) {
        let components = components(names);
        let each: Vec<Out> = inputs.iter().map(|input| through(&components, &how, vec![file(input)])).collect();
        let together = through(&components, &how, inputs.iter().map(|input| file(input)).collect());
        if how.failures_max == 0 {
            let bytes: Vec<u8> = each.iter().flat_map(|out| out.bytes.clone()).collect();
            // Each file has its own name and its own lines.
            prop_assert_eq!(support::unplaced(&text(&together.bytes)), support::unplaced(&text(&bytes)));
        }
        prop_assert_eq!(together.counts.events, each.iter().map(|out| out.counts.events).sum::<u64>());
    }
}

#[test]
fn a_beginning_that_no_event_has_is_told_however_it_is_cut() {
    for input in [&b"\xEF\xBB\xBF\r\n\x0E"[..], b"\n\n \n\r\n\t\x0E\n{}\n", b"\xEF\xBB\xBF\n\n\nnope\nnope\n"] {
        for block_bytes in 1..20 {
            let out = both_ways(&components(&["faulty"]), &How::default(), input, &(2, block_bytes, vec![1, 3]));
            assert!(out.messages.iter().any(|message| message.starts_with("hint: an event is a JSON object")));
        }
    }
}

#[test]
fn an_event_nested_too_deep_does_not_take_its_rule_out() {
    let deep = format!("{{\"do\":\"find\",\"deep\":{}1{}}}\n", "[".repeat(127), "]".repeat(127));
    let input = deep.repeat(50) + "{\"do\":\"find\"}\n";
    let how = How { failures_max: 3, ..How::default() };
    let out = through(&components(&["faulty"]), &how, vec![file(input.as_bytes())]);
    assert_eq!((out.counts.alerts, out.counts.failed, out.counts.malformed), (1, 50, 0));
    assert!(out.letters.iter().all(|letter| letter["error"]["kind"] == "malformed"));
    assert!(out.messages[0].contains("nested too deep"), "{}", out.messages[0]);
}

#[test]
fn what_was_read_before_a_stop_is_judged_and_the_rest_is_told() {
    let lines: String = (1..=40_000).map(|number| format!("{{\"number\":{number}}}\n")).collect();
    // Longer than what is looked at of the beginning.
    let wrapper = format!("{{\"Records\":[{}]}}", lines.trim_end().replace('\n', ","));
    for (input, is_wrapped) in [(&lines, false), (&wrapper, true)] {
        for (block_bytes, threads) in [(50, 1), (64, 1), (1000, 1), (50, 3)] {
            let asked = Arc::new(AtomicBool::new(false));
            let (wake, _ring) = std::io::pipe().expect("a pipe");
            let stop = Stop::new(asked.clone(), wake.into());
            let how =
                How { emit: Emit::Unmatched, threads, block_bytes, stop, stop_at_write: Some(asked), ..How::default() };
            let out = through(&[], &how, vec![file(input.as_bytes()), file(b"{}\n"), file(b"{}\n")]);
            let count = out.counts.events as usize;
            assert!(count > 0 && count < 40_000, "{count}");
            assert_eq!(text(&out.bytes), lines.split_inclusive('\n').take(count).collect::<String>());
            // Where it was stopped, and each input that was not opened.
            let line = if is_wrapped { 1 } else { count + 1 };
            assert_eq!(
                out.messages,
                [
                    &format!("in0:{line}: stopped here: the file from this line on is not judged"),
                    "in1: stopped before it was read",
                    "in2: stopped before it was read"
                ]
            );
            assert_eq!((out.counts.unread, out.counts.broken_off), (3, 0));
        }
    }
}

#[test]
fn a_stop_at_the_very_end_loses_no_line() {
    // The last line has no end: the stop must not pass for one.
    for ending in ["", "\n"] {
        let input = format!("{{\"n\":1}}\n{{\"n\":2}}{ending}");
        let asked = Arc::new(AtomicBool::new(false));
        let (wake, _ring) = std::io::pipe().expect("a pipe");
        let stop = Stop::new(asked.clone(), wake.into());
        let stopping = AskAtEnd(io::Cursor::new(input.into_bytes()), asked);
        let how = How { emit: Emit::Unmatched, stop, ..How::default() };
        let out = through::read(&[], &how, vec![Input::Reader(Box::new(stopping), "in0".into())]);
        assert_eq!((text(&out.bytes), out.counts.broken_off), ("{\"n\":1}\n{\"n\":2}\n".into(), 0));
        assert_eq!(out.messages, [""; 0]);
    }
}

/// Asks for a stop while it gives the end of the input.
struct AskAtEnd(io::Cursor<Vec<u8>>, Arc<AtomicBool>);

impl io::Read for AskAtEnd {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.store(read == 0, Ordering::Relaxed);
        Ok(read)
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_reader_is_read_as_a_file_is(
        input in stream(), names in some_components(), how in how(), lengths in vec(1..50_usize, 1..4)
    ) {
        let components = components(names);
        let pieces: Vec<_> = pieces(&input, &lengths).into_iter().map(io::Cursor::new).collect();
        let reader = pieces.into_iter().fold(Box::new(io::empty()) as Box<dyn io::Read + Send>, |before, piece| {
            Box::new(before.chain(piece))
        });
        let reader = Input::Reader(reader, "in0".into());
        same(&through::read(&components, &how, vec![reader]), &through(&components, &how, vec![file(&input)]), "a reader");
    }
}

#[test]
fn what_was_read_before_a_file_breaks_is_judged() {
    use std::io::Write as _;
    let lines: String = (1..=3000).map(|number| format!("{{\"number\":{number}}}\n")).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).expect("memory");
    let mut gzip = gzip.finish().expect("memory");
    gzip.truncate(gzip.len() / 2);
    let how = How { emit: Emit::Unmatched, ..How::default() };
    let out = both_ways(&[], &how, &gzip, &(2, 1000, vec![100]));
    let count = out.counts.events as usize;
    assert!(count > 1000, "{count}");
    assert_eq!(text(&out.bytes), lines.split_inclusive('\n').take(count).collect::<String>());
    assert_eq!(out.counts.unread, 1);
    assert!(
        out.messages[0].starts_with(&format!("in0: cannot be read further than line {count}: ")),
        "{:?}",
        out.messages
    );
}

#[test]
fn long_pieces_end_where_they_end() {
    let how = How { emit: Emit::Unmatched, event_bytes_max: 5, ..How::default() };
    let (a, b) = ("a".repeat(50), "b".repeat(50));
    for block_bytes in [1, 7, 1 << 20] {
        let how = How { block_bytes, ..how.clone() };
        let two = through(&[], &how, vec![file(a.as_bytes()), file(b.as_bytes()), file(b"c")]);
        assert_eq!(text(&two.bytes), format!("{a}\n{b}\nc\n"));
        let line = format!("{{\"Records\":[\"{a}\",\"{b}\",1");
        let records = through(&[], &How { event_bytes_max: 20, ..how }, vec![file(line.as_bytes())]);
        assert_eq!(text(&records.bytes), format!("\"{a}\"\n\"{b}\"\n1\n"));
        assert_eq!((records.counts.too_long, records.counts.broken_off), (2, 1));
    }
}
