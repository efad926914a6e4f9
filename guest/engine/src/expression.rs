//! Computes expressions: fields, captures and replacements; functions lie in [`functions`](crate::functions).

use crate::image::{Corrupt, DEPTH_MAX, EXPRESSION_WORDS, Function, Section, VARIES, expression, kind};
use crate::json::Shape;
use crate::judge::{Judge, before};
use crate::regex::{NOWHERE, Program};
use crate::scalar::{self, Number};
use crate::values::{NONE, Span};
use crate::{Stop, test};

/// How much text may be made for one event.
pub const MADE_BYTES_MAX: usize = 32 << 20;

/// What an expression comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Computed {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Span),
    /// Several values: so many, from a place in [`Judge::lists`].
    Many(u32, u32),
}

impl Computed {
    pub(crate) fn truth(self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(truth),
            _ => None,
        }
    }
}

impl From<Option<bool>> for Computed {
    fn from(truth: Option<bool>) -> Self {
        truth.map_or(Self::Null, Self::Boolean)
    }
}

impl Judge<'_> {
    /// Computes an expression.
    pub(crate) fn expression(&mut self, event: &[u8], number: u32, depth: u32) -> Result<Computed, Stop> {
        if let Some(&(turn, known)) = self.known.get(number as usize)
            && turn == self.turn
            && !self.in_script
        {
            return Ok(known);
        }
        if depth > DEPTH_MAX {
            return Err(Corrupt("expressions too deep").into());
        }
        self.machine.step()?;
        let record = self.image.record::<EXPRESSION_WORDS>(Section::Expressions, number)?;
        let computed = self.compute(event, number, record, depth)?;
        if self.values.made_bytes() > MADE_BYTES_MAX {
            return Err(Stop::TooMuch("the event makes for too much text"));
        }
        if record[0] & VARIES == 0 && !self.in_script {
            self.known[number as usize] = (self.turn, computed);
        }
        Ok(computed)
    }

    fn compute(&mut self, event: &[u8], number: u32, [op, a, b, c]: [u32; 4], depth: u32) -> Result<Computed, Stop> {
        let wide = u64::from(a) | u64::from(b) << 32;
        Ok(match op & !VARIES {
            expression::NULL => Computed::Null,
            expression::BOOLEAN => Computed::Boolean(a != 0),
            expression::WHOLE => Computed::Number(Number::Whole(wide.cast_signed())),
            expression::FLOAT => Computed::Number(Number::Float(f64::from_bits(wide))),
            expression::TEXT => {
                let text = self.image.text(a, b)?;
                Computed::Text(self.values.make(|made| made.extend_from_slice(text)))
            }
            expression::FIELD => self.field(event, a, b)?,
            expression::EXPANDED => self.row.get(a as usize).copied().unwrap_or(Computed::Null),
            expression::TEST => {
                let computed = self.expression(event, before(number, a)?, depth + 1)?;
                match self.texted(computed) {
                    Some(text) => {
                        let Self { image, values, machine, .. } = self;
                        Computed::Boolean(test::text(*image, b, event, values, machine, text)?)
                    }
                    None => Computed::Null,
                }
            }
            expression::CONDITION => self.condition(event, a, depth + 1)?.into(),
            expression::CAPTURE => match self.expression(event, before(number, a)?, depth + 1)? {
                Computed::Text(text) => self.capture(event, text, b, c)?,
                Computed::Many(start, count) => self.capture_each(event, (start, count), b, c)?,
                _ => Computed::Null,
            },
            expression::REPLACE => match self.expression(event, before(number, a)?, depth + 1)? {
                Computed::Text(text) => self.replace(event, text, b, c)?,
                _ => Computed::Null,
            },
            expression::CALL => {
                let function = Function::ALL.get(a as usize).copied().ok_or(Corrupt("a function"))?;
                let arguments = self.image.list::<1>(b, c)?;
                for [argument] in arguments.iter() {
                    before(number, argument)?;
                }
                self.call(event, function, arguments, depth + 1)?
            }
            _ => return Err(Corrupt("an expression").into()),
        })
    }

    /// Is the value of a field: the one that is bound now in a script, else the only one, or many.
    fn field(&mut self, event: &[u8], slot: u32, kind: u32) -> Result<Computed, Stop> {
        if self.in_script {
            let bound = self.bound.iter().find(|(of, _)| *of == slot).map_or(NONE, |&(_, value)| value);
            return if bound == NONE { Ok(Computed::Null) } else { self.read(event, bound, kind) };
        }
        let first = self.scalar_from(self.values.first(slot));
        if first == NONE {
            return Ok(Computed::Null);
        }
        let mut value = self.scalar_from(self.values.next(first));
        if value == NONE {
            return self.read(event, first, kind);
        }
        let start = self.lists.len() as u32;
        let one = self.read(event, first, kind)?;
        self.lists.push(one);
        while value != NONE {
            let one = self.read(event, value, kind)?;
            self.lists.push(one);
            value = self.scalar_from(self.values.next(value));
        }
        Ok(Computed::Many(start, self.lists.len() as u32 - start))
    }

    fn read(&mut self, event: &[u8], value: u32, kind: u32) -> Result<Computed, Stop> {
        let text = self.values.text(event, value);
        let bytes = self.values.bytes(event, text);
        let number = |bytes| scalar::number(bytes).map_or(Computed::Null, Computed::Number);
        Ok(match kind {
            kind::TEXT => Computed::Text(text),
            kind::NUMBER => number(bytes),
            kind::BOOLEAN => scalar::boolean(bytes).into(),
            kind::JSON => match self.values.shape(value) {
                Shape::True => Computed::Boolean(true),
                Shape::False => Computed::Boolean(false),
                Shape::Number => number(bytes),
                _ => Computed::Text(text),
            },
            _ => return Err(Corrupt("a kind").into()),
        })
    }

    /// Is the text of what was computed, also of a number or a boolean.
    pub(crate) fn texted(&mut self, computed: Computed) -> Option<Span> {
        Some(match computed {
            Computed::Text(text) => text,
            Computed::Boolean(truth) => {
                self.values.make(|made| made.extend_from_slice(if truth { b"true" } else { b"false" }))
            }
            Computed::Number(Number::Whole(n)) => {
                self.values.make(|made| made.extend_from_slice(n.to_string().as_bytes()))
            }
            Computed::Number(Number::Float(n)) => {
                // As Java does it: 1.0 keeps its point.
                self.values.make(|made| made.extend_from_slice(format!("{n:?}").as_bytes()))
            }
            Computed::Null | Computed::Many(..) => return None,
        })
    }

    fn capture(&mut self, event: &[u8], text: Span, regex: u32, group: u32) -> Result<Computed, Stop> {
        let program = Program::new(self.image, regex)?;
        let bytes = self.values.bytes(event, text);
        let Some(places) = program.find(bytes, 0, &mut self.machine)? else { return Ok(Computed::Null) };
        let (Some(&start), Some(&end)) = (places.get(2 * group as usize), places.get(2 * group as usize + 1)) else {
            return Err(Corrupt("a group").into());
        };
        if start == NOWHERE || end == NOWHERE || start > end {
            return Ok(Computed::Null);
        }
        let part = bytes[start as usize..end as usize].to_vec();
        Ok(Computed::Text(self.values.make(|made| made.extend_from_slice(&part))))
    }

    /// Captures of each of many values: as many as are not null.
    fn capture_each(
        &mut self,
        event: &[u8],
        (start, count): (u32, u32),
        regex: u32,
        group: u32,
    ) -> Result<Computed, Stop> {
        let values = self.lists.get(start as usize..(start + count) as usize).unwrap_or_default().to_vec();
        let mut captured = Vec::new();
        for value in values {
            if let Computed::Text(text) = value {
                captured.push(self.capture(event, text, regex, group)?);
            }
        }
        captured.retain(|one| *one != Computed::Null);
        Ok(match captured.as_slice() {
            [] => Computed::Null,
            [one] => *one,
            _ => {
                let start = self.lists.len() as u32;
                self.lists.extend_from_slice(&captured);
                Computed::Many(start, captured.len() as u32)
            }
        })
    }

    fn replace(&mut self, event: &[u8], text: Span, regex: u32, list: u32) -> Result<Computed, Stop> {
        let program = Program::new(self.image, regex)?;
        let pieces = self.image.counted::<3>(list)?;
        let bytes = self.values.bytes(event, text).to_vec();
        let mut out = Vec::new();
        let mut at = 0;
        while at <= bytes.len() {
            let Some(places) = program.find(&bytes, at, &mut self.machine)? else { break };
            let (Some(&start), Some(&end)) = (places.first(), places.get(1)) else { break };
            let (start, end) = (start as usize, end as usize);
            if start > end || end > bytes.len() {
                return Err(Corrupt("a match").into());
            }
            out.extend_from_slice(&bytes[at..start]);
            for [sort, a, b] in pieces.iter() {
                if sort == 0 {
                    out.extend_from_slice(self.image.text(a, b)?);
                } else if let (Some(&from), Some(&to)) = (places.get(2 * a as usize), places.get(2 * a as usize + 1))
                    && from != NOWHERE
                    && to != NOWHERE
                {
                    out.extend_from_slice(bytes.get(from as usize..to as usize).unwrap_or_default());
                }
            }
            if out.len() > MADE_BYTES_MAX {
                return Err(Stop::TooMuch("the event makes for too much text"));
            }
            at = end;
            if start == end {
                // An empty match: its place stays, and the next search is behind it.
                let Some((_, length)) = crate::text::decode(&bytes, at) else {
                    at = bytes.len() + 1;
                    break;
                };
                out.extend_from_slice(&bytes[at..at + length]);
                at += length;
            }
        }
        out.extend_from_slice(bytes.get(at..).unwrap_or_default());
        Ok(Computed::Text(self.values.make(|made| made.extend_from_slice(&out))))
    }
}
