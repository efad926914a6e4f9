//! Writes tests of values, with their patterns and regexes.

use trommel_engine::{fold, grams, hash, image, tokens};

use super::pools::Pools;
use crate::compile::ir::{Analyzer, Fold, Number, Piece, Relation, Test, TextPattern, Tokens};
use crate::compile::regex::{Instruction, Look, Regex};

impl Pools {
    pub(super) fn test(&mut self, test: &Test) -> u32 {
        let record = match test {
            Test::Exists => [image::test::EXISTS, 0, 0, 0],
            Test::Text(patterns, fold) => {
                let (wholes, patterns, parts) = self.patterns(patterns, *fold == Fold::Simple);
                let kind = if *fold == Fold::Simple { image::test::TEXT_FOLDED } else { image::test::TEXT };
                [kind, wholes, patterns, parts]
            }
            Test::Order(relation, operand) => {
                let (at, length) = self.text(operand);
                [image::test::ORDER, relation_number(*relation), at, length]
            }
            Test::Regex(regex) => [image::test::REGEX, self.regex(regex), 0, 0],
            Test::Number(relation, Number::Whole(n)) => {
                let [low, high] = halves(n.cast_unsigned());
                [image::test::WHOLE, relation_number(*relation), low, high]
            }
            Test::Number(relation, Number::Float(n)) => {
                let [low, high] = halves(n.to_bits());
                [image::test::FLOAT, relation_number(*relation), low, high]
            }
            Test::Boolean(truth) => [image::test::BOOLEAN, u32::from(*truth), 0, 0],
            Test::Networks(networks) => {
                let mut words = Vec::new();
                for network in networks {
                    words.extend(network.address.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])));
                    words.push(u32::from(network.prefix));
                }
                [image::test::NETWORKS, self.list(&words), networks.len() as u32, 0]
            }
            Test::Time(relation, millis) => {
                let [low, high] = halves(millis.cast_unsigned());
                [image::test::TIME, relation_number(*relation), low, high]
            }
            Test::Tokens(analyzer, wanted) => {
                let analyzer = match analyzer {
                    Analyzer::Standard => tokens::STANDARD,
                    Analyzer::PowerShell => tokens::POWERSHELL,
                };
                let (how, patterns) = match wanted {
                    Tokens::AnyOf(patterns) => (image::test::ANY_OF, patterns.clone()),
                    Tokens::AllOf(patterns) => (image::test::ALL_OF, patterns.clone()),
                    Tokens::Phrase(texts) => {
                        (image::test::PHRASE, texts.iter().map(|text| TextPattern::literal(text.clone())).collect())
                    }
                };
                let mut words = Vec::new();
                for pattern in &patterns {
                    let (at, count) = self.pattern(pattern, false);
                    words.extend([at, count]);
                }
                [image::test::TOKENS, analyzer | how, self.list(&words), patterns.len() as u32]
            }
        };
        self.add_test(record)
    }

    /// Writes patterns: those of one whole text, those of a text that lies anywhere last, and the others between.
    fn patterns(&mut self, patterns: &[TextPattern], folded: bool) -> (u32, u32, u32) {
        let (mut wholes, mut others, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        let as_compared = |text: String| if folded { fold::text(&text) } else { text };
        for pattern in patterns {
            if let Some(text) = whole(pattern).map(as_compared) {
                let (at, length) = self.text(&text);
                wholes.push([hash::bytes(text.as_bytes()) as u32, at, length]);
            } else if let Some(text) = part(pattern).map(as_compared) {
                let (at, length) = self.text(&text);
                let part = [grams::hash(text.as_bytes()), at, length];
                if !parts.contains(&part) {
                    parts.push(part);
                }
            } else {
                let (at, count) = self.pattern(pattern, folded);
                if !others.contains(&[at, count]) {
                    others.push([at, count]);
                }
            }
        }
        wholes.sort_unstable();
        wholes.dedup();
        (
            self.counted(wholes.as_flattened(), 3),
            self.counted(others.as_flattened(), 2),
            self.counted(parts.as_flattened(), 3),
        )
    }

    /// Writes a pattern: where, and how many pieces.
    pub(super) fn pattern(&mut self, pattern: &TextPattern, folded: bool) -> (u32, u32) {
        let mut words = Vec::new();
        for piece in pieces(pattern) {
            words.extend(match piece {
                Piece::Text(text) => {
                    let (at, length) = self.text(&if folded { fold::text(&text) } else { text });
                    [image::piece::TEXT, at, length]
                }
                Piece::One => [image::piece::ONE, 0, 0],
                Piece::Many => [image::piece::MANY, 0, 0],
            });
        }
        (self.list(&words), (words.len() / 3) as u32)
    }

    pub(super) fn regex(&mut self, regex: &Regex) -> u32 {
        let mut words = Vec::new();
        for instruction in &regex.instructions {
            words.extend(match instruction {
                Instruction::Class(ranges) => match ranges.as_slice() {
                    [(first, last)] if first == last => [image::instruction::CHAR, *first, 0],
                    ranges => {
                        let flat: Vec<u32> = ranges.iter().flat_map(|&(first, last)| [first, last]).collect();
                        [image::instruction::CLASS, self.list(&flat), ranges.len() as u32]
                    }
                },
                Instruction::Split(a, b) => [image::instruction::SPLIT, *a, *b],
                Instruction::Jump(a) => [image::instruction::JUMP, *a, 0],
                Instruction::Save(place) => [image::instruction::SAVE, u32::from(*place), 0],
                Instruction::Look(look) => [image::instruction::LOOK, look_number(*look), 0],
                Instruction::Match => [image::instruction::MATCH, 0, 0],
            });
        }
        let at = self.list(&words);
        let (required, length) = self.text(&regex.required);
        let count = regex.instructions.len() as u32;
        let first = first_bytes(regex).map_or(0, |bytes| self.list(&bytes) + 1);
        self.add_regex([at, count, u32::from(regex.groups), u32::from(regex.anchored), required, length, first])
    }
}

/// Is the bytes with which a match may start, a bit each; nothing if it may be empty, or start with any.
fn first_bytes(regex: &Regex) -> Option<[u32; 8]> {
    let mut bytes = [0_u32; 8];
    let mut seen = vec![false; regex.instructions.len()];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if std::mem::replace(seen.get_mut(at)?, true) {
            continue;
        }
        match &regex.instructions[at] {
            Instruction::Class(ranges) => {
                for &(first, last) in ranges {
                    // What is not ASCII starts with any byte that is not.
                    let high = (last >= 0x80).then_some(0x80..=0xff);
                    for byte in (first..=last.min(0x7f)).chain(high.into_iter().flatten()) {
                        bytes[byte as usize / 32] |= 1 << (byte % 32);
                    }
                }
            }
            Instruction::Split(a, b) => open.extend([*a as usize, *b as usize]),
            Instruction::Jump(to) => open.push(*to as usize),
            Instruction::Save(_) | Instruction::Look(_) => open.push(at + 1),
            Instruction::Match => return None,
        }
    }
    (bytes != [u32::MAX; 8]).then_some(bytes)
}

/// Is a pattern without empty texts, and with texts and stars that follow each other as one.
pub(super) fn pieces(pattern: &TextPattern) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for piece in &pattern.0 {
        match (pieces.last_mut(), piece) {
            (_, Piece::Text(text)) if text.is_empty() => {}
            (Some(Piece::Text(before)), Piece::Text(text)) => before.push_str(text),
            (Some(Piece::Many), Piece::Many) => {}
            _ => pieces.push(piece.clone()),
        }
    }
    pieces
}

/// Is the text that a pattern looks for anywhere, if it does nothing else.
fn part(pattern: &TextPattern) -> Option<String> {
    match pieces(pattern).as_slice() {
        [Piece::Many, Piece::Text(text), Piece::Many] => Some(text.clone()),
        _ => None,
    }
}

/// Is the one text that fits a pattern, if it is one only.
pub(super) fn whole(pattern: &TextPattern) -> Option<String> {
    match pieces(pattern).as_slice() {
        [] => Some(String::new()),
        [Piece::Text(text)] => Some(text.clone()),
        _ => None,
    }
}

pub(super) fn halves(n: u64) -> [u32; 2] {
    [n as u32, (n >> 32) as u32]
}

fn relation_number(relation: Relation) -> u32 {
    match relation {
        Relation::Equal => image::relation::EQUAL,
        Relation::Less => image::relation::LESS,
        Relation::LessOrEqual => image::relation::LESS_OR_EQUAL,
        Relation::Greater => image::relation::GREATER,
        Relation::GreaterOrEqual => image::relation::GREATER_OR_EQUAL,
    }
}

fn look_number(look: Look) -> u32 {
    match look {
        Look::Start => image::look::START,
        Look::End => image::look::END,
        Look::StartLine => image::look::START_LINE,
        Look::EndLine => image::look::END_LINE,
        Look::Word => image::look::WORD,
        Look::NotWord => image::look::NOT_WORD,
        Look::EndOrLastLine => image::look::END_OR_LAST_LINE,
    }
}
