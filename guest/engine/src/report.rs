//! Writes findings: for each rule that fires, its columns as JSON, its severity and its risk score.

use crate::expression::Computed;
use crate::image::{Corrupt, Image, List, RULE_WORDS, Section};
use crate::json::{self, Shape};
use crate::judge::Judge;
use crate::scalar::{self, Number};
use crate::values::NONE;
use crate::{Finding, Stop, engine};

/// How many rows one rule may make of an event.
pub const ROWS_MAX: usize = 1_000;

/// The sorts of a column, as the contract has them.
pub mod sort {
    /// A string.
    pub const TEXT: u32 = 0;
    /// A number.
    pub const NUMBER: u32 = 1;
    /// A boolean.
    pub const BOOLEAN: u32 = 2;
    /// A list.
    pub const LIST: u32 = 3;
    /// An object.
    pub const OBJECT: u32 = 4;
}

/// Judges a rule, and adds its findings.
pub(crate) fn rule(
    judge: &mut Judge<'_>,
    event: &[u8],
    rule: u32,
    reported: &mut bool,
    findings: &mut Vec<Finding>,
) -> Result<(), Stop> {
    let record = judge.image.record::<RULE_WORDS>(Section::Rules, rule)?;
    let [condition, expanded, expanded_count, ..] = record;
    if expanded_count == 0 {
        if judge.condition(event, condition, 0)? == Some(true) {
            finding(judge, event, rule, &record, reported, findings)?;
        }
        return Ok(());
    }
    let mut rows = vec![Vec::new()];
    for [number] in judge.image.list::<1>(expanded, expanded_count)?.iter() {
        let values = match judge.expression(event, number, 0)? {
            Computed::Many(start, count) => {
                judge.lists.get(start as usize..(start + count) as usize).unwrap_or_default().to_vec()
            }
            one => vec![one],
        };
        rows = rows
            .into_iter()
            .flat_map(|row| values.iter().map(move |&value| [&row[..], &[value]].concat()))
            .take(ROWS_MAX)
            .collect();
    }
    for row in rows {
        judge.row = row;
        if judge.condition(event, condition, 0)? == Some(true) {
            finding(judge, event, rule, &record, reported, findings)?;
        }
    }
    judge.row.clear();
    Ok(())
}

fn finding(
    judge: &mut Judge<'_>,
    event: &[u8],
    rule: u32,
    record: &[u32; RULE_WORDS],
    reported: &mut bool,
    findings: &mut Vec<Finding>,
) -> Result<(), Stop> {
    let &[_, _, _, columns, columns_count, severities, risk_scores, event_id, ..] = record;
    let image = judge.image;
    if !*reported {
        *reported = true;
        engine::fill_report(image, event, &mut judge.values)?;
    }
    let mut severity = None;
    for [condition, of] in image.counted::<2>(severities)?.iter() {
        if judge.condition(event, condition, 0)? == Some(true) {
            severity = Some(of.min(4));
            break;
        }
    }
    let mut risk_score = None;
    for [condition, from_field, of] in image.counted::<3>(risk_scores)?.iter() {
        if judge.condition(event, condition, 0)? == Some(true) {
            risk_score = if from_field == 0 { u8::try_from(of).ok() } else { risk_in(judge, event, of) };
            risk_score = risk_score.filter(|&score| score <= 100);
            if risk_score.is_some() {
                break;
            }
        }
    }
    let event_id = match event_id.checked_sub(1).map(|slot| judge.values.first(slot)) {
        None | Some(NONE) => None,
        Some(value) => {
            let text = judge.values.text(event, value);
            Some(String::from_utf8_lossy(judge.values.bytes(event, text)).into_owned())
        }
    };
    let columns = object(judge, event, image, image.list(columns, columns_count)?)?;
    findings.push(Finding { rule, columns, severity, risk_score, event_id });
    Ok(())
}

fn risk_in(judge: &mut Judge<'_>, event: &[u8], slot: u32) -> Option<u8> {
    let mut value = judge.values.first(slot);
    while value != NONE {
        let text = judge.values.text(event, value);
        if let Some(number) = scalar::number(judge.values.bytes(event, text))
            && (0.0..=100.0).contains(&number.float())
        {
            return Some(number.float() as u8);
        }
        value = judge.values.next(value);
    }
    None
}

fn object(judge: &mut Judge<'_>, event: &[u8], image: Image<'_>, columns: List<'_, 5>) -> Result<String, Stop> {
    let mut out = Vec::with_capacity(256);
    out.push(b'{');
    for (nth, [name, length, computed, number, sort]) in columns.iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        string(image.text(name, length)?, &mut out);
        out.push(b':');
        if computed == 0 {
            field(judge, event, number, sort, &mut out);
        } else {
            let computed = judge.expression(event, number, 0)?;
            expression(judge, event, computed, sort, &mut out);
        }
    }
    out.push(b'}');
    String::from_utf8(out).map_err(|_| Corrupt("a column's name").into())
}

fn field(judge: &mut Judge<'_>, event: &[u8], slot: u32, sort: u32, out: &mut Vec<u8>) {
    let start = out.len();
    let mut count = 0;
    let mut value = judge.values.first(slot);
    while value != NONE {
        let end = out.len();
        out.extend_from_slice(if count == 0 { b"[" } else { b"," });
        if element(judge, event, value, sort, out) {
            count += 1;
        } else {
            out.truncate(end);
        }
        value = judge.values.next(value);
    }
    close(start, count, sort, out);
}

/// Ends what is written as a list: as it is if it must be one or holds several, else as its only value, or as null.
fn close(start: usize, count: usize, sort: u32, out: &mut Vec<u8>) {
    match count {
        0 => out.extend_from_slice(b"null"),
        1 if sort != sort::LIST => {
            out.remove(start);
        }
        _ => out.push(b']'),
    }
}

/// Writes a value as the column's sort has it; answers with false if it cannot be one.
fn element(judge: &mut Judge<'_>, event: &[u8], value: u32, sort: u32, out: &mut Vec<u8>) -> bool {
    let shape = judge.values.shape(value);
    let fits = match sort {
        sort::LIST => true,
        sort::OBJECT => shape == Shape::Object,
        sort::NUMBER => shape == Shape::Number,
        sort::BOOLEAN => matches!(shape, Shape::True | Shape::False),
        _ => matches!(shape, Shape::Plain | Shape::Escaped),
    };
    let json = judge.values.json(event, value);
    if fits && std::str::from_utf8(json).is_ok() {
        out.extend_from_slice(json);
        return true;
    }
    if shape == Shape::Object && sort != sort::TEXT {
        out.extend_from_slice(String::from_utf8_lossy(json).as_bytes());
        return fits;
    }
    let text = judge.values.text(event, value);
    let bytes = judge.values.bytes(event, text);
    match sort {
        sort::TEXT | sort::LIST => string(bytes, out),
        // `"5145"` in a field of numbers is one.
        sort::NUMBER if json::number(bytes) == Some(bytes.len()) => out.extend_from_slice(bytes),
        sort::BOOLEAN if scalar::boolean(bytes).is_some() => out.extend_from_slice(bytes),
        _ => return false,
    }
    true
}

fn expression(judge: &mut Judge<'_>, event: &[u8], computed: Computed, sort: u32, out: &mut Vec<u8>) {
    let values = match computed {
        Computed::Many(start, count) => {
            judge.lists.get(start as usize..(start + count) as usize).unwrap_or_default().to_vec()
        }
        one => vec![one],
    };
    let start = out.len();
    let mut count = 0;
    for value in values {
        let end = out.len();
        out.extend_from_slice(if count == 0 { b"[" } else { b"," });
        match (value, sort) {
            (Computed::Boolean(truth), sort::BOOLEAN | sort::LIST) => {
                out.extend_from_slice(if truth { b"true" } else { b"false" });
            }
            (Computed::Number(Number::Whole(n)), sort::NUMBER | sort::LIST) => {
                out.extend_from_slice(n.to_string().as_bytes());
            }
            (Computed::Number(Number::Float(n)), sort::NUMBER | sort::LIST) => {
                out.extend_from_slice(n.to_string().as_bytes());
            }
            (value, sort::TEXT | sort::LIST) => match judge.texted(value) {
                Some(text) => string(judge.values.bytes(event, text), out),
                None => {
                    out.truncate(end);
                    continue;
                }
            },
            _ => {
                out.truncate(end);
                continue;
            }
        }
        count += 1;
    }
    close(start, count, sort, out);
}

/// Writes a string of JSON.
fn string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            c if (c as u32) < 0x20 => out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes()),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
