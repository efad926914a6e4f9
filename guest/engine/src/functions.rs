//! The functions of expressions, but for those that only work on texts, which lie in [`strings`](crate::strings).

use std::cmp::Ordering;

use crate::expression::Computed;
use crate::image::{Function, List};
use crate::judge::Judge;
use crate::scalar::{self, Number};
use crate::{Stop, strings};

impl Judge<'_> {
    /// Computes a function.
    pub(crate) fn call(
        &mut self,
        event: &[u8],
        function: Function,
        arguments: List<'_, 1>,
        depth: u32,
    ) -> Result<Computed, Stop> {
        match function {
            Function::And | Function::Or => return self.logic(event, function == Function::Or, arguments, depth),
            Function::Case => return self.case(event, arguments, depth),
            _ => {}
        }
        let mut computed = Vec::with_capacity(arguments.len());
        for [argument] in arguments.iter() {
            computed.push(self.expression(event, argument, depth)?);
        }
        if let Some(done) = self.of_many(event, function, &computed) {
            return Ok(done);
        }
        if computed.iter().any(|one| matches!(one, Computed::Null | Computed::Many(..))) {
            return Ok(Computed::Null);
        }
        if let Some(done) = self.of_numbers(event, function, &computed) {
            return Ok(done);
        }
        Ok(self.of_texts(event, function, &computed))
    }

    fn logic(&mut self, event: &[u8], short: bool, arguments: List<'_, 1>, depth: u32) -> Result<Computed, Stop> {
        let mut truth = Some(!short);
        for [argument] in arguments.iter() {
            match self.expression(event, argument, depth)?.truth() {
                Some(one) if one == short => return Ok(Computed::Boolean(short)),
                Some(_) => {}
                None => truth = None,
            }
        }
        Ok(truth.into())
    }

    fn case(&mut self, event: &[u8], arguments: List<'_, 1>, depth: u32) -> Result<Computed, Stop> {
        let mut nth = 0;
        while let Some([first]) = arguments.get(nth) {
            let Some([value]) = arguments.get(nth + 1) else {
                return self.expression(event, first, depth);
            };
            if self.expression(event, first, depth)?.truth() == Some(true) {
                return self.expression(event, value, depth);
            }
            nth += 2;
        }
        Ok(Computed::Null)
    }

    /// Computes what takes null and many; answers with nothing for any other function.
    fn of_many(&mut self, event: &[u8], function: Function, arguments: &[Computed]) -> Option<Computed> {
        let first = *arguments.first()?;
        let values = match first {
            Computed::Null => &[][..],
            Computed::Many(start, count) => self.lists.get(start as usize..(start + count) as usize)?,
            _ => &arguments[..1],
        };
        Some(match function {
            Function::IsNull => Computed::Boolean(first == Computed::Null),
            Function::Coalesce => {
                arguments.iter().copied().find(|one| *one != Computed::Null).unwrap_or(Computed::Null)
            }
            Function::MvCount if values.is_empty() => Computed::Null,
            Function::MvCount => Computed::Number(Number::Whole(values.len() as i64)),
            Function::MvFirst => values.first().copied().unwrap_or(Computed::Null),
            Function::MvLast => values.last().copied().unwrap_or(Computed::Null),
            Function::MvMin | Function::MvMax => {
                let wanted = if function == Function::MvMin { Ordering::Less } else { Ordering::Greater };
                let mut best = *values.first().unwrap_or(&Computed::Null);
                for &one in values {
                    if self.compare(event, one, best) == Some(wanted) {
                        best = one;
                    }
                }
                best
            }
            Function::MvConcat => {
                let values = values.to_vec();
                let separator = match arguments.get(1)? {
                    Computed::Text(text) => *text,
                    _ => return Some(Computed::Null),
                };
                if values.is_empty() {
                    return Some(Computed::Null);
                }
                let mut out = Vec::new();
                for (nth, &one) in values.iter().enumerate() {
                    if nth > 0 {
                        out.extend_from_slice(self.values.bytes(event, separator));
                    }
                    if let Some(text) = self.texted(one) {
                        out.extend_from_slice(self.values.bytes(event, text));
                    }
                }
                Computed::Text(self.values.make(|made| made.extend_from_slice(&out)))
            }
            Function::MvContains => {
                let all = match *arguments.get(1)? {
                    Computed::Null => &[][..],
                    Computed::Many(start, count) => self.lists.get(start as usize..(start + count) as usize)?,
                    _ => &arguments[1..2],
                };
                let has = |wanted: &Computed| {
                    values.iter().any(|one| self.compare(event, *one, *wanted) == Some(Ordering::Equal))
                };
                Computed::Boolean(all.iter().all(has))
            }
            _ => return None,
        })
    }

    /// Compares two values of one sort.
    pub(crate) fn compare(&self, event: &[u8], a: Computed, b: Computed) -> Option<Ordering> {
        match (a, b) {
            (Computed::Number(a), Computed::Number(b)) => a.compare(b),
            (Computed::Text(a), Computed::Text(b)) => {
                Some(self.values.bytes(event, a).cmp(self.values.bytes(event, b)))
            }
            (Computed::Boolean(a), Computed::Boolean(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    /// Computes comparisons, arithmetic and conversions; answers with nothing for any other function.
    fn of_numbers(&mut self, event: &[u8], function: Function, arguments: &[Computed]) -> Option<Computed> {
        let first = *arguments.first()?;
        let second = arguments.get(1).copied().unwrap_or(Computed::Null);
        let number = |computed| match computed {
            Computed::Number(number) => Some(number),
            _ => None,
        };
        Some(match function {
            Function::Not => first.truth().map(|truth| !truth).into(),
            Function::Equal => Computed::Boolean(self.compare(event, first, second) == Some(Ordering::Equal)),
            Function::EqualFolded => match (first, second) {
                (Computed::Text(a), Computed::Text(b)) => {
                    let (a, b) = (self.values.fold(event, a), self.values.fold(event, b));
                    Computed::Boolean(self.values.bytes(event, a) == self.values.bytes(event, b))
                }
                _ => Computed::Boolean(self.compare(event, first, second) == Some(Ordering::Equal)),
            },
            Function::Less => self.compare(event, first, second).map(Ordering::is_lt).into(),
            Function::LessOrEqual => self.compare(event, first, second).map(Ordering::is_le).into(),
            Function::Add | Function::Subtract | Function::Multiply | Function::Divide | Function::Modulo => {
                match (number(first), number(second)) {
                    (Some(a), Some(b)) => arithmetic(function, a, b).map_or(Computed::Null, Computed::Number),
                    _ => Computed::Null,
                }
            }
            Function::Negate => match number(first) {
                Some(Number::Whole(n)) => {
                    n.checked_neg().map_or(Computed::Null, |n| Computed::Number(Number::Whole(n)))
                }
                Some(Number::Float(n)) => Computed::Number(Number::Float(-n)),
                None => Computed::Null,
            },
            Function::Abs => match number(first) {
                Some(Number::Whole(n)) => {
                    n.checked_abs().map_or(Computed::Null, |n| Computed::Number(Number::Whole(n)))
                }
                Some(Number::Float(n)) => Computed::Number(Number::Float(n.abs())),
                None => Computed::Null,
            },
            Function::Greatest | Function::Least => {
                let wanted = if function == Function::Least { Ordering::Less } else { Ordering::Greater };
                let better = |best, one| if self.compare(event, one, best) == Some(wanted) { one } else { best };
                arguments.iter().copied().reduce(better)?
            }
            Function::ToNumber | Function::ToFloat | Function::ToWhole => {
                let number = match first {
                    Computed::Number(number) => Some(number),
                    Computed::Text(text) => scalar::number(self.values.bytes(event, text)),
                    Computed::Boolean(truth) => Some(Number::Whole(truth.into())),
                    _ => None,
                };
                let number = match (function, number) {
                    (Function::ToFloat, Some(number)) => Some(Number::Float(number.float())),
                    (Function::ToWhole, Some(Number::Float(n))) => whole(n),
                    (_, number) => number,
                };
                number.map_or(Computed::Null, Computed::Number)
            }
            Function::ToBoolean => match first {
                Computed::Text(text) => scalar::boolean(&self.values.bytes(event, text).to_ascii_lowercase()).into(),
                Computed::Number(number) => Computed::Boolean(number.float() != 0.0),
                truth => truth.truth().into(),
            },
            Function::ToTime => match first {
                Computed::Text(text) => scalar::time(self.values.bytes(event, text))
                    .map_or(Computed::Null, |time| Computed::Number(Number::Whole(time))),
                Computed::Number(_) => first,
                _ => Computed::Null,
            },
            Function::ToText => self.texted(first).map_or(Computed::Null, Computed::Text),
            _ => return None,
        })
    }

    /// Computes what works on texts.
    fn of_texts(&mut self, event: &[u8], function: Function, arguments: &[Computed]) -> Computed {
        let mut texts = Vec::new();
        let mut numbers = Vec::new();
        for &argument in arguments {
            match argument {
                Computed::Number(number) if function != Function::Concat && function != Function::Contains => {
                    numbers.push(match number {
                        Number::Whole(n) => n,
                        Number::Float(n) => n as i64,
                    });
                }
                Computed::Boolean(truth) if matches!(function, Function::Between | Function::BetweenFolded) => {
                    numbers.push(truth.into());
                }
                _ => {
                    let Some(text) = self.texted(argument) else { return Computed::Null };
                    texts.push(String::from_utf8_lossy(self.values.bytes(event, text)).into_owned());
                }
            }
        }
        match strings::call(function, &texts, &numbers) {
            None => Computed::Null,
            Some(strings::Made::Boolean(truth)) => Computed::Boolean(truth),
            Some(strings::Made::Number(n)) => Computed::Number(Number::Whole(n)),
            Some(strings::Made::Text(text)) => {
                Computed::Text(self.values.make(|made| made.extend_from_slice(text.as_bytes())))
            }
            Some(strings::Made::Texts(texts)) => {
                let start = self.lists.len() as u32;
                for text in &texts {
                    let text = self.values.make(|made| made.extend_from_slice(text.as_bytes()));
                    self.lists.push(Computed::Text(text));
                }
                match texts.len() {
                    1 => self.lists[start as usize],
                    many => Computed::Many(start, many as u32),
                }
            }
        }
    }
}

fn whole(n: f64) -> Option<Number> {
    (n.is_finite() && n.abs() < 9.2e18).then_some(Number::Whole(n as i64))
}

fn arithmetic(function: Function, a: Number, b: Number) -> Option<Number> {
    if let (Number::Whole(a), Number::Whole(b)) = (a, b) {
        return match function {
            Function::Add => a.checked_add(b),
            Function::Subtract => a.checked_sub(b),
            Function::Multiply => a.checked_mul(b),
            Function::Divide => a.checked_div(b),
            _ => a.checked_rem(b),
        }
        .map(Number::Whole);
    }
    let (a, b) = (a.float(), b.float());
    let n = match function {
        Function::Add => a + b,
        Function::Subtract => a - b,
        Function::Multiply => a * b,
        Function::Divide => a / b,
        _ => a % b,
    };
    n.is_finite().then_some(Number::Float(n))
}
