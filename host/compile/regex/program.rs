//! Turns a regex as it was read into its program.

use regex_syntax::hir::{self, Class, Hir, HirKind};

use super::{INSTRUCTIONS_MAX, Instruction, Look, Parsed, Regex};

/// Compiles; `None` if the program would be too large.
pub(super) fn compile(parsed: &Parsed, whole: bool) -> Option<Regex> {
    let mut program = Program { instructions: Vec::new(), groups: 1 };
    program.push(Instruction::Save(0))?;
    program.emit(&parsed.hir)?;
    if whole {
        program.push(Instruction::Look(Look::End))?;
    }
    program.push(Instruction::Save(1))?;
    program.push(Instruction::Match)?;
    let anchored = whole || parsed.hir.properties().look_set_prefix().contains(hir::Look::Start);
    let mut longest = String::new();
    let mut run = String::new();
    required(&parsed.hir, &mut run, &mut longest);
    keep(&mut run, &mut longest);
    Some(Regex {
        instructions: program.instructions,
        groups: program.groups,
        anchored,
        required: longest,
        names: parsed.names.clone(),
    })
}

/// Finds a text that every match holds: the longest run of literals that nothing optional interrupts.
fn required(hir: &Hir, run: &mut String, longest: &mut String) {
    match hir.kind() {
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => run.push_str(text),
            Err(_) => keep(run, longest),
        },
        HirKind::Capture(group) => required(&group.sub, run, longest),
        HirKind::Concat(parts) => parts.iter().for_each(|part| required(part, run, longest)),
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            keep(run, longest);
            let mut inner = String::new();
            required(&repetition.sub, &mut inner, longest);
            keep(&mut inner, longest);
        }
        _ => keep(run, longest),
    }
}

fn keep(run: &mut String, longest: &mut String) {
    if run.len() > longest.len() {
        longest.clone_from(run);
    }
    run.clear();
}

struct Program {
    instructions: Vec<Instruction>,
    groups: u16,
}

impl Program {
    fn push(&mut self, instruction: Instruction) -> Option<usize> {
        if self.instructions.len() >= INSTRUCTIONS_MAX {
            return None;
        }
        self.instructions.push(instruction);
        Some(self.instructions.len() - 1)
    }

    fn here(&self) -> u32 {
        self.instructions.len() as u32
    }

    fn emit(&mut self, hir: &Hir) -> Option<()> {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => {
                for c in String::from_utf8_lossy(&literal.0).chars() {
                    self.push(Instruction::Class(vec![(c as u32, c as u32)]))?;
                }
            }
            HirKind::Class(class) => {
                let ranges = match class {
                    Class::Unicode(class) => {
                        class.ranges().iter().map(|range| (range.start() as u32, range.end() as u32)).collect()
                    }
                    Class::Bytes(class) => {
                        class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect()
                    }
                };
                self.push(Instruction::Class(ranges))?;
            }
            HirKind::Look(look) => {
                self.push(Instruction::Look(look_of(*look)?))?;
            }
            HirKind::Capture(group) => {
                let number = u16::try_from(group.index).ok()?;
                self.groups = self.groups.max(number.checked_add(1)?);
                self.push(Instruction::Save(number.checked_mul(2)?))?;
                self.emit(&group.sub)?;
                self.push(Instruction::Save(number * 2 + 1))?;
            }
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.emit(part))?,
            HirKind::Alternation(ways) => self.alternation(ways)?,
            HirKind::Repetition(repetition) => self.repetition(repetition)?,
        }
        Some(())
    }

    fn alternation(&mut self, ways: &[Hir]) -> Option<()> {
        let mut ends = Vec::new();
        for (nth, way) in ways.iter().enumerate() {
            if nth + 1 == ways.len() {
                self.emit(way)?;
                break;
            }
            let split = self.push(Instruction::Split(0, 0))?;
            self.emit(way)?;
            ends.push(self.push(Instruction::Jump(0))?);
            self.instructions[split] = Instruction::Split(split as u32 + 1, self.here());
        }
        let here = self.here();
        for end in ends {
            self.instructions[end] = Instruction::Jump(here);
        }
        Some(())
    }

    fn repetition(&mut self, repetition: &hir::Repetition) -> Option<()> {
        let order = |there: u32, out: u32| {
            if repetition.greedy { Instruction::Split(there, out) } else { Instruction::Split(out, there) }
        };
        for _ in 0..repetition.min {
            self.emit(&repetition.sub)?;
        }
        match repetition.max {
            None => {
                // The machine enters a place once a character, so that an empty loop ends by itself.
                let split = self.push(Instruction::Split(0, 0))?;
                self.emit(&repetition.sub)?;
                self.push(Instruction::Jump(split as u32))?;
                self.instructions[split] = order(split as u32 + 1, self.here());
            }
            Some(max) => {
                let mut splits = Vec::new();
                for _ in repetition.min..max {
                    splits.push(self.push(Instruction::Split(0, 0))?);
                    self.emit(&repetition.sub)?;
                }
                let here = self.here();
                for split in splits {
                    self.instructions[split] = order(split as u32 + 1, here);
                }
            }
        }
        Some(())
    }
}

fn look_of(look: hir::Look) -> Option<Look> {
    Some(match look {
        hir::Look::Start => Look::Start,
        hir::Look::End => Look::End,
        hir::Look::StartLF => Look::StartLine,
        hir::Look::EndLF => Look::EndLine,
        hir::Look::EndCRLF => Look::EndOrLastLine,
        hir::Look::WordAscii => Look::Word,
        hir::Look::WordAsciiNegate => Look::NotWord,
        _ => return None,
    })
}
