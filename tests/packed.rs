//! What is packed in events, as base64 and gzip, and what of values on many lines people are told.

#[path = "support/events.rs"]
mod events;
#[path = "support/streams.rs"]
mod streams;
mod support;
#[path = "support/through.rs"]
mod through;

use trommel::Emit;

use streams::{both_ways, components};
use through::{How, text};

#[test]
fn what_is_packed_comes_out_too() {
    use base64::Engine as _;
    use std::io::Write as _;
    let pack = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let logs = br#"{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","message":"a"},{"id":"2","message":"b"}]}"#;
    let events = ["{\"id\":\"1\",\"message\":\"a\"}", "{\"id\":\"2\",\"message\":\"b\"}"];
    let kinesis = |bytes: &[u8]| {
        format!(r#"{{"kinesis":{{"partitionKey":"p","data":"{}"}},"eventSource":"aws:kinesis"}}"#, pack(bytes))
    };
    let firehose = |bytes: &[u8]| format!(r#"{{"recordId":"1","data":"{}"}}"#, pack(bytes));
    let plain = kinesis(b"no event");
    let how = How { emit: Emit::Unmatched, ..How::default() };
    for (input, expected) in [
        (format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, pack(&gzip(logs))), events.to_vec()),
        (format!("{{\n\"awslogs\": {{\n\"data\": \"{}\"}}}}\n", pack(&gzip(logs))), events.to_vec()),
        (
            format!("{{\"Records\":[{},{},{plain}]}}\n{{\"x\":1}}", kinesis(b"{\"n\":1}"), kinesis(&gzip(logs))),
            vec!["{\"n\":1}", events[0], events[1], &plain, "{\"x\":1}"],
        ),
        (
            format!(
                "{{\"invocationId\":\"1\",\"records\":[{},{}]}}",
                firehose(b"{\"n\":1}{\"n\":2}\n"),
                firehose(&gzip(logs))
            ),
            vec!["{\"n\":1}", "{\"n\":2}", events[0], events[1]],
        ),
        // Packed in what is packed, and once more, which is left as it is.
        (
            format!(
                "{{\"Records\":[{}]}}",
                kinesis(format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, pack(&gzip(logs))).as_bytes())
            ),
            events.to_vec(),
        ),
    ] {
        for cut in [(1, 1, vec![7]), (3, 50, vec![1]), (2, 1000, vec![1000])] {
            let out = both_ways(&[], &how, input.as_bytes(), &cut);
            assert_eq!(out.lines().into_iter().map(text).collect::<Vec<_>>(), expected, "{input}");
            assert_eq!((out.counts.events, out.messages.len()), (expected.len() as u64, 0), "{:?}", out.messages);
        }
    }
    // A bomb is one event that is too long, and what is broken is told.
    let bomb = kinesis(&gzip(format!("{{\"a\":\"{}\"}}", " ".repeat(10 << 20)).as_bytes()));
    let how = How { event_bytes_max: 1 << 20, ..how };
    let out = both_ways(&[], &how, format!("{{\"Records\":[{bomb},{{\"n\":1}}]}}").as_bytes(), &(2, 1000, vec![1000]));
    assert_eq!((out.counts.events, out.counts.too_long), (2, 1));
    let broken = kinesis(&gzip(&logs[..logs.len() - 8]));
    let out = both_ways(&[], &how, format!("{{\"Records\":[{broken}]}}").as_bytes(), &(2, 1000, vec![1000]));
    assert_eq!((out.counts.events, out.counts.broken_off), (2, 1), "{:?}", out.messages);
}

#[test]
fn an_event_on_many_lines_is_told_by_its_first() {
    let input = "\n{\n  \"n\": 1\n}\n\n{\n  \"do\": \"crash\"\n}\n[{\n\"do\":\"crash\"},\n{\"do\":\"crash\"}]";
    let how = How { event_bytes_max: 1 << 20, ..How::default() };
    let out = both_ways(&components(&["faulty"]), &how, input.as_bytes(), &(2, 3, vec![5]));
    let places: Vec<_> =
        out.letters.iter().map(|letter| (letter["line"].as_u64(), letter["record"].as_u64())).collect();
    assert_eq!(places, [(Some(6), None), (Some(9), Some(1)), (Some(11), Some(2))]);
}
