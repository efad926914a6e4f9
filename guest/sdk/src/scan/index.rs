//! The first stage: an index of where every string ends, made 64 bytes at a time.
//!
//! It knows no grammar. It tells strings from what is between them by counting quotes, and holds what is inside strings
//! to the rules for them: escapes, control characters, UTF-8. It runs [`AHEAD_BLOCKS`] ahead of the second stage, so that
//! its memory is the same for every event.
//!
//! What is wrong is not told here, only that something is: the scalar reader tells it.

use std::cell::Cell;
use std::marker::PhantomData;
use std::slice::Iter;

use super::Malformed;
use super::block::{BLOCK_BYTES, Block};
use super::escape::{self, hex};
use super::grammar::Strings;

/// How many blocks are indexed at once.
const AHEAD_BLOCKS: usize = 64;

/// How many places are written in one go, and more if there are more.
const WRITTEN_AT_ONCE: usize = 4;

/// As many ends as those blocks can hold: a string takes two quotes, but for the first, which may have begun before.
/// Behind them is room for what is written in one go.
const ENDS_MAX: usize = AHEAD_BLOCKS * (BLOCK_BYTES / 2 + 1) + WRITTEN_AT_ONCE;

/// Where strings end in the blocks that are indexed.
pub(super) type Ends = Box<[Cell<u32>; ENDS_MAX]>;

pub(super) fn no_ends() -> Ends {
    Box::new([const { Cell::new(0) }; ENDS_MAX])
}

/// The index of a text, as far as it has come.
pub(super) struct Index<'e, B> {
    /// The ends that were not asked for yet.
    left: Iter<'e, Cell<u32>>,
    ahead: Ahead<'e, B>,
}

struct Ahead<'e, B> {
    ends: &'e [Cell<u32>; ENDS_MAX],
    /// Where the block begins that is indexed next, and what is known in front of it.
    at: usize,
    before: Before,
    block: PhantomData<B>,
}

/// What is known in front of a block.
#[derive(Clone, Copy, Default)]
struct Before {
    /// All ones where it begins inside a string.
    inside: u64,
    /// One where its first byte is escaped.
    escaped: u64,
    /// Where the blocks began that are not all ASCII, if the last one is none.
    beyond_ascii: Option<usize>,
    /// Whether there was a backslash.
    escapes: bool,
}

/// What stands in for an error: see the head of this file.
const SOMETHING: Malformed = Malformed { what: "not one JSON object", at: 0 };

impl<'e, B: Block> Index<'e, B> {
    pub(super) fn new(ends: &'e Ends) -> Self {
        let ahead = Ahead { ends, at: 0, before: Before::default(), block: PhantomData };
        Self { left: [].iter(), ahead }
    }
}

impl<B: Block> Strings for Index<'_, B> {
    #[inline(always)]
    fn end(&mut self, text: &[u8], _inside: usize) -> Result<usize, Malformed> {
        loop {
            if let Some(end) = self.left.next() {
                return Ok(end.get() as usize);
            }
            self.left = self.ahead.ends[..self.ahead.fill(text).ok_or(SOMETHING)?].iter();
        }
    }

    fn finish(&self, text: &[u8]) -> Result<bool, Malformed> {
        // All else is well: so there is no string in what is not indexed yet.
        let mut before = self.ahead.before;
        before.characters_end(text, text.len()).ok_or(SOMETHING)?;
        Ok(before.escapes)
    }
}

impl<B: Block> Ahead<'_, B> {
    /// Indexes the blocks that come next, and says how many ends there are in them. `None` where something is wrong, or
    /// the text is over.
    #[inline(never)]
    fn fill(&mut self, text: &[u8]) -> Option<usize> {
        let (blocks, tail) = text.get(self.at..)?.as_chunks::<BLOCK_BYTES>();
        let (mut at, mut before, mut count) = (self.at, self.before, 0);
        if blocks.is_empty() && tail.is_empty() {
            return None;
        }
        for block in blocks.iter().take(AHEAD_BLOCKS) {
            count = index::<B>(text, at, block, 0, &mut before, self.ends, count)?;
            at += BLOCK_BYTES;
        }
        if blocks.len() < AHEAD_BLOCKS {
            // The last bytes are looked at together with what stands before them, which then is left out of the masks.
            if let Some(block) = text.last_chunk() {
                let known = BLOCK_BYTES - tail.len();
                count = index::<B>(text, at, block, known, &mut before, self.ends, count)?;
            } else {
                let mut block = [b' '; BLOCK_BYTES];
                block[..tail.len()].copy_from_slice(tail);
                count = index::<B>(text, at, &block, 0, &mut before, self.ends, count)?;
            }
            at = text.len() + 1;
        }
        (self.at, self.before) = (at, before);
        Some(count)
    }
}

/// Writes where strings end in the block, behind as many ends as there are, and says how many there are then.
///
/// The block begins `known` bytes before `at`.
#[inline(always)]
fn index<B: Block>(
    text: &[u8],
    at: usize,
    bytes: &[u8; BLOCK_BYTES],
    known: usize,
    before: &mut Before,
    ends: &[Cell<u32>; ENDS_MAX],
    count: usize,
) -> Option<usize> {
    let block = B::load(bytes);
    let (quotes, inside);
    if block.is_plain() && before.escaped == 0 && before.beyond_ascii.is_none() {
        quotes = behind(known, block.quotes());
        inside = insides(quotes, before.inside);
        before.inside = last_spread(inside);
    } else {
        (quotes, inside, *before) = unusual::<B>(text, at, bytes, known, *before)?;
    }
    let mut found = quotes & !inside;
    let after = count + found.count_ones() as usize;
    let mut count = count;
    let mut place = || {
        let lowest = at as u32 + found.trailing_zeros();
        found &= found.wrapping_sub(1);
        lowest
    };
    loop {
        // What is written too much is written over.
        let [a, b, c, d]: &[_; WRITTEN_AT_ONCE] = ends.get(count..)?.first_chunk()?;
        a.set(place());
        b.set(place());
        c.set(place());
        d.set(place());
        count += WRITTEN_AT_ONCE;
        if count >= after {
            return Some(after);
        }
    }
}

/// The quotes that are not escaped, and where strings are, in a block that holds more than plain ASCII.
#[inline(never)]
fn unusual<B: Block>(
    text: &[u8],
    at: usize,
    bytes: &[u8; BLOCK_BYTES],
    known: usize,
    before: Before,
) -> Option<(u64, u64, Before)> {
    let block = B::load(bytes);
    let (quotes, backslashes) = (behind(known, block.quotes()), behind(known, block.backslashes()));
    let (escaped, next_escaped) = escaped(backslashes, before.escaped);
    // Nearly all escapes are of a quote or a backslash.
    let mut others = escaped & !quotes & !backslashes;
    while others != 0 {
        let (byte, digits) = text.get(at + others.trailing_zeros() as usize..)?.split_first()?;
        if !escape::is_known(*byte) || *byte == b'u' && hex(digits).is_none() {
            return None;
        }
        others &= others - 1;
    }
    let quotes = quotes & !escaped;
    let inside = insides(quotes, before.inside);
    if behind(known, block.controls()) & inside != 0 {
        return None;
    }
    let mut after = Before {
        inside: last_spread(inside),
        escaped: next_escaped,
        escapes: before.escapes | (backslashes != 0),
        ..before
    };
    if block.is_ascii() {
        after.characters_end(text, at)?;
    } else {
        after.beyond_ascii.get_or_insert(at);
    }
    Some((quotes, inside, after))
}

impl Before {
    /// Holds to UTF-8 what lies between the last block of ASCII and the one that begins here: no character lies in both.
    fn characters_end(&mut self, text: &[u8], here: usize) -> Option<()> {
        self.beyond_ascii.take().is_none_or(|from| std::str::from_utf8(&text[from..here]).is_ok()).then_some(())
    }
}

/// Leaves out of a mask what is known.
#[inline(always)]
fn behind(known: usize, mask: u64) -> u64 {
    mask.unbounded_shr(known as u32)
}

/// Ones from each quote to before the next, and from the beginning where that is inside a string.
#[inline(always)]
fn insides(quotes: u64, before: u64) -> u64 {
    // For each bit, whether the ones up to it and it are odd in number.
    let mut bits = quotes;
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits ^ before
}

/// All ones if the last bit is one.
#[inline(always)]
fn last_spread(bits: u64) -> u64 {
    (bits.cast_signed() >> (u64::BITS - 1)).cast_unsigned()
}

/// Which bytes are escaped, and whether the one behind the block is.
///
/// Of several backslashes in a row, each other one escapes what follows it. A subtraction carries from the first of a row
/// to its end, and what comes out there is told by whether the row began at an odd place or at an even one.
#[inline(always)]
fn escaped(backslashes: u64, before: u64) -> (u64, u64) {
    const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
    let first = backslashes & !before;
    let escapes_and_escaped = ((first << 1 | ODD).wrapping_sub(first)) ^ ODD;
    let escaped = escapes_and_escaped ^ (backslashes | before);
    (escaped, (escapes_and_escaped & backslashes) >> (u64::BITS - 1))
}
