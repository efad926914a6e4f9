//! Properties of values that are not one line each: wrapped ones, those on many lines, and those behind each other. No
//! event of them is lost, and what is no event is told.

#[path = "support/account.rs"]
mod account;
#[path = "support/events.rs"]
mod events;
#[path = "support/streams.rs"]
mod streams;
mod support;
#[path = "support/through.rs"]
mod through;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use trommel::{Emit, Unwrap};

use events::{cases, line, object, quoted};
use streams::{both_ways, components, cutting, how};
use through::{How, file, text, through};

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

impl Wrapped {
    /// Whether the object around the array is not closed.
    fn is_open(&self) -> bool {
        self.tail == "]"
    }
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

/// A line that cannot be taken for the rest of an array.
fn next_line() -> impl Strategy<Value = Vec<u8>> {
    line().prop_filter("goes on", |line| !line.trim_ascii_start().first().is_some_and(|byte| b"]},:".contains(byte)))
}

/// What is left of a text that lists records when all that may stand between two of them is taken out.
fn squeezed(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| !b", \t\r\n".contains(byte)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn wrapped_records_come_out_one_by_one(
        parts in vec(prop_oneof![3 => vec(wrapped(), 1..4).prop_map(Ok), 2 => line().prop_map(Err)], 1..4),
        how in how(), cut in cutting(), ends in any::<bool>(),
    ) {
        // Where several values on the first line would tell of a stream without lines, another comes first.
        let (mut input, mut expected) = if parts[0].is_err() { (b"{}\n".to_vec(), vec![b"{}".to_vec()]) } else { (Vec::new(), Vec::new()) };
        let mut open = 0;
        for part in &parts {
            match part {
                // One behind the other, as `cat` leaves files without line ends.
                Ok(wrapped) => {
                    for wrapped in wrapped {
                        input.extend_from_slice(wrapped.line().as_bytes());
                        expected.extend(wrapped.records.iter().map(|record| record.clone().into_bytes()));
                        open += u64::from(wrapped.is_open());
                    }
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
        prop_assert_eq!((told, out.counts.broken_off), (too_long, open));
        // With rules, the records are events as any other.
        let alone: Vec<u8> = expected.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();
        let rules = components(&["faulty", "ebs"]);
        let how = How { emit: Emit::Tagged, ..how };
        let unwrapped = through(&rules, &How { unwrap: Unwrap::none(), ..how.clone() }, vec![file(&alone)]);
        // The events are the same, on other lines.
        let wrapped = both_ways(&rules, &how, &input, &cut);
        prop_assert_eq!(support::unplaced(&text(&wrapped.bytes)), support::unplaced(&text(&unwrapped.bytes)));
    }

    #[test]
    fn a_wrapper_that_breaks_off_loses_nothing(
        wrapped in wrapped(), at in any::<Index>(), how in how(), cut in cutting(), next in next_line(), ends in any::<bool>()
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
        let (events, broken_off) = account::values(line.as_bytes());
        prop_assert_eq!(out.lines().into_iter().map(text).collect::<Vec<_>>(), events.iter().map(|event| text(event)).collect::<Vec<_>>());
        prop_assert_eq!(out.counts.broken_off, broken_off);
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

/// How values are laid out, each as one stream of which the first value tells.
#[derive(Debug, Clone, Copy)]
enum Layout {
    /// One behind the other on many lines, with nothing or with commas between them.
    Pretty(&'static str),
    /// Without line ends.
    Compact,
    /// An array, pretty or with a value a line.
    Array { pretty: bool },
    /// A list in objects of these names, behind these members.
    Wrapped { before: &'static str, path: &'static [&'static str] },
}

fn layout() -> impl Strategy<Value = Layout> {
    let wrapped = |before, path| Just(Layout::Wrapped { before, path });
    prop_oneof![
        select(vec!["\n", "", "\n\n", ",\n", "\r\n", "\x1E"]).prop_map(Layout::Pretty),
        Just(Layout::Compact),
        any::<bool>().prop_map(|pretty| Layout::Array { pretty }),
        wrapped("", &["Records"]),
        wrapped(r#""@odata.context":"x","#, &["value"]),
        wrapped(r#""took":1,"hits2":[{}],"#, &["hits", "hits"]),
        wrapped(r#""messageType":"DATA_MESSAGE","subscriptionFilters":["a"],"#, &["logEvents"]),
        wrapped(r#""version":"0","#, &["detail", "records"]),
        wrapped("", &["data", "Records"]),
    ]
}

/// The text of values in a layout, with this at the end of each line that makes it pretty.
fn laid_out(values: &[serde_json::Value], layout: Layout, indent: &str) -> String {
    let pretty = |value: &serde_json::Value| {
        let text = serde_json::to_string_pretty(value).expect("a value can be written");
        let lines = text.lines().map(|line| {
            let inner = line.trim_start_matches(' ');
            indent.repeat((line.len() - inner.len()) / 2) + inner
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let compact: Vec<String> = values.iter().map(serde_json::Value::to_string).collect();
    match layout {
        Layout::Pretty(between) => values.iter().map(pretty).collect::<Vec<_>>().join(between),
        Layout::Compact => compact.concat(),
        Layout::Array { pretty: true } => pretty(&serde_json::Value::from(values)),
        Layout::Array { pretty: false } => format!("[{}\n]", compact.join(",\n")),
        Layout::Wrapped { before, path } => {
            let list = path
                .iter()
                .rev()
                .fold(format!("[{}]", compact.join(",")), |inner, name| format!("{{\"{name}\":{inner}}}"));
            let text = format!("{{{before}{}", &list[1..]);
            pretty(&serde_json::from_str(&text).expect("JSON"))
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn values_on_any_lines_come_out_one_by_one(
        texts in vec(object(), 2..12), layout in layout(), indent in select(vec!["  ", "", "\t"]), crlf in any::<bool>(),
        how in how(), cut in cutting(), ends in any::<bool>(),
    ) {
        // A first value that is empty would not tell that it lies on many lines.
        let first = std::iter::once(r#"{"first":{"a":[1,{}]}}"#);
        let texts = first.chain(texts.iter().map(String::as_str));
        let values: Vec<serde_json::Value> = texts.map(|text| serde_json::from_str(text).expect("an object")).collect();
        let mut input = laid_out(&values, layout, indent);
        if crlf {
            input = input.replace('\n', "\r\n");
        }
        if ends {
            input.push('\n');
        }
        let how = How { emit: Emit::Unmatched, event_bytes_max: 1 << 20, ..how };
        let out = both_ways(&[], &how, input.as_bytes(), &cut);
        let found: Vec<serde_json::Value> =
            out.lines().iter().map(|line| serde_json::from_slice(line).expect("JSON")).collect();
        prop_assert_eq!(found, values, "{}", input);
        prop_assert_eq!((&out.messages[..], out.counts.events), (&[][..], out.lines().len() as u64));
        // With rules, they are events as any other.
        let rules = components(&["faulty", "ebs"]);
        let alone = out.bytes.clone();
        let how = How { emit: Emit::Tagged, ..how };
        let lines = through(&rules, &How { unwrap: Unwrap::none(), ..how.clone() }, vec![file(&alone)]);
        let values = both_ways(&rules, &how, input.as_bytes(), &cut);
        prop_assert_eq!(support::unplaced(&text(&values.bytes)), support::unplaced(&text(&lines.bytes)));
    }

    #[test]
    fn a_value_that_is_too_long_costs_only_itself(
        texts in vec(object(), 2..12), indent in select(vec!["  ", "\t"]), max in 20..100_usize, cut in cutting(),
    ) {
        let first = std::iter::once(r#"{"first":{"a":[1,{}]}}"#);
        let texts = first.chain(texts.iter().map(String::as_str));
        let values: Vec<serde_json::Value> = texts.map(|text| serde_json::from_str(text).expect("an object")).collect();
        let input = laid_out(&values, Layout::Pretty("\n"), indent);
        let how = How { emit: Emit::Unmatched, event_bytes_max: max, ..How::default() };
        let out = both_ways(&[], &how, input.as_bytes(), &cut);
        let each = values.iter().map(|value| laid_out(std::slice::from_ref(value), Layout::Pretty(""), indent).len());
        prop_assert_eq!(out.counts.too_long, each.filter(|len| *len > max).count() as u64);
        let found: Vec<serde_json::Value> =
            out.lines().iter().map(|line| serde_json::from_slice(line).expect("JSON")).collect();
        prop_assert_eq!(found, values);
    }

    #[test]
    fn a_value_that_breaks_off_costs_only_itself(
        texts in vec(object(), 3..8), at in any::<Index>(), cut_at in any::<Index>(), cut in cutting(),
    ) {
        let first = std::iter::once(r#"{"first":{"a":[1,{}]}}"#);
        let texts = first.chain(texts.iter().map(String::as_str));
        let values: Vec<serde_json::Value> = texts.map(|text| serde_json::from_str(text).expect("an object")).collect();
        // One of them, but the first, is broken off within a line that does not end as a list of objects would.
        let broken = 1 + at.index(values.len() - 1);
        let mut pretty: Vec<String> =
            values.iter().map(|value| laid_out(std::slice::from_ref(value), Layout::Pretty(""), "  ")).collect();
        let mut len = cut_at.index(pretty[broken].len());
        while !pretty[broken].is_char_boundary(len) {
            len -= 1;
        }
        pretty[broken].truncate(len);
        let last = pretty[broken].trim_ascii_end().as_bytes().last();
        prop_assume!(last.is_some_and(|last| !b",:[".contains(last)));
        let how = How { emit: Emit::Unmatched, ..How::default() };
        let out = both_ways(&[], &how, pretty.join("\n").as_bytes(), &cut);
        let found: Vec<_> = out.lines().iter().map(|line| serde_json::from_slice::<serde_json::Value>(line).ok()).collect();
        let expected: Vec<_> = values.iter().enumerate().map(|(number, value)| (number != broken).then(|| value.clone())).collect();
        prop_assert_eq!(found, expected, "{}", pretty.join("\n"));
        prop_assert_eq!(out.counts.malformed, 1, "it is told, whatever its bytes");
    }
}
