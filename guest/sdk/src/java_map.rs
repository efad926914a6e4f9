//! Java's `HashMap.toString()` text, `{k=v, k=[a, b]}`: how it comes about, and how to read it back.
//!
//! Elastic's integrations index objects as such texts. [`to_text`] writes one of an event's values, [`to_json`] reads
//! one. What the text means is left to the caller.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::event::Value;
use crate::scan::Kind;
use crate::values::write_json_string;

/// The most maps and lists that [`to_json`] reads inside one another.
pub const NESTING_LEVELS_MAX: usize = 64;

/// Writes a value as the integration indexes it: `toString()` of what Jackson parses, after null, `""`, and what holds
/// nothing else, are dropped. `None` where nothing is left.
///
/// ```
/// use trommel_rule::{Event, java_map};
///
/// let event = Event::parse(br#"{"b":[1,{"c":null}],"a":"","d":{"e":true}}"#.as_slice()).unwrap();
/// assert_eq!(java_map::to_text(event.root()).as_deref(), Some("{b=[1], d={e=true}}"));
/// ```
pub fn to_text(value: Value<'_>) -> Option<String> {
    match value.kind() {
        Kind::Null => None,
        Kind::Number => Some(number_text(value.json()).into_owned()),
        Kind::Boolean | Kind::String => value.text().map(Cow::into_owned).filter(|text| !text.is_empty()),
        Kind::Array => {
            let elements: Vec<String> = value.children().filter_map(to_text).collect();
            (!elements.is_empty()).then(|| format!("[{}]", elements.join(", ")))
        }
        Kind::Object => {
            // A key that stands twice keeps its first place and its last value.
            let all: Vec<(Cow<'_, str>, Value<'_>)> = value.children().map(|member| (member.name(), member)).collect();
            let mut places: BTreeMap<&str, usize> = BTreeMap::new();
            let mut members: Vec<(&str, Value<'_>)> = Vec::new();
            for (name, member) in &all {
                let place = *places.entry(name).or_insert(members.len());
                match members.get_mut(place) {
                    Some(known) => known.1 = *member,
                    None => members.push((name, *member)),
                }
            }
            let names: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
            let order = iteration_order(&names).into_iter();
            let written: Vec<String> =
                order.filter_map(|at| to_text(members[at].1).map(|text| format!("{}={text}", names[at]))).collect();
            (!written.is_empty()).then(|| format!("{{{}}}", written.join(", ")))
        }
    }
}

/// Orders the keys of a map, given in order of insertion, as a `java.util.HashMap` iterates them.
///
/// Returns indices into `keys`, which must differ from one another. The tree that Java makes of a slot with more than
/// eight keys is not modelled: such keys keep their order of insertion.
fn iteration_order(keys: &[&str]) -> Vec<usize> {
    let mut capacity: usize = 16;
    while keys.len() > capacity / 4 * 3 {
        capacity *= 2;
    }
    // A table that grows keeps the order within its slots, so the last capacity alone decides.
    let mut slots = vec![Vec::new(); capacity];
    for (index, key) in keys.iter().enumerate() {
        slots[spread_hash(key) as usize & (capacity - 1)].push(index);
    }
    slots.concat()
}

/// The hash by which a `HashMap` places a string: `String.hashCode()`, its upper half folded into the lower.
fn spread_hash(key: &str) -> u32 {
    let hash = key.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    hash ^ (hash >> 16)
}

/// Writes a JSON number as Java prints it once Jackson has parsed it.
///
/// Digits alone are an integer of any size and stay as they are. A fraction or an exponent makes a `Double`, printed
/// by the rules of `Double.toString` since Java 19. What is no JSON number comes back unchanged.
fn number_text(raw: &str) -> Cow<'_, str> {
    if raw == "-0" {
        return Cow::Borrowed("0");
    }
    if !raw.contains(['.', 'e', 'E']) {
        return Cow::Borrowed(raw);
    }
    match raw.parse() {
        Ok(number) => Cow::Owned(double_text(number)),
        Err(_) => Cow::Borrowed(raw),
    }
}

/// `Double.toString`: of the decimals that read back as the number those with the fewest digits, but two at least, and
/// of these the nearest.
fn double_text(number: f64) -> String {
    let mut text = String::new();
    if number.is_sign_negative() {
        text.push('-');
    }
    let size = number.abs();
    if size.is_infinite() {
        text.push_str("Infinity");
        return text;
    }
    if size == 0.0 {
        text.push_str("0.0");
        return text;
    }
    let shortest = format!("{size:e}");
    let fraction = shortest.split_once('.').map_or(1, |(_, fraction)| fraction.find('e').unwrap_or(1));
    // Of two that are equally near Java takes the even one, as this rounding does. At a power of two it may pass over
    // the edge of the numbers that read back.
    let nearest = format!("{size:.fraction$e}");
    let digits = if nearest.parse() == Ok(size) { nearest } else { shortest };
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, ""));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if matches!(exponent, -3..=6) {
        push_decimal(&mut text, mantissa, exponent);
    } else {
        push_decimal(&mut text, mantissa, 0);
        text.push('E');
        text.push_str(&exponent.to_string());
    }
    text
}

/// Writes the digits of `d.ddd` with the point moved by `places`: right, or left when negative.
fn push_decimal(text: &mut String, mantissa: &str, places: i32) {
    let mut digits = mantissa.trim_end_matches(['0', '.']).chars().filter(char::is_ascii_digit);
    if places < 0 {
        text.push('0');
    }
    for _ in 0..=places {
        text.push(digits.next().unwrap_or('0'));
    }
    text.push('.');
    for _ in places..-1 {
        text.push('0');
    }
    text.push(digits.next().unwrap_or('0'));
    text.extend(digits);
}

/// A map or a list that is still open while a text is read.
#[derive(Clone, Copy, PartialEq)]
enum Nest {
    Map,
    List,
}

impl Nest {
    /// The bracket that `text` begins with, and what follows it.
    fn opened_by(text: &str) -> Option<(Self, &str)> {
        if let Some(after) = text.strip_prefix('{') {
            return Some((Self::Map, after));
        }
        let after = text.strip_prefix('[')?;
        Some((Self::List, after))
    }

    fn open(self) -> char {
        match self {
            Self::Map => '{',
            Self::List => '[',
        }
    }

    fn close(self) -> char {
        match self {
            Self::Map => '}',
            Self::List => ']',
        }
    }
}

/// Reads a map's text and writes it as compact JSON, in which every scalar is a string.
///
/// The text does not tell its own punctuation from that of the values, so the nearest mark counts: a key ends at the
/// first `=`, a scalar at the first `, ` or closing bracket of the map or list that it stands in. Members keep their
/// order, a key given twice stays twice, and `[]` is a list without values.
///
/// Returns `None` for a text that is not one balanced map and nothing after it but white space, or that nests deeper
/// than [`NESTING_LEVELS_MAX`].
///
/// ```
/// use trommel_rule::java_map;
///
/// let json = java_map::to_json("{snapshotId=snap-1, items=[{userId=1}, {group=all}]}");
/// assert_eq!(json.as_deref(), Some(r#"{"snapshotId":"snap-1","items":[{"userId":"1"},{"group":"all"}]}"#));
/// assert_eq!(java_map::to_json("any other text"), None);
/// ```
pub fn to_json(text: &str) -> Option<String> {
    if !text.starts_with('{') {
        return None;
    }
    let mut json = String::with_capacity(text.len() * 2);
    let mut nests: Vec<Nest> = Vec::new();
    let mut rest = text;
    loop {
        // A value begins here.
        if let Some((nest, after)) = Nest::opened_by(rest) {
            if nests.len() == NESTING_LEVELS_MAX {
                return None;
            }
            nests.push(nest);
            json.push(nest.open());
            rest = after;
            if !rest.starts_with(nest.close()) {
                rest = begin_member(&mut json, nest, rest)?;
                continue;
            }
        } else {
            let end = scalar_end(rest, *nests.last()?)?;
            let (scalar, after) = rest.split_at_checked(end)?;
            write_json_string(scalar, &mut json);
            rest = after;
        }
        // A value ended here: close what ends with it, up to where the next one begins.
        loop {
            let Some(&nest) = nests.last() else {
                return rest.trim_start().is_empty().then_some(json);
            };
            if let Some(after) = rest.strip_prefix(", ") {
                json.push(',');
                rest = begin_member(&mut json, nest, after)?;
                break;
            }
            rest = rest.strip_prefix(nest.close())?;
            json.push(nest.close());
            nests.pop();
        }
    }
}

/// Passes over what stands before a member's value: in a map its key.
fn begin_member<'t>(json: &mut String, nest: Nest, rest: &'t str) -> Option<&'t str> {
    if nest == Nest::List {
        return Some(rest);
    }
    let (key, value) = rest.split_once('=')?;
    write_json_string(key, json);
    json.push(':');
    Some(value)
}

/// Where the scalar that `rest` begins with ends; one pass, as texts are long and scalars many.
fn scalar_end(rest: &str, nest: Nest) -> Option<usize> {
    let bytes = rest.as_bytes();
    let close = nest.close() as u8;
    bytes.iter().enumerate().position(|(at, &byte)| byte == close || (byte == b',' && bytes.get(at + 1) == Some(&b' ')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_iterate_in_slot_order() {
        let rows: &[(&[&str], &[usize])] = &[
            (&[], &[]),
            (&["a"], &[0]),
            (&["snapshotId", "attributeType", "createVolumePermission"], &[0, 1, 2]),
            (&["createVolumePermission", "attributeType", "snapshotId"], &[2, 1, 0]),
            // dryRun shares a slot with snapshotId: whichever came first stands first.
            (&["snapshotId", "createVolumePermission", "attributeType", "dryRun"], &[0, 3, 2, 1]),
            (&["dryRun", "snapshotId", "createVolumePermission", "attributeType"], &[0, 1, 3, 2]),
            (&["group", "userId"], &[1, 0]),
            (&["userId", "group"], &[0, 1]),
            // Equal hashes.
            (&["Aa", "BB"], &[0, 1]),
            (&["BB", "Aa"], &[0, 1]),
            (&["AaAa", "BBBB", "AaBB", "BBAa", "x"], &[4, 0, 1, 2, 3]),
            (&["", "a"], &[0, 1]),
            // Hashes are of UTF-16 units, surrogate pairs included.
            (&["é", "z", "日本", "😀", "a"], &[4, 3, 0, 1, 2]),
            (&["😀", "𝒳", "\u{fffd}", "ß"], &[1, 0, 2, 3]),
        ];
        for (keys, want) in rows {
            assert_eq!(iteration_order(keys), *want, "{keys:?}");
        }
    }

    #[test]
    fn maps_grow_past_three_quarters() {
        let rows: &[(usize, &[usize])] = &[
            (12, &[0, 1, 2, 3, 4, 5, 11, 6, 10, 7, 8, 9]),
            (13, &[0, 1, 2, 3, 4, 5, 11, 6, 10, 7, 8, 12, 9]),
            (24, &[0, 1, 2, 3, 20, 4, 5, 11, 22, 6, 10, 21, 7, 13, 8, 12, 23, 9, 15, 14, 17, 16, 19, 18]),
            (25, &[11, 10, 13, 12, 15, 14, 17, 16, 19, 18, 0, 1, 2, 3, 20, 4, 5, 22, 6, 21, 7, 24, 8, 23, 9]),
        ];
        for (count, want) in rows {
            let keys: Vec<String> = (0..*count).map(|number| format!("k{number}")).collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            assert_eq!(iteration_order(&keys), *want);
        }
        // One member more than twelve, and attributeType moves behind createVolumePermission.
        let keys = [
            "snapshotId",
            "attributeType",
            "createVolumePermission",
            "k0",
            "k1",
            "k2",
            "k3",
            "k4",
            "k5",
            "k6",
            "k7",
            "k8",
            "k9",
        ];
        let want = [0, 3, 4, 5, 6, 7, 8, 9, 10, 2, 11, 12, 1];
        assert_eq!(iteration_order(&keys), want);
    }

    #[test]
    fn numbers_read_as_java_prints_them() {
        let rows = [
            ("0", "0"),
            ("-0", "0"),
            ("-17", "-17"),
            ("9223372036854775807", "9223372036854775807"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("0.0", "0.0"),
            ("-0.0", "-0.0"),
            ("-0e5", "-0.0"),
            ("1.0", "1.0"),
            ("1.50", "1.5"),
            ("-2.25", "-2.25"),
            ("1e0", "1.0"),
            ("1E+2", "100.0"),
            ("120e-1", "12.0"),
            ("0.1", "0.1"),
            ("0.010", "0.01"),
            ("0.001", "0.001"),
            ("0.00123", "0.00123"),
            ("0.0009999", "9.999E-4"),
            ("1e-5", "1.0E-5"),
            ("999999.5", "999999.5"),
            ("9999999.9", "9999999.9"),
            ("1e6", "1000000.0"),
            ("1e7", "1.0E7"),
            ("12345678.9", "1.23456789E7"),
            ("-1e10", "-1.0E10"),
            ("1.0e100", "1.0E100"),
            ("2e23", "2.0E23"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("123456789.0123456789", "1.2345678901234567E8"),
            ("1.7976931348623157e308", "1.7976931348623157E308"),
            ("1e400", "Infinity"),
            ("-1e400", "-Infinity"),
            ("1e-400", "0.0"),
            ("2.2250738585072014E-308", "2.2250738585072014E-308"),
            // The smallest numbers have one digit at the shortest, and Java prints the nearest two.
            ("5e-324", "4.9E-324"),
            ("1e-323", "9.9E-324"),
            ("2e-323", "2.0E-323"),
            // Two decimals equally near, and a nearest one that reads back as another number.
            ("2.98023223876953125E-8", "2.9802322387695312E-8"),
            ("5.684341886080801486968994140625E-14", "5.684341886080802E-14"),
            // No numbers.
            ("", ""),
            ("1e", "1e"),
            (".", "."),
            ("true", "true"),
        ];
        for (raw, want) in rows {
            assert_eq!(number_text(raw), want, "{raw}");
        }
    }

    #[test]
    fn map_text_becomes_json() {
        let rows = [
            ("{}", "{}"),
            ("{} \t\n", "{}"),
            ("{a=1}", r#"{"a":"1"}"#),
            ("{a=1, b=true, c=null}", r#"{"a":"1","b":"true","c":"null"}"#),
            ("{a=, b=}", r#"{"a":"","b":""}"#),
            ("{=v}", r#"{"":"v"}"#),
            ("{a={}, b=[]}", r#"{"a":{},"b":[]}"#),
            ("{a=[[], {}, [x]]}", r#"{"a":[[],{},["x"]]}"#),
            ("{a=[, x, ]}", r#"{"a":["","x",""]}"#),
            ("{k=[a, {b=c}], d=e}", r#"{"k":["a",{"b":"c"}],"d":"e"}"#),
            // Punctuation inside values: the nearest mark that can end them does.
            ("{a=b=c}", r#"{"a":"b=c"}"#),
            ("{a=x,y}", r#"{"a":"x,y"}"#),
            ("{a=x], b=[y}=z]}", r#"{"a":"x]","b":["y}=z"]}"#),
            ("{a=x{y[z}", r#"{"a":"x{y[z"}"#),
            ("{a=x, y, b=z}", r#"{"a":"x","y, b":"z"}"#),
            ("{a, b={c=d}}", r#"{"a, b":{"c":"d"}}"#),
            ("{a=1, a=2}", r#"{"a":"1","a":"2"}"#),
            ("{ a = b }", r#"{" a ":" b "}"#),
            ("{a= {b=c}", r#"{"a":" {b=c"}"#),
            // Escapes and other scripts.
            ("{é=日本 😀}", r#"{"é":"日本 😀"}"#),
            (r#"{"a"=\n}"#, r#"{"\"a\"":"\\n"}"#),
            ("{a=\n\r\t\0\x08\x0b\x1f\x7f}", "{\"a\":\"\\n\\r\\t\\u0000\\u0008\\u000b\\u001f\x7f\"}"),
            (
                "{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}, {group=all}]}}}",
                r#"{"snapshotId":"snap-1","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"1"},{"group":"all"}]}}}"#,
            ),
        ];
        for (text, want) in rows {
            assert_eq!(to_json(text).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_map() {
        let rows = [
            "",
            "a=b",
            " {}",
            "[a]",
            "{",
            "}",
            "{a",
            "{a}",
            "{a=",
            "{a=b",
            "{a=b, ",
            "{a=b, }",
            "{a=b]",
            "{a=\\",
            "{a=[b}",
            "{a=[b}]",
            "{a=[b]",
            "{a={b=c}",
            "{a={b=c}x}",
            "{a={b=c},d=e}",
            "{a=[b]]}",
            "{a=b}}",
            "{a=b}, c=d",
            "{} x",
            r#"{"a":"b"}"#,
        ];
        for text in rows {
            assert_eq!(to_json(text), None, "{text}");
        }
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |levels: usize, open: &str, close: &str| {
            format!("{{a={}{}}}", open.repeat(levels - 1), close.repeat(levels - 1))
        };
        for (open, close) in [("[", "]"), ("{a=", "}")] {
            let deepest = nested(NESTING_LEVELS_MAX, open, close);
            assert!(to_json(&deepest).is_some());
            assert_eq!(to_json(&nested(NESTING_LEVELS_MAX + 1, open, close)), None);
            assert_eq!(to_json(&nested(100_000, open, close)), None);
        }
        // The limit is on depth, not on how often something nests.
        let wide = format!("{{a=[{}x]}}", "[[y]], ".repeat(1_000));
        assert!(to_json(&wide).is_some());
    }
}
