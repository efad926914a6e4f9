//! Tests of one value: what a leaf of a condition asks.

use std::cmp::Ordering;

use crate::grams::Grams;
use crate::image::{Corrupt, Image, List, Section, TEST_WORDS, piece, relation, test};
use crate::json::Shape;
use crate::regex::{Machine, Program};
use crate::scalar::{self, Number};
use crate::text::{find, fits};
use crate::values::{Cut, Span, Values};
use crate::{Stop, hash};

/// Says whether a value satisfies a test. An object satisfies nothing but `EXISTS`.
#[inline]
pub(crate) fn value(
    image: Image<'_>,
    number: u32,
    event: &[u8],
    values: &mut Values,
    machine: &mut Machine,
    value: u32,
) -> Result<bool, Stop> {
    let [kind, a, b, c] = image.record::<TEST_WORDS>(Section::Tests, number)?;
    if kind == test::EXISTS {
        return Ok(true);
    }
    if values.shape(value) == Shape::Object {
        return Ok(false);
    }
    let text = if kind == test::TEXT_FOLDED { values.folded(event, value) } else { values.text(event, value) };
    if kind == test::TOKENS {
        return Ok(holds_tokens(image, a, (b, c), values.cut(event, text, a & 0xff))?);
    }
    searched(image, [kind, a, b, c], event, values, machine, text)
}

/// Says whether a text satisfies a test.
pub(crate) fn text(
    image: Image<'_>,
    number: u32,
    event: &[u8],
    values: &mut Values,
    machine: &mut Machine,
    text: Span,
) -> Result<bool, Stop> {
    let record = image.record::<TEST_WORDS>(Section::Tests, number)?;
    let text = if record[0] == test::TEXT_FOLDED { values.fold(event, text) } else { text };
    if let [test::TOKENS, a, b, c] = record {
        return Ok(holds_tokens(image, a, (b, c), values.cut(event, text, a & 0xff))?);
    }
    searched(image, record, event, values, machine, text)
}

/// Judges a test that may look for parts in a text, which is then gone through once for all tests.
#[inline]
fn searched(
    image: Image<'_>,
    record: [u32; 4],
    event: &[u8],
    values: &mut Values,
    machine: &mut Machine,
    text: Span,
) -> Result<bool, Stop> {
    let [test::TEXT | test::TEXT_FOLDED, wholes, patterns, parts] = record else {
        return holds(image, record, values.bytes(event, text), machine);
    };
    let parts = image.counted::<3>(parts)?;
    if !parts.is_empty() {
        values.need_grams(event, text);
        let (text, grams) = (values.bytes(event, text), values.grams(text));
        if holds_part(image, parts, text, grams)? {
            return Ok(true);
        }
    }
    Ok(fits_any(image, wholes, patterns, values.bytes(event, text))?)
}

/// Says whether a text holds one of some parts.
fn holds_part(image: Image<'_>, parts: List<'_, 3>, text: &[u8], grams: Option<&Grams>) -> Result<bool, Corrupt> {
    for [hash, at, length] in parts.iter() {
        if let Some(grams) = grams
            && hash != 0
            && !grams.may_hold_piece(hash)
        {
            continue;
        }
        let part = image.text(at, length)?;
        if grams.is_none_or(|grams| grams.may_hold(part)) && find(text, part).is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The parts of which a value must hold one to satisfy a test, if that is all that the test asks; and whether values are
/// folded before.
fn parts_only<'i>(image: Image<'i>, number: u32) -> Result<Option<(List<'i, 3>, bool)>, Corrupt> {
    let [kind @ (test::TEXT | test::TEXT_FOLDED), wholes, patterns, parts] = image.record(Section::Tests, number)?
    else {
        return Ok(None);
    };
    if !image.counted::<3>(wholes)?.is_empty() || !image.counted::<2>(patterns)?.is_empty() {
        return Ok(None);
    }
    Ok(Some((image.counted(parts)?, kind == test::TEXT_FOLDED)))
}

/// Says whether some value of an event may satisfy a test, by the event's own text.
pub(crate) fn may_be_in(image: Image<'_>, number: u32, event: &[u8], values: &mut Values) -> Result<bool, Corrupt> {
    let Some((parts, true)) = parts_only(image, number)? else { return Ok(true) };
    let Some(grams) = values.grams_of_event(event) else { return Ok(true) };
    for [_, at, length] in parts.iter() {
        if grams.may_hold_in_json(image.text(at, length)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says whether some value of a slot may satisfy a test, by the pieces of all of them: it saves going through the values
/// of a slot that takes every field.
pub(crate) fn may_hold(
    image: Image<'_>,
    number: u32,
    event: &[u8],
    values: &mut Values,
    slot: u32,
) -> Result<bool, Corrupt> {
    let Some((parts, folded)) = parts_only(image, number)? else { return Ok(true) };
    let grams = values.grams_of_slot(event, slot, folded);
    for [hash, at, length] in parts.iter() {
        if hash == 0 || (grams.may_hold_piece(hash) && grams.may_hold(image.text(at, length)?)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn holds(image: Image<'_>, [kind, a, b, c]: [u32; 4], text: &[u8], machine: &mut Machine) -> Result<bool, Stop> {
    Ok(match kind {
        test::EXISTS => true,
        test::ORDER => related(text.cmp(image.text(b, c)?), a)?,
        test::REGEX => return Program::new(image, a)?.matches(text, machine),
        test::WHOLE => compare(scalar::number(text), Number::Whole(wide(b, c).cast_signed()), a)?,
        test::FLOAT => compare(scalar::number(text), Number::Float(f64::from_bits(wide(b, c))), a)?,
        test::BOOLEAN => scalar::boolean(text) == Some(a != 0),
        test::NETWORKS => match scalar::address(text) {
            None => false,
            Some(address) => image.list::<5>(a, b)?.iter().any(|[w, x, y, z, prefix]| {
                let mut network = [0; 16];
                for (bytes, word) in network.chunks_exact_mut(4).zip([w, x, y, z]) {
                    bytes.copy_from_slice(&word.to_le_bytes());
                }
                scalar::lies_in(&address, &network, prefix)
            }),
        },
        test::TIME => match scalar::time(text) {
            None => false,
            Some(time) => related(time.cmp(&wide(b, c).cast_signed()), a)?,
        },
        _ => return Err(Corrupt("a test").into()),
    })
}

fn wide(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

fn compare(number: Option<Number>, operand: Number, relation: u32) -> Result<bool, Corrupt> {
    match number.and_then(|number| number.compare(operand)) {
        Some(order) => related(order, relation),
        None => Ok(false),
    }
}

fn related(order: Ordering, relation: u32) -> Result<bool, Corrupt> {
    Ok(match relation {
        relation::EQUAL => order.is_eq(),
        relation::LESS => order.is_lt(),
        relation::LESS_OR_EQUAL => order.is_le(),
        relation::GREATER => order.is_gt(),
        relation::GREATER_OR_EQUAL => order.is_ge(),
        _ => return Err(Corrupt("a relation")),
    })
}

/// How many whole texts are compared one by one.
const FEW: usize = 6;

fn fits_any(image: Image<'_>, wholes: u32, patterns: u32, text: &[u8]) -> Result<bool, Corrupt> {
    let wholes = image.counted::<3>(wholes)?;
    if wholes.len() <= FEW {
        for [_, at, length] in wholes.iter() {
            if length as usize == text.len() && image.text(at, length)? == text {
                return Ok(true);
            }
        }
    } else {
        let wanted = hash::bytes(text) as u32;
        let (mut low, mut high) = (0, wholes.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match wholes.get(middle) {
                Some([hash, ..]) if hash < wanted => low = middle + 1,
                _ => high = middle,
            }
        }
        while let Some([hash, at, length]) = wholes.get(low)
            && hash == wanted
        {
            if image.text(at, length)? == text {
                return Ok(true);
            }
            low += 1;
        }
    }
    for [at, count] in image.counted::<2>(patterns)?.iter() {
        if fits(&image, (at, count), text)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How many tokens may be asked for together, in a phrase or anywhere.
pub const TOKENS_MAX: u32 = 64;

fn holds_tokens(image: Image<'_>, how: u32, (at, count): (u32, u32), cut: &Cut) -> Result<bool, Corrupt> {
    let wanted = image.list::<2>(at, count)?;
    let how = how & !0xff;
    if wanted.is_empty() || (how != test::ANY_OF && count > TOKENS_MAX) {
        return Ok(false);
    }
    if how == test::PHRASE {
        let Some([at, count]) = wanted.get(0) else { return Ok(false) };
        let Some(first) = literal(image, at, count)? else { return Err(Corrupt("a phrase")) };
        'places: for place in cut.places(first) {
            for (nth, [at, count]) in wanted.iter().enumerate() {
                let place = place as usize + nth;
                let Some(token) = literal(image, at, count)? else { return Err(Corrupt("a phrase")) };
                if place >= cut.hashes.len() || cut.text(place as u32) != token {
                    continue 'places;
                }
            }
            return Ok(true);
        }
        return Ok(false);
    }
    for [at, count] in wanted.iter() {
        let there = match literal(image, at, count)? {
            Some(token) => cut.places(token).any(|place| cut.text(place) == token),
            None => {
                let mut there = false;
                for place in 0..cut.hashes.len() as u32 {
                    there = there || fits(&image, (at, count), cut.text(place))?;
                }
                there
            }
        };
        match how {
            test::ANY_OF if there => return Ok(true),
            test::ALL_OF if !there => return Ok(false),
            _ => {}
        }
    }
    Ok(how == test::ALL_OF)
}

/// Is the one text that fits a pattern, if it has no wildcards.
fn literal<'i>(image: Image<'i>, at: u32, count: u32) -> Result<Option<&'i [u8]>, Corrupt> {
    match (image.list::<3>(at, count)?.get(0), count) {
        (Some([piece::TEXT, at, length]), 1) => image.text(at, length).map(Some),
        _ => Ok(None),
    }
}
