//! Tests of [`follow`](super).

use proptest::prelude::*;

use super::*;

/// The same, byte by byte.
fn plainly(bytes: &[u8], lines: bool) -> End {
    let (mut depth, mut in_string, mut escaped, mut last, mut previous) = (0, false, false, 0, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        if lines && byte == b'\n' && in_string {
            return End::Broken(at);
        }
        if lines && byte == b'{' && !in_string && depth > 0 && previous == b'\n' && !b",:[".contains(&last) {
            return End::Broken(at);
        }
        previous = byte;
        if !byte.is_ascii_whitespace() {
            last = byte;
        }
        // An escape matters to quotes: brackets in strings do not count anyway.
        let was_escaped = escaped;
        escaped = byte == b'\\' && !was_escaped;
        match byte {
            b'"' if was_escaped => {}
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth -= 1,
            _ => {}
        }
        if depth == 0 && !in_string {
            return End::At(at + 1);
        }
    }
    End::Open
}

proptest! {
#![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn follows_as_byte_by_byte(
        text in "[\\[{]([\\[\\]{}\"\\\\,: \na]|\"[^\"\\\\]{0,80}\"){0,120}", lines in any::<bool>(),
        borders in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let bytes = text.as_bytes();
        let expected = plainly(bytes, lines);
        let mut cuts: Vec<usize> = borders.iter().map(|border| border.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        // As on this processor, and as on any.
        for by_words in [false, true] {
            let mut value = if lines { Value::over_lines() } else { Value::on_line() };
            let mut found = End::Open;
            for piece in cuts.windows(2) {
                let piece_bytes = &bytes[piece[0]..piece[1]];
                let is_begun = matches!(value.state, State::Nested { .. });
                let end = if by_words && is_begun && !piece_bytes.is_empty() {
                    value.nested_by(piece_bytes, 0, Masks::by_words)
                } else {
                    value.end(piece_bytes)
                };
                found = match end {
                    End::At(end) => End::At(piece[0] + end),
                    End::Broken(end) => End::Broken(piece[0] + end),
                    End::Open => continue,
                };
                break;
            }
            prop_assert_eq!(found, expected, "{:?} at {:?}", text, cuts);
        }
    }

    #[test]
    fn finds_bytes_by_words(bytes in prop::collection::vec(prop::sample::select(b"\"\\{[}]\n;Z\xfb\xfd\xa2\x00\x01\x80".to_vec()), 64)) {
        let chunk: &[u8; 64] = bytes.as_slice().try_into().expect("64 bytes");
        let masks = Masks::by_words(chunk);
        let plain = |of: &[u8]| (0..64).filter(|at| of.contains(&chunk[*at])).fold(0, |mask, at| mask | 1 << at);
        for (bytes, mask) in [
            (&b"\""[..], masks.quotes),
            (b"\\", masks.backslashes),
            (b"\n", masks.line_ends),
            (b"{[", masks.opened),
            (b"}]", masks.closed),
        ] {
            prop_assert_eq!(mask, plain(bytes));
        }
    }
}

#[test]
fn follows_what_is_no_object_over_any_border() {
    for (text, end) in [
        (r#"{"a":"}\"]","b":[{}]} , {"#, End::At(21)),
        (r#""x\\","#, End::At(5)),
        ("12 ,", End::At(2)),
        ("null]", End::At(4)),
        ("[[],[]]]", End::At(7)),
        ("-1.5e3", End::Open),
    ] {
        for border in 0..=text.len() {
            let mut value = Value::on_line();
            let (head, tail) = text.as_bytes().split_at(border);
            let found = match value.end(head) {
                End::Open => match value.end(tail) {
                    End::At(at) => End::At(border + at),
                    other => other,
                },
                other => other,
            };
            assert_eq!(found, end, "{text} at {border}");
        }
    }
    assert_eq!(Value::over_lines().end(b"\"a\nb\""), End::Broken(2));
    assert_eq!(Value::on_line().endless().end(b"}]\n"), End::Open);
    assert_eq!(Value::on_line().within(2).end(br#","a":"}}"}, "b":[] } {}"#), End::At(20));
}
