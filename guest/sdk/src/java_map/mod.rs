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
            let elements: Vec<String> = value.all_children().into_iter().filter_map(to_text).collect();
            (!elements.is_empty()).then(|| format!("[{}]", elements.join(", ")))
        }
        Kind::Object => {
            // A key that stands twice keeps its first place and its last value.
            let all: Vec<(Cow<'_, str>, Value<'_>)> =
                value.all_children().into_iter().map(|member| (member.name(), member)).collect();
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
mod tests;
