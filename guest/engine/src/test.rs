//! Tests of one value: what a leaf of a condition asks.

use std::cmp::Ordering;

use crate::image::{Corrupt, Image, Section, TEST_WORDS, relation, test};
use crate::json::Shape;
use crate::regex::{Machine, Program};
use crate::scalar::{self, Number};
use crate::text::fits;
use crate::values::{Span, Values};
use crate::{Stop, hash, tokens};

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
    holds(image, [kind, a, b, c], values.bytes(event, text), machine)
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
    holds(image, record, values.bytes(event, text), machine)
}

fn holds(image: Image<'_>, [kind, a, b, c]: [u32; 4], text: &[u8], machine: &mut Machine) -> Result<bool, Stop> {
    Ok(match kind {
        test::EXISTS => true,
        test::TEXT | test::TEXT_FOLDED => fits_any(image, a, b, text)?,
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
        test::TOKENS => holds_tokens(image, a, (b, c), text)?,
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

/// How many tokens may be asked for together, in a phrase or anywhere: one bit each.
pub const TOKENS_MAX: u32 = 64;

fn holds_tokens(image: Image<'_>, how: u32, (at, count): (u32, u32), text: &[u8]) -> Result<bool, Corrupt> {
    let wanted = image.list::<2>(at, count)?;
    let text = String::from_utf8_lossy(text);
    let any = how & !0xff == test::ANY_OF;
    if wanted.is_empty() || (count > TOKENS_MAX && !any) {
        return Ok(false);
    }
    let all = if count >= TOKENS_MAX { u64::MAX } else { (1 << count) - 1 };
    let mut seen: u64 = 0;
    let mut broken = None;
    let mut found = false;
    tokens::each(how & 0xff, &text, |token| {
        let mut fit = 0_u64;
        for (nth, [at, count]) in wanted.iter().enumerate() {
            match fits(&image, (at, count), token.as_bytes()) {
                Ok(true) => fit |= 1 << (nth & 63),
                Ok(false) => {}
                Err(why) => broken = Some(why),
            }
        }
        seen = match how & !0xff {
            // A bit says that so much of the phrase ends here.
            test::PHRASE => (seen << 1 | 1) & fit,
            _ => seen | fit,
        };
        found = match how & !0xff {
            test::PHRASE => seen >> (count - 1) & 1 == 1,
            test::ALL_OF => seen == all,
            _ => seen != 0,
        };
        !found && broken.is_none()
    });
    broken.map_or(Ok(found), Err)
}
