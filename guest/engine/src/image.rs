//! The pack's image: its one definition, for the compiler that writes it and for the engine that reads it.
//!
//! An image is little-endian 32-bit words and a pool of text, in [`Section`]s of records of fixed size. It is read in
//! place. It is never trusted: every access is checked, every reference between conditions and expressions must point
//! backwards, so that a broken image ends in [`Corrupt`] and never in a crash or an endless run.

pub use crate::function::Function;

/// What an image starts with.
pub const MAGIC: u32 = 0x4c4d_5254;

/// The version of the format: another one is refused.
pub const VERSION: u32 = 1;

/// The sections, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The pool of text: bytes.
    Text,
    /// The pool of words, to which records refer for lists.
    Words,
    /// Conditions: [`CONDITION_WORDS`] each.
    Conditions,
    /// Tests: [`TEST_WORDS`] each.
    Tests,
    /// Expressions: [`EXPRESSION_WORDS`] each.
    Expressions,
    /// Regexes: [`REGEX_WORDS`] each.
    Regexes,
    /// Slots, which hold a field's values: one word of flags each.
    Slots,
    /// The paths whose values are read by conditions: a hash table of [`ENTRY_WORDS`].
    Paths,
    /// The paths whose values are read by columns only: another one.
    ReportPaths,
    /// The names with wildcards whose values are read: a pattern and a slot each.
    Names,
    /// Rules: [`RULE_WORDS`] each.
    Rules,
    /// The candidates by what an event holds: a hash table of [`ENTRY_WORDS`].
    Index,
    /// The rules that are candidates in every event: a word each.
    Always,
    /// What the rules say of themselves: [`METADATA_WORDS`] each.
    Metadata,
}

/// The number of sections.
pub const SECTIONS: usize = Section::Metadata as usize + 1;
/// The words before the sections: magic, version, and offset and length in bytes of each section.
pub const HEADER_WORDS: usize = 2 + 2 * SECTIONS;

/// `[op, a, b, c]`, see [`condition`].
pub const CONDITION_WORDS: usize = 4;
/// `[kind, a, b, c]`, see [mod@test].
pub const TEST_WORDS: usize = 4;
/// `[op, a, b, c]`, see [`expression`].
pub const EXPRESSION_WORDS: usize = 4;
/// Instructions (words, count), groups, anchored, required text (text, length); and 1 more than where the bytes lie with
/// which a match may start, a bit each in 8 words, or 0 if it may start with any or be empty.
pub const REGEX_WORDS: usize = 7;
/// A hash (low, high), and a list: words, count. Nothing lies at the hash 0.
pub const ENTRY_WORDS: usize = 4;
/// A condition, then lists: expanded expressions, columns, severities, risk scores; the slot of the event's id, plus 1.
pub const RULE_WORDS: usize = 10;
/// Texts: id, name, version, description, triage, license; severity, risk score; lists of texts: authors, tags,
/// references; a list of threats.
pub const METADATA_WORDS: usize = 22;

/// How deep conditions and expressions may lie in each other.
pub const DEPTH_MAX: u32 = 400;

/// Set in the first word of a condition or an expression whose value changes from row to row.
pub const VARIES: u32 = 1 << 31;

/// The first word of a condition.
pub mod condition {
    /// a: 0 or 1.
    pub const CONSTANT: u32 = 0;
    /// A list of conditions: words, count.
    pub const AND: u32 = 1;
    /// A list of conditions: words, count.
    pub const OR: u32 = 2;
    /// a: a condition.
    pub const NOT: u32 = 3;
    /// a: a slot; b: a test.
    pub const ANY: u32 = 4;
    /// a: an expression; a list of slots: words, count.
    pub const SCRIPT: u32 = 5;
    /// a: an expression.
    pub const SINGLE: u32 = 6;
}

/// The first word of a test.
pub mod test {
    /// Nothing else.
    pub const EXISTS: u32 = 0;
    /// a: whole texts (words: count, then hash, text, length each, by hash); b: patterns (words: count, then words,
    /// count each); c: parts that lie anywhere (words: count, then [`crate::grams::hash`], text, length each). Of values
    /// as they are.
    pub const TEXT: u32 = 1;
    /// The same, of folded values.
    pub const TEXT_FOLDED: u32 = 2;
    /// a: a relation; a text: text, length.
    pub const ORDER: u32 = 3;
    /// a: a regex.
    pub const REGEX: u32 = 4;
    /// a: a relation; b, c: a whole number, low and high.
    pub const WHOLE: u32 = 5;
    /// a: a relation; b, c: the bits of a float, low and high.
    pub const FLOAT: u32 = 6;
    /// a: 0 or 1.
    pub const BOOLEAN: u32 = 7;
    /// A list of networks: words, count; four words of the address, first byte lowest, and the prefix.
    pub const NETWORKS: u32 = 8;
    /// a: a relation; b, c: milliseconds, low and high.
    pub const TIME: u32 = 9;
    /// a: an analyzer, plus [`ANY_OF`], [`ALL_OF`] or [`PHRASE`]; a list of patterns: words, count, as in `TEXT`.
    pub const TOKENS: u32 = 10;
    /// One token fits one pattern.
    pub const ANY_OF: u32 = 0x100;
    /// Each pattern has its token.
    pub const ALL_OF: u32 = 0x200;
    /// The tokens follow each other.
    pub const PHRASE: u32 = 0x300;
}

/// The relations of a value to an operand.
pub mod relation {
    /// `==`
    pub const EQUAL: u32 = 0;
    /// `<`
    pub const LESS: u32 = 1;
    /// `<=`
    pub const LESS_OR_EQUAL: u32 = 2;
    /// `>`
    pub const GREATER: u32 = 3;
    /// `>=`
    pub const GREATER_OR_EQUAL: u32 = 4;
}

/// The parts of a pattern: three words each.
pub mod piece {
    /// A text: text, length.
    pub const TEXT: u32 = 0;
    /// Any one code point.
    pub const ONE: u32 = 1;
    /// Any number of them.
    pub const MANY: u32 = 2;
}

/// The first word of an expression.
pub mod expression {
    /// Nothing else.
    pub const NULL: u32 = 0;
    /// a: 0 or 1.
    pub const BOOLEAN: u32 = 1;
    /// a, b: low and high.
    pub const WHOLE: u32 = 2;
    /// a, b: the bits, low and high.
    pub const FLOAT: u32 = 3;
    /// A text: text, length.
    pub const TEXT: u32 = 4;
    /// a: a slot; b: how it is read, see [`super::kind`].
    pub const FIELD: u32 = 5;
    /// a: its number.
    pub const EXPANDED: u32 = 6;
    /// a: an expression; b: a test.
    pub const TEST: u32 = 7;
    /// a: a condition.
    pub const CONDITION: u32 = 8;
    /// a: an expression; b: a regex; c: a group.
    pub const CAPTURE: u32 = 9;
    /// a: an expression; b: a regex; c: words: count, then three words each: 0, text, length or 1, group, 0.
    pub const REPLACE: u32 = 10;
    /// a: a function, see `function`; a list of expressions: words, count.
    pub const CALL: u32 = 11;
}

/// How a field's value is read.
pub mod kind {
    /// As its text.
    pub const TEXT: u32 = 0;
    /// As a number.
    pub const NUMBER: u32 = 1;
    /// As a boolean.
    pub const BOOLEAN: u32 = 2;
    /// As JSON has it.
    pub const JSON: u32 = 3;
}

/// The instructions of a regex: three words each.
pub mod instruction {
    /// a: a code point.
    pub const CHAR: u32 = 0;
    /// Ranges: words, count; first and last each, in order.
    pub const CLASS: u32 = 1;
    /// a, b: where to go on, the first preferred.
    pub const SPLIT: u32 = 2;
    /// a: where to go on.
    pub const JUMP: u32 = 3;
    /// a: what place to keep.
    pub const SAVE: u32 = 4;
    /// a: what must hold here, see [`super::look`].
    pub const LOOK: u32 = 5;
    /// Nothing else.
    pub const MATCH: u32 = 6;
}

/// What must hold at a place.
pub mod look {
    /// The text starts.
    pub const START: u32 = 0;
    /// The text ends.
    pub const END: u32 = 1;
    /// A line starts.
    pub const START_LINE: u32 = 2;
    /// A line ends.
    pub const END_LINE: u32 = 3;
    /// A word starts or ends.
    pub const WORD: u32 = 4;
    /// None does.
    pub const NOT_WORD: u32 = 5;
    /// The text ends, but for a last line end.
    pub const END_OR_LAST_LINE: u32 = 6;
}

/// The flags of a slot: what the index knows its values by.
pub mod slot {
    /// The whole text.
    pub const WHOLE: u32 = 1;
    /// What follows the last slash or backslash.
    pub const TAIL: u32 = 2;
    /// The first [`super::ENDS_BYTES`] bytes.
    pub const STARTS: u32 = 4;
    /// The last of them.
    pub const ENDS: u32 = 8;
    /// Being there.
    pub const PRESENT: u32 = 16;
    /// Filled only when a condition asks for it: all fields, or all whose name fits.
    pub const WIDE: u32 = 32;
}

/// How many bytes of a text's start or end the index goes by.
pub const ENDS_BYTES: usize = 4;

/// Set in the count of a path's entry: fields lie below it.
pub const BELOW: u32 = 1 << 31;

/// Says that an image is broken, and what of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

/// An image, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Image<'i> {
    sections: [&'i [u8]; SECTIONS],
}

impl<'i> Image<'i> {
    /// Reads the header.
    ///
    /// # Errors
    ///
    /// It is no image, or one of another version, or a section lies outside of it.
    pub fn new(bytes: &'i [u8]) -> Result<Self, Corrupt> {
        if word(bytes, 0)? != MAGIC {
            return Err(Corrupt("no pack"));
        }
        if word(bytes, 1)? != VERSION {
            return Err(Corrupt("a pack of another version"));
        }
        let mut sections = [&bytes[..0]; SECTIONS];
        for (nth, section) in sections.iter_mut().enumerate() {
            let (at, length) = (word(bytes, 2 + 2 * nth)? as usize, word(bytes, 3 + 2 * nth)? as usize);
            let end = at.checked_add(length).ok_or(Corrupt("a section"))?;
            *section = bytes.get(at..end).ok_or(Corrupt("a section"))?;
        }
        Ok(Self { sections })
    }

    fn section(&self, section: Section) -> &'i [u8] {
        self.sections[section as usize]
    }

    /// Is the number of records of a section.
    pub fn count(&self, section: Section, words: usize) -> usize {
        self.section(section).len() / (4 * words)
    }

    /// Is a record of a section.
    #[inline]
    pub fn record<const N: usize>(&self, section: Section, at: u32) -> Result<[u32; N], Corrupt> {
        let start = (at as usize).checked_mul(4 * N).ok_or(Corrupt("a record"))?;
        words(self.section(section), start).ok_or(Corrupt("a record"))
    }

    /// Is what lies at a place in the pool of words.
    #[inline]
    pub fn at<const N: usize>(&self, at: u32) -> Result<[u32; N], Corrupt> {
        let start = (at as usize).checked_mul(4).ok_or(Corrupt("a word"))?;
        words(self.section(Section::Words), start).ok_or(Corrupt("a word"))
    }

    /// Is a list in the pool of words, of records of `N` words.
    #[inline]
    pub fn list<const N: usize>(&self, at: u32, count: u32) -> Result<List<'i, N>, Corrupt> {
        let start = (at as usize).checked_mul(4).ok_or(Corrupt("a list"))?;
        let length = (count as usize).checked_mul(4 * N).ok_or(Corrupt("a list"))?;
        let end = start.checked_add(length).ok_or(Corrupt("a list"))?;
        let bytes = self.section(Section::Words).get(start..end).ok_or(Corrupt("a list"))?;
        Ok(List { bytes })
    }

    /// Is a list whose count lies before it.
    #[inline]
    pub fn counted<const N: usize>(&self, at: u32) -> Result<List<'i, N>, Corrupt> {
        let [count] = self.at(at)?;
        self.list(at.checked_add(1).ok_or(Corrupt("a list"))?, count)
    }

    /// Is a text in the pool.
    #[inline]
    pub fn text(&self, at: u32, length: u32) -> Result<&'i [u8], Corrupt> {
        let end = (at as usize).checked_add(length as usize).ok_or(Corrupt("a text"))?;
        self.section(Section::Text).get(at as usize..end).ok_or(Corrupt("a text"))
    }

    /// Is the list that a hash table has at a hash, and nothing if it has none.
    #[inline]
    pub fn entry(&self, section: Section, hash: u64) -> Option<(u32, u32)> {
        let table = self.section(section);
        let slots = table.len() / (4 * ENTRY_WORDS);
        if slots == 0 || !slots.is_power_of_two() {
            return None;
        }
        let mut at = hash as usize & (slots - 1);
        // A table without an empty place ends the search too.
        for _ in 0..slots {
            let [low, high, list, count] = words::<ENTRY_WORDS>(table, at * 4 * ENTRY_WORDS)?;
            if low == hash as u32 && high == (hash >> 32) as u32 {
                return Some((list, count));
            }
            if low == 0 && high == 0 {
                return None;
            }
            at = (at + 1) & (slots - 1);
        }
        None
    }
}

/// A list of records in the pool of words.
#[derive(Clone, Copy, Debug)]
pub struct List<'i, const N: usize> {
    bytes: &'i [u8],
}

impl<const N: usize> List<'_, N> {
    /// Is the number of records.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len() / (4 * N)
    }

    /// Says whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Is the record of a number.
    #[inline]
    pub fn get(&self, nth: usize) -> Option<[u32; N]> {
        words(self.bytes, nth.checked_mul(4 * N)?)
    }

    /// Goes through the records.
    #[inline]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = [u32; N]> {
        (0..self.len()).map(|nth| words(self.bytes, nth * 4 * N).unwrap_or([0; N]))
    }
}

#[inline]
fn words<const N: usize>(bytes: &[u8], start: usize) -> Option<[u32; N]> {
    let bytes = bytes.get(start..start.checked_add(4 * N)?)?;
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    Some(words)
}

fn word(bytes: &[u8], nth: usize) -> Result<u32, Corrupt> {
    words::<1>(bytes, nth * 4).map(|[word]| word).ok_or(Corrupt("its header"))
}
