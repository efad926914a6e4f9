//! Properties of the whole stream: what does not change a byte of it, and that no event of it is lost.

#[path = "support/account.rs"]
mod account;
#[path = "support/events.rs"]
mod events;
mod support;
#[path = "support/through.rs"]
mod through;

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use trommel::{Emit, OnError, Stop, Unwrap};

use events::{cases, line, object, pieces, quoted, stream};
use through::{How, Named, Out, file, pipe, same, text, through};

/// The components of these names, in this order.
fn components(names: &[&str]) -> Vec<Named> {
    static BUILT: OnceLock<Vec<Named>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let sandbox = through::sandbox();
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

fn some_components() -> impl Strategy<Value = &'static [&'static str]> {
    // The component `three` has a rule without needles, so that with it no event is skipped.
    select(vec![&["faulty"] as &[&str], &["ebs", "faulty"], &["faulty", "three"], &["three", "faulty", "ebs"]])
}

fn emit() -> impl Strategy<Value = Emit> {
    select(vec![Emit::Alerts, Emit::Matched, Emit::Unmatched, Emit::Tagged])
}

/// Any way to judge and to write; with one thread and large blocks.
fn how() -> impl Strategy<Value = How> {
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
fn cutting() -> impl Strategy<Value = (usize, usize, Vec<usize>)> {
    let block = prop_oneof![1..20_usize, 20..2000_usize];
    (1..5_usize, block, vec(prop_oneof![1..10_usize, 1..400_usize], 1..6))
}

/// The input read as it comes, and cut to pieces.
fn both_ways(components: &[Named], how: &How, input: &[u8], cut: &(usize, usize, Vec<usize>)) -> Out {
    let whole = through(components, how, vec![file(input)]);
    let (threads, block_bytes, lengths) = cut;
    let how = How { threads: *threads, block_bytes: *block_bytes, ..how.clone() };
    same(&through(components, &how, vec![pipe(pieces(input, lengths))]), &whole, "through a pipe");
    same(&through(components, &how, vec![file(input)]), &whole, "in small blocks");
    whole
}

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
            prop_assert_eq!(text(&together.bytes), text(&bytes));
        }
        prop_assert_eq!(together.counts.events, each.iter().map(|out| out.counts.events).sum::<u64>());
    }
}

/// A line that wraps these records, and what each of them is once it is unwrapped.
#[derive(Debug, Clone)]
struct Wrapped {
    head: String,
    records: Vec<String>,
    separators: Vec<String>,
    tail: String,
}

impl Wrapped {
    fn line(&self) -> String {
        let mut line = self.head.clone();
        for (record, separator) in self.records.iter().zip(&self.separators) {
            line.push_str(record);
            line.push_str(separator);
        }
        line.truncate(
            line.len() - if self.records.is_empty() { 0 } else { self.separators.last().map_or(0, String::len) },
        );
        line + &self.tail
    }
}

fn record() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => object(),
        1 => ("[ -~ä€😀]{0,20}", any::<u32>()).prop_map(|(text, how)| quoted(&text, (how, true))),
        1 => select(vec!["null", "-1.5e3", "[]", "{}", "[[{}],\"]\"]", r#"{"a":"\\"}"#, r#"{"a":"\\\""}"#, r#""{[\"""#])
            .prop_map(str::to_owned),
    ]
}

fn wrapped() -> impl Strategy<Value = Wrapped> {
    let head = select(vec![r#"{"Records":["#, r#" {"Records" : [ "#, "{\t\"Records\":\t[\r", r#"{ "Records":["#]);
    let separator = select(vec![",", ",", ", ", " , ", "\t,\r", " "]);
    let tail = select(vec!["]}", " ] } ", r#"],"next":"]}\"","more":[{"Records":[1]}]}"#, "]"]);
    let counts = prop_oneof![Just(0_usize..6), Just(6..40)];
    (head, counts.prop_flat_map(move |count| vec((record(), separator.clone()), count)), tail).prop_map(
        |(head, parts, tail)| {
            let (records, separators) = parts.into_iter().map(|(record, end)| (record, end.to_owned())).unzip();
            Wrapped { head: head.into(), records, separators, tail: tail.into() }
        },
    )
}

/// What is left of a text that lists records when all that may stand between two of them is taken out.
fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !b", \t\r\n".contains(byte)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn wrapped_records_come_out_one_by_one(
        parts in vec(prop_oneof![wrapped().prop_map(Ok), line().prop_map(Err)], 1..4),
        how in how(), cut in cutting(), ends in any::<bool>(),
    ) {
        let mut input = Vec::new();
        let mut expected = Vec::new();
        for part in &parts {
            match part {
                Ok(wrapped) => {
                    input.extend_from_slice(wrapped.line().as_bytes());
                    expected.extend(wrapped.records.iter().map(|record| record.clone().into_bytes()));
                }
                Err(line) => {
                    input.extend_from_slice(line);
                    let is_blank = line.iter().all(|byte| b" \t\r".contains(byte));
                    if !is_blank || line.len() > how.event_bytes_max {
                        expected.push(line.clone());
                    }
                }
            }
            input.push(b'\n');
        }
        if !ends {
            input.pop();
        }
        let how = How { emit: Emit::Unmatched, ..how };
        let out = both_ways(&[], &how, &input, &cut);
        prop_assert_eq!(out.lines().into_iter().map(text).collect::<Vec<_>>(), expected.iter().map(|line| text(line)).collect::<Vec<_>>());
        let too_long = expected.iter().filter(|line| line.len() > how.event_bytes_max).count();
        prop_assert_eq!((out.counts.events, out.counts.too_long), (expected.len() as u64, too_long as u64));
        let told = out.messages.iter().filter(|message| message.contains("longer than")).count();
        prop_assert_eq!((told, out.counts.broken_off), (too_long, 0));
        // With rules, the records are events as any other.
        let alone: Vec<u8> = expected.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();
        let rules = components(&["faulty", "ebs"]);
        let how = How { emit: Emit::Tagged, ..how };
        let unwrapped = through(&rules, &How { unwrap: Unwrap::none(), ..how.clone() }, vec![file(&alone)]);
        prop_assert_eq!(text(&both_ways(&rules, &how, &input, &cut).bytes), text(&unwrapped.bytes));
    }

    #[test]
    fn a_wrapper_that_breaks_off_loses_nothing(
        wrapped in wrapped(), at in any::<Index>(), how in how(), cut in cutting(), next in line(), ends in any::<bool>()
    ) {
        let line = wrapped.line();
        let (from, to) = (wrapped.head.len(), line.len() - wrapped.tail.len());
        let mut broken_at = from + at.index(to - from + 1);
        while !line.is_char_boundary(broken_at) {
            broken_at -= 1;
        }
        let mut input = line.as_bytes()[..broken_at].to_vec();
        if ends {
            input.push(b'\n');
            input.extend_from_slice(&next);
        }
        let how = How { emit: Emit::Unmatched, ..how };
        let out = both_ways(&[], &how, &input, &cut);
        prop_assert_eq!(text(&squeezed(&out.bytes)), text(&squeezed(&input[from..])));
        prop_assert_eq!(out.counts.broken_off, 1);
        prop_assert_eq!(out.messages.iter().filter(|message| message.contains("broken off")).count(), 1);
    }

    #[test]
    fn a_wrapper_with_anything_in_it_loses_nothing(
        wrapped in wrapped(), at in any::<Index>(), garbage in "[]{}:,\" a\\\\]{1,4}", how in how(), cut in cutting()
    ) {
        let mut line = wrapped.line();
        let mut at = wrapped.head.len() + at.index(line.len() - wrapped.head.len() + 1);
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        line.insert_str(at, &garbage);
        let how = How { emit: Emit::Unmatched, ..how };
        let out = both_ways(&[], &how, line.as_bytes(), &cut);
        // Up to where the array seems to end: what stands behind it is no record.
        let (got, all) = (squeezed(&out.bytes), squeezed(&line.as_bytes()[wrapped.head.len()..]));
        prop_assert!(all.starts_with(&got), "{} of {line}", text(&out.bytes));
        prop_assert!(got.len() == all.len() || all[got.len()] == b']', "{} of {line}", text(&out.bytes));
        prop_assert_eq!(out.counts.broken_off, u64::from(got.len() == all.len()));
    }

    #[test]
    fn any_pointer_leads_to_its_records(
        wrapped in wrapped(), before in object(), how in how(), cut in cutting(), in_array in any::<bool>()
    ) {
        let list = format!("[{}]", wrapped.records.join(","));
        let (pointer, line) = if in_array {
            ("", list)
        } else {
            ("/a~1b/c", format!(r#"{{"first":{before},"a\/b":{{"x":[],"c": {list}}},"last":[1]}}"#))
        };
        let unwrap = Unwrap::at(pointer).expect("a pointer");
        let how = How { emit: Emit::Unmatched, event_bytes_max: 1 << 20, unwrap, ..how };
        let out = both_ways(&[], &how, line.as_bytes(), &cut);
        prop_assert_eq!(out.lines().into_iter().map(text).collect::<Vec<_>>(), wrapped.records);
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
fn what_was_read_before_a_stop_is_judged() {
    let lines: String = (1..=1000).map(|number| format!("{{\"number\":{number}}}\n")).collect();
    let wrapper = format!("{{\"Records\":[{}]}}", lines.trim_end().replace('\n', ","));
    for (input, within) in [(&lines, None), (&wrapper, Some("in0:1: stopped within this line"))] {
        for block_bytes in [50, 64, 1000] {
            let asked = Arc::new(AtomicBool::new(false));
            let (wake, _ring) = std::io::pipe().expect("a pipe");
            let stop = Stop::new(asked.clone(), wake.into());
            let how = How { emit: Emit::Unmatched, block_bytes, stop, stop_at_write: Some(asked), ..How::default() };
            let out = through(&[], &how, vec![file(input.as_bytes())]);
            let count = out.counts.events as usize;
            assert!(count > 0 && count < 500, "{count}");
            assert_eq!(text(&out.bytes), lines.split_inclusive('\n').take(count).collect::<String>());
            // Between two lines, a stop is no loss.
            assert!(within.is_none() || out.messages.len() == 1, "{:?}", out.messages);
            assert!(out.messages.iter().all(|message| within.is_some_and(|within| message.contains(within))));
            assert_eq!(out.counts.broken_off, out.messages.len() as u64);
        }
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

#[test]
fn a_wrapper_is_told_by_its_head_whatever_is_at_hand() {
    let line = format!(r#"{{{}"Records":[{{"a":1}}]}}"#, " ".repeat(100));
    let how = How { emit: Emit::Unmatched, event_bytes_max: 50, ..How::default() };
    for block_bytes in [1, 60, 1 << 20] {
        let out = through(&[], &How { block_bytes, ..how.clone() }, vec![file(line.as_bytes())]);
        assert_eq!((text(&out.bytes), out.counts.too_long), (format!("{line}\n"), 1));
    }
}

#[test]
fn values_without_separators_are_records_in_good_time() {
    let line = format!("{{\"Records\":[{}]}}\n", "{}".repeat(1_000_000));
    let how = How { emit: Emit::Unmatched, ..How::default() };
    let start = std::time::Instant::now();
    let out = through(&[], &how, vec![file(line.as_bytes())]);
    assert_eq!((out.counts.events, out.counts.broken_off), (1_000_000, 0));
    assert_eq!(out.bytes, b"{}\n".repeat(1_000_000));
    assert!(start.elapsed().as_secs() < 20, "quadratic");
}
