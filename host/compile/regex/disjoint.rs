//! Says whether two regexes have no text in common.
//!
//! Lucene's `&` asks for what two regexes share. No program of threads runs that, but rules that write it by accident,
//! meaning the character, ask for what is nothing at all, and that can be told.

use std::collections::HashSet;

use regex_syntax::hir::Hir;

use super::program::compile;
use super::{Instruction, Parsed, Regex};

/// How many pairs of places are looked at.
const PAIRS_MAX: usize = 100_000;

/// Says whether no text as a whole matches both; nothing if that would take too long to tell.
pub(super) fn disjoint(a: &Hir, b: &Hir) -> Option<bool> {
    let program = |hir: &Hir| compile(&Parsed { hir: hir.clone(), names: Vec::new() }, true);
    let (a, b) = (program(a)?, program(b)?);
    let mut seen = HashSet::from([(0, 0)]);
    let mut open = vec![(0, 0)];
    while let Some((here, there)) = open.pop() {
        let (ours, ends) = reached(&a, here);
        let (theirs, other_ends) = reached(&b, there);
        if ends && other_ends {
            return Some(false);
        }
        for &(next, class) in &ours {
            for &(other_next, other_class) in &theirs {
                let meet =
                    class.iter().any(|(from, to)| other_class.iter().any(|(start, end)| from <= end && start <= to));
                if meet && seen.insert((next, other_next)) {
                    open.push((next, other_next));
                }
            }
        }
        if seen.len() > PAIRS_MAX {
            return None;
        }
    }
    Some(true)
}

/// What a program takes next: where it goes on, and the ranges of the character.
type Taken<'r> = (usize, &'r [(u32, u32)]);

/// Is what a program takes next from a place on, and whether it may end.
fn reached(program: &Regex, from: usize) -> (Vec<Taken<'_>>, bool) {
    let (mut takes, mut ends) = (Vec::new(), false);
    let mut seen = vec![false; program.instructions.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match &program.instructions[at] {
            Instruction::Class(ranges) => takes.push((at + 1, ranges.as_slice())),
            Instruction::Split(one, other) => open.extend([*one as usize, *other as usize]),
            Instruction::Jump(to) => open.push(*to as usize),
            // The only condition in a regex of Lucene's is the end of the text, behind all else.
            Instruction::Save(_) | Instruction::Look(_) => open.push(at + 1),
            Instruction::Match => ends = true,
        }
    }
    (takes, ends)
}
