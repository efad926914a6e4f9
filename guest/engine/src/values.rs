//! The values of one event: spans of its text in slots, and what was made of them.
//!
//! A value's text and its folded text are made when first asked for, and kept for the event.

use crate::grams::{Grams, TEXT_BYTES_MIN};
use crate::json::{Shape, unescape};
use crate::json_text::is_verbatim;
use crate::{fold, hash, tokens};

/// Is no value.
pub(crate) const NONE: u32 = u32::MAX;

/// A text: bytes of the event, or, past its end, of what was made for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

const UNMADE: Span = Span { start: u32::MAX, end: 0 };

#[derive(Clone, Copy, Debug)]
struct Value {
    shape: Shape,
    raw: Span,
    text: Span,
    folded: Span,
    next: u32,
}

/// The values of an event.
#[derive(Debug, Default)]
pub(crate) struct Values {
    values: Vec<Value>,
    /// The first and the last value of each slot.
    slots: Vec<(u32, u32)>,
    filled: Vec<u32>,
    made: Vec<u8>,
    event_bytes: u32,
    /// The tokens of texts that were cut for this event: each text's own start and analyser.
    cut: Vec<(Span, u32, Cut)>,
    /// The pieces of texts in which parts were looked for in this event; those behind `grams_used` are of earlier ones.
    grams: Vec<(Span, Grams)>,
    grams_used: usize,
    /// The pieces of all values of a slot together, folded or as they are.
    slot_grams: Vec<(u32, bool, Grams)>,
    slot_grams_used: usize,
    /// The pieces of the event's own text, folded, and whether they are known and tell anything.
    event_grams: Grams,
    event_grams_tell: Option<bool>,
}

/// The tokens of a text: the hash of each with its place, in the order of the hashes, and their texts by place.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    pub(crate) by_hash: Vec<(u64, u32)>,
    pub(crate) hashes: Vec<u64>,
    pub(crate) texts: String,
    /// Where each token's text ends.
    pub(crate) ends: Vec<u32>,
}

impl Cut {
    fn new(analyzer: u32, text: &[u8]) -> Self {
        let mut cut = Self::default();
        tokens::each(analyzer, &String::from_utf8_lossy(text), |token| {
            let hash = hash::bytes(token.as_bytes());
            cut.by_hash.push((hash, cut.hashes.len() as u32));
            cut.hashes.push(hash);
            cut.texts.push_str(token);
            cut.ends.push(cut.texts.len() as u32);
            true
        });
        cut.by_hash.sort_unstable();
        cut
    }

    /// Is the text of the token at a place.
    pub(crate) fn text(&self, place: u32) -> &[u8] {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.texts.as_bytes()[start as usize..self.ends[place as usize] as usize]
    }

    /// Goes through the places of a token.
    pub(crate) fn places(&self, token: &[u8]) -> impl Iterator<Item = u32> {
        let wanted = hash::bytes(token);
        let start = self.by_hash.partition_point(|&(hash, _)| hash < wanted);
        self.by_hash[start..].iter().take_while(move |&&(hash, _)| hash == wanted).map(|&(_, place)| place)
    }
}

impl Values {
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots: vec![(NONE, NONE); slots], ..Self::default() }
    }

    pub(crate) fn clear(&mut self, event: &[u8]) {
        self.values.clear();
        for slot in self.filled.drain(..) {
            self.slots[slot as usize] = (NONE, NONE);
        }
        self.made.clear();
        self.cut.clear();
        self.grams_used = 0;
        self.slot_grams_used = 0;
        self.event_grams_tell = None;
        self.event_bytes = event.len() as u32;
    }

    /// Adds a value to a slot; answers with its number, or nothing if there is no such slot.
    #[inline]
    pub(crate) fn push(&mut self, slot: u32, shape: Shape, start: u32, end: u32) -> Option<u32> {
        let (first, last) = self.slots.get_mut(slot as usize)?;
        let number = self.values.len() as u32;
        let raw = Span { start, end };
        let text = if matches!(shape, Shape::Escaped) { UNMADE } else { raw };
        if *first == NONE {
            *first = number;
            self.filled.push(slot);
        } else {
            self.values[*last as usize].next = number;
        }
        *last = number;
        self.values.push(Value { shape, raw, text, folded: UNMADE, next: NONE });
        Some(number)
    }

    #[inline]
    pub(crate) fn first(&self, slot: u32) -> u32 {
        self.slots.get(slot as usize).map_or(NONE, |&(first, _)| first)
    }

    #[inline]
    pub(crate) fn next(&self, value: u32) -> u32 {
        self.values[value as usize].next
    }

    #[inline]
    pub(crate) fn shape(&self, value: u32) -> Shape {
        self.values[value as usize].shape
    }

    /// Is the value as the event writes it, a string with its quotes.
    pub(crate) fn json<'e>(&self, event: &'e [u8], value: u32) -> &'e [u8] {
        let Value { shape, raw, .. } = self.values[value as usize];
        let quotes = u32::from(matches!(shape, Shape::Plain | Shape::Escaped));
        &event[(raw.start - quotes) as usize..(raw.end + quotes) as usize]
    }

    /// Is the text of a value.
    #[inline]
    pub(crate) fn text(&mut self, event: &[u8], value: u32) -> Span {
        let Value { text, raw, .. } = self.values[value as usize];
        if text != UNMADE {
            return text;
        }
        let text = self.make(|made| unescape(&event[raw.start as usize..raw.end as usize], made));
        self.values[value as usize].text = text;
        text
    }

    /// Is the folded text of a value.
    #[inline]
    pub(crate) fn folded(&mut self, event: &[u8], value: u32) -> Span {
        let folded = self.values[value as usize].folded;
        if folded != UNMADE {
            return folded;
        }
        let text = self.text(event, value);
        let folded = self.fold(event, text);
        self.values[value as usize].folded = folded;
        folded
    }

    /// Folds a text.
    pub(crate) fn fold(&mut self, event: &[u8], text: Span) -> Span {
        let bytes = self.bytes(event, text);
        if !bytes.iter().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
            return text;
        }
        if text.end <= self.event_bytes {
            let bytes = &event[text.start as usize..text.end as usize];
            return self.make(|made| fold::bytes(bytes, made));
        }
        // What is made may move while more is: it is taken out for that time.
        let mut made = std::mem::take(&mut self.made);
        let start = made.len();
        let (from, to) = ((text.start - self.event_bytes) as usize, (text.end - self.event_bytes) as usize);
        if made[from..to].is_ascii() {
            made.extend_from_within(from..to);
            made[start..].make_ascii_lowercase();
        } else {
            let bytes = made[from..to].to_vec();
            fold::bytes(&bytes, &mut made);
        }
        let end = made.len();
        self.made = made;
        Span { start: self.event_bytes + start as u32, end: self.event_bytes + end as u32 }
    }

    /// Keeps a text that is made for this event.
    pub(crate) fn make(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        let start = self.made.len() as u32;
        write(&mut self.made);
        Span { start: self.event_bytes + start, end: self.event_bytes + self.made.len() as u32 }
    }

    /// Is how much was made for this event.
    pub(crate) fn made_bytes(&self) -> usize {
        self.made.len()
    }

    /// Is the bytes of a text.
    #[inline]
    pub(crate) fn bytes<'a>(&'a self, event: &'a [u8], text: Span) -> &'a [u8] {
        if text.start >= self.event_bytes {
            let at = self.event_bytes;
            return &self.made[(text.start - at) as usize..(text.end - at) as usize];
        }
        &event[text.start as usize..text.end as usize]
    }

    /// Makes sure that the pieces of a text are there, if it is long.
    #[inline]
    pub(crate) fn need_grams(&mut self, event: &[u8], text: Span) {
        if (text.end - text.start) as usize >= TEXT_BYTES_MIN && self.grams(text).is_none() {
            self.make_grams(event, text);
        }
    }

    fn make_grams(&mut self, event: &[u8], text: Span) {
        if self.grams_used == self.grams.len() {
            self.grams.push((text, Grams::default()));
        }
        let mut grams = std::mem::take(&mut self.grams[self.grams_used].1);
        grams.clear((text.end - text.start) as usize);
        grams.add(self.bytes(event, text));
        self.grams[self.grams_used] = (text, grams);
        self.grams_used += 1;
    }

    /// Is the pieces of a text, if they are there.
    #[inline]
    pub(crate) fn grams(&self, text: Span) -> Option<&Grams> {
        self.grams[..self.grams_used].iter().find(|(of, _)| *of == text).map(|(_, grams)| grams)
    }

    /// Is the pieces of the event's own text, folded; nothing if it may stand for others than it has.
    pub(crate) fn grams_of_event(&mut self, event: &[u8]) -> Option<&Grams> {
        let tell = *self.event_grams_tell.get_or_insert_with(|| {
            let tell = is_verbatim(event);
            if tell {
                self.event_grams.clear(event.len());
                self.event_grams.add_folded(event);
            }
            tell
        });
        tell.then_some(&self.event_grams)
    }

    /// Is the pieces of all values of a slot together.
    pub(crate) fn grams_of_slot(&mut self, event: &[u8], slot: u32, folded: bool) -> &Grams {
        let known =
            self.slot_grams[..self.slot_grams_used].iter().position(|&(of, fold, _)| of == slot && fold == folded);
        let nth = known.unwrap_or_else(|| {
            let (mut bytes, mut value) = (0, self.first(slot));
            while value != NONE {
                let text = self.compared(event, value, folded);
                bytes += (text.end - text.start) as usize;
                value = self.next(value);
            }
            if self.slot_grams_used == self.slot_grams.len() {
                self.slot_grams.push((slot, folded, Grams::default()));
            }
            let mut grams = std::mem::take(&mut self.slot_grams[self.slot_grams_used].2);
            grams.clear(bytes);
            value = self.first(slot);
            while value != NONE {
                let text = self.compared(event, value, folded);
                grams.add(self.bytes(event, text));
                value = self.next(value);
            }
            self.slot_grams[self.slot_grams_used] = (slot, folded, grams);
            self.slot_grams_used += 1;
            self.slot_grams_used - 1
        });
        &self.slot_grams[nth].2
    }

    /// Is the text of a value as it is compared.
    fn compared(&mut self, event: &[u8], value: u32, folded: bool) -> Span {
        if folded { self.folded(event, value) } else { self.text(event, value) }
    }

    /// Is the tokens of a text, which is cut once.
    pub(crate) fn cut(&mut self, event: &[u8], text: Span, analyzer: u32) -> &Cut {
        let known = self.cut.iter().position(|(of, by, _)| *of == text && *by == analyzer);
        let nth = known.unwrap_or_else(|| {
            let cut = Cut::new(analyzer, self.bytes(event, text));
            self.cut.push((text, analyzer, cut));
            self.cut.len() - 1
        });
        &self.cut[nth].2
    }
}
