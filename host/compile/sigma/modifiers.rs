//! Reads the modifiers of a field: `CommandLine|contains|all`.

use super::super::ir::Relation;
use super::super::problem::{Problem, Reason};
use super::super::regex::Flags;
use super::pattern::{Encoding, Placement};
use super::yaml::Node;

/// What modifiers make of a field and its values.
#[derive(Debug)]
pub(super) struct Modifiers {
    pub(super) matching: Match,
    /// What is done to a value's text first, in this order.
    pub(super) encodings: Vec<Encoding>,
    pub(super) windash: bool,
    pub(super) cased: bool,
    /// Each value must hold, not any.
    pub(super) all: bool,
    /// The values must not hold.
    pub(super) not: bool,
    pub(super) expand: bool,
}

/// How a field is compared with a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Match {
    Text(Placement),
    Regex(Flags),
    Network,
    Number(Relation),
    Exists,
    /// With another field.
    Field(Placement),
}

impl Default for Modifiers {
    fn default() -> Self {
        Self {
            matching: Match::Text(Placement::Whole),
            encodings: Vec::new(),
            windash: false,
            cased: false,
            all: false,
            not: false,
            expand: false,
        }
    }
}

impl Modifiers {
    /// Reads the words after a field's name, which are those of the key.
    pub(super) fn read(words: Option<&str>, key: &Node) -> Result<Self, Problem> {
        let mut modifiers = Self::default();
        let Some(words) = words else { return Ok(modifiers) };
        for word in words.split('|') {
            modifiers.add(word, key)?;
        }
        let plain = matches!(modifiers.matching, Match::Text(_));
        if !plain && (modifiers.windash || modifiers.expand || !modifiers.encodings.is_empty()) {
            return Err(conflict(words, key));
        }
        if modifiers.cased && !matches!(modifiers.matching, Match::Text(_) | Match::Field(_)) {
            return Err(conflict("cased", key));
        }
        // What was encoded at an offset never is the whole.
        if modifiers.encodings.last() == Some(&Encoding::Base64Offset) {
            modifiers.matching = Match::Text(Placement::Anywhere);
        }
        Ok(modifiers)
    }

    fn add(&mut self, word: &str, key: &Node) -> Result<(), Problem> {
        match word {
            "contains" => self.place(Placement::Anywhere, word, key)?,
            "startswith" => self.place(Placement::Start, word, key)?,
            "endswith" => self.place(Placement::End, word, key)?,
            "re" => self.compare(Match::Regex(Flags::default()), word, key)?,
            "cidr" => self.compare(Match::Network, word, key)?,
            "exists" => self.compare(Match::Exists, word, key)?,
            "fieldref" => self.compare(Match::Field(Placement::Whole), word, key)?,
            "lt" => self.compare(Match::Number(Relation::Less), word, key)?,
            "lte" => self.compare(Match::Number(Relation::LessOrEqual), word, key)?,
            "gt" => self.compare(Match::Number(Relation::Greater), word, key)?,
            "gte" => self.compare(Match::Number(Relation::GreaterOrEqual), word, key)?,
            "i" | "m" | "s" | "ignorecase" | "multiline" | "dotall" => {
                let Match::Regex(flags) = &mut self.matching else {
                    return Err(Problem::mistake(key.span.clone(), format!("`{word}` goes with `re` only")));
                };
                match &word[..1] {
                    "i" => flags.ignore_case = true,
                    "m" => flags.multi_line = true,
                    _ => flags.dot_all = true,
                }
            }
            "all" => self.all = true,
            "cased" => self.cased = true,
            "neq" => self.not = true,
            "expand" => self.expand = true,
            "windash" if self.encodings.is_empty() => self.windash = true,
            "wide" | "utf16le" => self.encodings.push(Encoding::Utf16Little),
            "utf16be" => self.encodings.push(Encoding::Utf16Big),
            "utf16" => self.encodings.push(Encoding::Utf16Marked),
            "base64" => self.encodings.push(Encoding::Base64),
            "base64offset" => self.encodings.push(Encoding::Base64Offset),
            "minute" | "hour" | "day" | "week" | "month" | "year" => {
                return Err(Problem::refusal(key.span.clone(), Reason::Construct, format!("|{word}")));
            }
            "windash" => return Err(conflict(word, key)),
            _ => {
                return Err(Problem::mistake(key.span.clone(), format!("`{word}` is no modifier"))
                    .with_hint("modifiers are `contains`, `startswith`, `endswith`, `re`, `cidr`, `all`, …"));
            }
        }
        Ok(())
    }

    fn place(&mut self, placement: Placement, word: &str, key: &Node) -> Result<(), Problem> {
        match &mut self.matching {
            Match::Text(place) | Match::Field(place) if *place == Placement::Whole => *place = placement,
            _ => return Err(conflict(word, key)),
        }
        Ok(())
    }

    fn compare(&mut self, matching: Match, word: &str, key: &Node) -> Result<(), Problem> {
        if !matches!(self.matching, Match::Text(Placement::Whole)) {
            return Err(conflict(word, key));
        }
        self.matching = matching;
        Ok(())
    }
}

fn conflict(words: &str, key: &Node) -> Problem {
    Problem::mistake(key.span.clone(), format!("`{words}` cannot be combined with the other modifiers of this field"))
}
