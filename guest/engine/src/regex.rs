//! Runs a regex's program over a text: all its threads at once, a code point at a time, so that the time grows with the
//! text and never explodes.

use crate::Stop;
use crate::image::{Corrupt, Image, List, REGEX_WORDS, Section, instruction, look};
use crate::text::{decode, find};

/// What one event may take: steps of regexes' threads, conditions and expressions.
pub const STEPS_MAX: u64 = 200_000_000;

/// What a regex needs while it runs, kept from one run to the next.
#[derive(Debug, Default)]
pub(crate) struct Machine {
    now: Threads,
    next: Threads,
    stack: Vec<Task>,
    places: Vec<u32>,
    pub(crate) steps: u64,
}

impl Machine {
    /// Counts a step.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), Stop> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(Stop::TooMuch("the event takes too many steps")) } else { Ok(()) }
    }
}

/// The places of groups: start and end of each; [`NOWHERE`] where it took no part.
pub(crate) type Places = Vec<u32>;

/// Is no place.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[derive(Debug, Default)]
struct Threads {
    /// The instructions of the threads, the preferred first.
    list: Vec<u32>,
    /// Where an instruction stands in `list`, if it does.
    index: Vec<u32>,
    /// The places of each thread, one after the other.
    places: Vec<u32>,
}

impl Threads {
    fn clear(&mut self, instructions: usize) {
        self.list.clear();
        self.places.clear();
        self.index.resize(instructions, 0);
    }

    fn has(&self, at: u32) -> bool {
        self.index.get(at as usize).is_some_and(|&nth| self.list.get(nth as usize) == Some(&at))
    }

    fn push(&mut self, at: u32) -> Result<(), Corrupt> {
        *self.index.get_mut(at as usize).ok_or(Corrupt("an instruction"))? = self.list.len() as u32;
        self.list.push(at);
        Ok(())
    }
}

#[derive(Debug)]
enum Task {
    Go(u32),
    Restore(u32, u32),
}

/// A program, ready to run.
#[derive(Clone, Copy)]
pub(crate) struct Program<'i> {
    image: Image<'i>,
    instructions: List<'i, 3>,
    groups: u32,
    anchored: bool,
    required: &'i [u8],
    /// The bytes with which a match may start; nothing if that can be any, or none.
    first: Option<[u32; 8]>,
}

/// What a step of the search for a first byte counts for: so many bytes.
const BYTES_PER_STEP: usize = 16;

impl<'i> Program<'i> {
    pub(crate) fn new(image: Image<'i>, regex: u32) -> Result<Self, Corrupt> {
        let [at, count, groups, anchored, text, length, first] =
            image.record::<REGEX_WORDS>(Section::Regexes, regex)?;
        Ok(Self {
            image,
            instructions: image.list(at, count)?,
            groups: groups.min(1 << 16),
            anchored: anchored != 0,
            required: image.text(text, length)?,
            first: first.checked_sub(1).map(|at| image.at(at)).transpose()?,
        })
    }

    /// Says whether the text has a match.
    pub(crate) fn matches(&self, text: &[u8], machine: &mut Machine) -> Result<bool, Stop> {
        Ok(self.run(text, 0, 0, machine)?.is_some())
    }

    /// Finds the first match from a place on, with its groups.
    pub(crate) fn find(&self, text: &[u8], from: usize, machine: &mut Machine) -> Result<Option<Places>, Stop> {
        self.run(text, from, self.groups as usize * 2, machine)
    }

    fn run(&self, text: &[u8], from: usize, width: usize, machine: &mut Machine) -> Result<Option<Places>, Stop> {
        if !self.required.is_empty() && find(text.get(from..).unwrap_or_default(), self.required).is_none() {
            return Ok(None);
        }
        machine.now.clear(self.instructions.len());
        machine.next.clear(self.instructions.len());
        if let Some(taken) = self.one_character()? {
            return self.find_character(text, from, taken, machine);
        }
        let mut found: Option<Places> = None;
        let mut at = from;
        loop {
            if let Some(first) = &self.first
                && machine.now.list.is_empty()
                && found.is_none()
                && !self.anchored
            {
                // No thread runs: the next one starts where a match may.
                let rest = text.get(at..).unwrap_or_default();
                let next = rest.iter().position(|&byte| first[byte as usize / 32] >> (byte % 32) & 1 != 0);
                machine.steps += (next.unwrap_or(rest.len()) / BYTES_PER_STEP) as u64;
                match next {
                    Some(skipped) => at += skipped,
                    None => return Ok(None),
                }
            }
            if found.is_none() && (at == from || !self.anchored) {
                machine.places.clear();
                machine.places.resize(width, NOWHERE);
                self.add(text, at, 0, true, machine)?;
            }
            if machine.now.list.is_empty() && (found.is_some() || self.anchored) {
                break;
            }
            let here = decode(text, at);
            let next = at + here.map_or(1, |(_, length)| length);
            for nth in 0..machine.now.list.len() {
                let thread = machine.now.list[nth];
                machine.steps += 1;
                let goes_on = match self.instruction(thread)? {
                    taken @ [instruction::CHAR | instruction::CLASS, ..] => match here {
                        Some((c, _)) => self.takes(taken, c as u32)?,
                        None => false,
                    },
                    [instruction::MATCH, ..] => {
                        found = Some(machine.now.places[nth * width..(nth + 1) * width].to_vec());
                        // Threads behind this one are worse.
                        break;
                    }
                    _ => false,
                };
                if goes_on {
                    machine.places.clear();
                    machine.places.extend_from_slice(&machine.now.places[nth * width..(nth + 1) * width]);
                    self.add(text, next, thread + 1, false, machine)?;
                }
            }
            machine.step()?;
            std::mem::swap(&mut machine.now, &mut machine.next);
            machine.next.clear(self.instructions.len());
            if here.is_none() {
                break;
            }
            if width == 0 && found.is_some() {
                break;
            }
            at = next;
        }
        Ok(found)
    }

    fn instruction(&self, at: u32) -> Result<[u32; 3], Corrupt> {
        self.instructions.get(at as usize).ok_or(Corrupt("an instruction"))
    }

    /// Is the instruction that takes the one character of which a match is made, if it is.
    fn one_character(&self) -> Result<Option<[u32; 3]>, Corrupt> {
        if self.instructions.len() != 4 || self.anchored {
            return Ok(None);
        }
        Ok(match [self.instruction(0)?, self.instruction(1)?, self.instruction(2)?, self.instruction(3)?] {
            [
                [instruction::SAVE, 0, _],
                taken @ [instruction::CHAR | instruction::CLASS, ..],
                [instruction::SAVE, 1, _],
                [instruction::MATCH, ..],
            ] => Some(taken),
            _ => None,
        })
    }

    /// Finds the first character that is taken.
    fn find_character(
        &self,
        text: &[u8],
        from: usize,
        taken: [u32; 3],
        machine: &mut Machine,
    ) -> Result<Option<Places>, Stop> {
        let mut at = from;
        while let Some((c, length)) = decode(text, at) {
            machine.step()?;
            if self.takes(taken, c as u32)? {
                return Ok(Some(vec![at as u32, (at + length) as u32]));
            }
            at += length;
        }
        Ok(None)
    }

    /// Says whether an instruction takes a character.
    #[inline]
    fn takes(&self, [kind, a, count]: [u32; 3], c: u32) -> Result<bool, Corrupt> {
        if kind == instruction::CHAR { Ok(c == a) } else { self.class(a, count, c) }
    }

    fn class(&self, at: u32, count: u32, c: u32) -> Result<bool, Corrupt> {
        let ranges = self.image.list::<2>(at, count)?;
        if ranges.len() <= 4 {
            return Ok(ranges.iter().any(|[first, last]| first <= c && c <= last));
        }
        let (mut low, mut high) = (0, ranges.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match ranges.get(middle) {
                Some([_, last]) if last < c => low = middle + 1,
                Some([first, _]) if first > c => high = middle,
                Some(_) => return Ok(true),
                None => return Ok(false),
            }
        }
        Ok(false)
    }

    /// Adds a thread, and all to which it goes on without taking a character.
    fn add(&self, text: &[u8], at: usize, first: u32, now: bool, machine: &mut Machine) -> Result<(), Stop> {
        let Machine { now: current, next, stack, places, steps } = machine;
        let threads = if now { current } else { next };
        stack.clear();
        stack.push(Task::Go(first));
        while let Some(task) = stack.pop() {
            let thread = match task {
                Task::Go(thread) => thread,
                Task::Restore(place, value) => {
                    if let Some(slot) = places.get_mut(place as usize) {
                        *slot = value;
                    }
                    continue;
                }
            };
            if threads.has(thread) {
                continue;
            }
            *steps += 1;
            threads.push(thread)?;
            // Every thread has its places, so that they lie by number.
            threads.places.extend_from_slice(places);
            match self.instruction(thread)? {
                [instruction::SPLIT, a, b] => {
                    stack.push(Task::Go(b));
                    stack.push(Task::Go(a));
                }
                [instruction::JUMP, a, _] => stack.push(Task::Go(a)),
                [instruction::SAVE, place, _] => {
                    if let Some(slot) = places.get_mut(place as usize) {
                        stack.push(Task::Restore(place, *slot));
                        *slot = at as u32;
                    }
                    stack.push(Task::Go(thread + 1));
                }
                [instruction::LOOK, kind, _] => {
                    if looks(text, at, kind)? {
                        stack.push(Task::Go(thread + 1));
                    }
                }
                [instruction::CHAR | instruction::CLASS | instruction::MATCH, ..] => {}
                _ => return Err(Corrupt("an instruction").into()),
            }
        }
        Ok(())
    }
}

fn looks(text: &[u8], at: usize, kind: u32) -> Result<bool, Corrupt> {
    let word =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'_');
    let before = at.checked_sub(1);
    Ok(match kind {
        look::START => at == 0,
        look::END => at == text.len(),
        look::START_LINE => before.is_none_or(|before| text.get(before) == Some(&b'\n')),
        look::END_LINE => text.get(at).is_none_or(|&b| b == b'\n'),
        look::WORD => word(before) != word(Some(at)),
        look::NOT_WORD => word(before) == word(Some(at)),
        look::END_OR_LAST_LINE => matches!(text.get(at..), None | Some([] | [b'\n'] | [b'\r', b'\n'])),
        _ => return Err(Corrupt("a look")),
    })
}
