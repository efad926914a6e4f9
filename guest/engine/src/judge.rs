//! Judges conditions, in three-valued logic; equal ones once an event.

use crate::expression::Computed;
use crate::image::{CONDITION_WORDS, Corrupt, DEPTH_MAX, Image, Section, VARIES, condition, slot};
use crate::regex::Machine;
use crate::values::{NONE, Values};
use crate::{Stop, test, wide};

/// How many combinations of values a script is computed for.
pub const COMBINATIONS_MAX: usize = 10_000;

/// A truth: true, false or unknown.
pub(crate) type Truth = Option<bool>;

/// What judging needs, and what it remembers of one event.
#[derive(Debug)]
pub(crate) struct Judge<'i> {
    pub(crate) image: Image<'i>,
    pub(crate) values: Values,
    pub(crate) machine: Machine,
    /// What is known of each condition: the turn in which it was judged, and its truth.
    memo: Vec<u32>,
    pub(crate) known: Vec<(u32, Computed)>,
    pub(crate) turn: u32,
    pub(crate) wide: bool,
    /// In a script: which value each of its fields has now.
    pub(crate) bound: Vec<(u32, u32)>,
    pub(crate) in_script: bool,
    /// The values of the present row.
    pub(crate) row: Vec<Computed>,
    pub(crate) lists: Vec<Computed>,
}

impl<'i> Judge<'i> {
    pub(crate) fn new(image: Image<'i>) -> Self {
        Self {
            image,
            values: Values::new(image.count(Section::Slots, 1)),
            machine: Machine::default(),
            memo: vec![0; image.count(Section::Conditions, CONDITION_WORDS)],
            known: vec![(0, Computed::Null); image.count(Section::Expressions, crate::image::EXPRESSION_WORDS)],
            turn: 0,
            wide: false,
            bound: Vec::new(),
            in_script: false,
            row: Vec::new(),
            lists: Vec::new(),
        }
    }

    /// Starts with another event.
    pub(crate) fn start(&mut self, event: &[u8]) {
        self.values.clear(event);
        self.machine.steps = 0;
        self.wide = false;
        self.in_script = false;
        self.bound.clear();
        self.row.clear();
        self.lists.clear();
        // Two bits of each word are the truth.
        self.turn += 1;
        if self.turn >= 1 << 30 {
            self.turn = 1;
            self.memo.fill(0);
            self.known.fill((0, Computed::Null));
        }
    }

    /// Judges a condition.
    pub(crate) fn condition(&mut self, event: &[u8], number: u32, depth: u32) -> Result<Truth, Stop> {
        if let Some(&memo) = self.memo.get(number as usize)
            && memo >> 2 == self.turn
            && !self.in_script
        {
            return Ok(match memo & 3 {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            });
        }
        self.machine.step()?;
        let record = self.image.record::<CONDITION_WORDS>(Section::Conditions, number)?;
        let truth = self.judge(event, number, record, depth)?;
        if record[0] & VARIES == 0 && !self.in_script {
            let bits = match truth {
                Some(truth) => u32::from(truth),
                None => 2,
            };
            self.memo[number as usize] = self.turn << 2 | bits;
        }
        Ok(truth)
    }

    fn judge(&mut self, event: &[u8], number: u32, [op, a, b, c]: [u32; 4], depth: u32) -> Result<Truth, Stop> {
        if depth > DEPTH_MAX {
            return Err(Corrupt("conditions too deep").into());
        }
        Ok(match op & !VARIES {
            condition::CONSTANT => Some(a != 0),
            op @ (condition::AND | condition::OR) => {
                let short = op == condition::OR;
                let mut truth = Some(!short);
                for [child] in self.image.list::<1>(a, b)?.iter() {
                    match self.condition(event, before(number, child)?, depth + 1)? {
                        Some(one) if one == short => return Ok(Some(short)),
                        Some(_) => {}
                        None => truth = None,
                    }
                }
                truth
            }
            condition::NOT => self.condition(event, before(number, a)?, depth + 1)?.map(|truth| !truth),
            condition::ANY => Some(self.any(event, a, b)?),
            condition::SCRIPT => Some(self.script(event, a, (b, c), depth)?),
            condition::SINGLE => match self.expression(event, a, depth + 1)? {
                Computed::Boolean(truth) => Some(truth),
                _ => None,
            },
            _ => return Err(Corrupt("a condition").into()),
        })
    }

    fn any(&mut self, event: &[u8], slot: u32, test: u32) -> Result<bool, Stop> {
        let [flags] = self.image.record::<1>(Section::Slots, slot)?;
        if flags & slot::WIDE != 0 && !self.fill_wide(event, slot, test)? {
            return Ok(false);
        }
        let Self { image, values, machine, .. } = self;
        let mut value = values.first(slot);
        while value != NONE {
            if test::value(*image, test, event, values, machine, value)? {
                return Ok(true);
            }
            value = values.next(value);
        }
        Ok(false)
    }

    /// Fills the slots that take all fields, or all whose name fits, when first one is asked for. Says whether one of its
    /// values may satisfy the test.
    fn fill_wide(&mut self, event: &[u8], slot: u32, test: u32) -> Result<bool, Stop> {
        if !test::may_be_in(self.image, test, event, &mut self.values)? {
            return Ok(false);
        }
        if !self.wide {
            self.wide = true;
            wide::fill(self.image, event, &mut self.values)?;
        }
        Ok(test::may_hold(self.image, test, event, &mut self.values, slot)?)
    }

    fn script(&mut self, event: &[u8], number: u32, (at, count): (u32, u32), depth: u32) -> Result<bool, Stop> {
        let image = self.image;
        let outer = (std::mem::take(&mut self.bound), self.in_script);
        for [slot] in image.list::<1>(at, count)?.iter() {
            self.bound.push((slot, self.scalar_from(self.values.first(slot))));
        }
        self.in_script = true;
        let mut truth = false;
        for _ in 0..COMBINATIONS_MAX {
            truth = self.expression(event, number, depth + 1)? == Computed::Boolean(true);
            if truth || !self.turn_over() {
                break;
            }
        }
        (self.bound, self.in_script) = outer;
        Ok(truth)
    }

    /// Goes on to the next combination of values, as an odometer does; answers with false after the last.
    fn turn_over(&mut self) -> bool {
        for nth in 0..self.bound.len() {
            let (slot, value) = self.bound[nth];
            let next = if value == NONE { NONE } else { self.scalar_from(self.values.next(value)) };
            if next != NONE {
                self.bound[nth].1 = next;
                return true;
            }
            self.bound[nth].1 = self.scalar_from(self.values.first(slot));
        }
        false
    }

    /// Passes over objects.
    pub(crate) fn scalar_from(&self, mut value: u32) -> u32 {
        while value != NONE && self.values.shape(value) == crate::json::Shape::Object {
            value = self.values.next(value);
        }
        value
    }
}

/// Checks that a reference points backwards, so that no image makes an endless run.
pub(crate) fn before(number: u32, child: u32) -> Result<u32, Corrupt> {
    if child < number { Ok(child) } else { Err(Corrupt("a reference forwards")) }
}
