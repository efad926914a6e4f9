//! The event view: read once, asked by every rule of the component.
//!
//! A field is found by its dotted name, however the event nests it. What its values mean is left to
//! [`values`](crate::values), what a vendor makes of it to modules of their own.

#[cfg(test)]
mod tests;
mod value;

use std::borrow::Cow;

use crate::bytes::{letters, places_of};
use crate::cache::Cache;
use crate::memo::Memo;
use crate::scan::{self, Kind, Malformed, Node, walk};
use crate::values::Values;

pub use value::Value;

/// One event: a JSON object of which only the places of its members are known, until a rule asks for one.
pub struct Event<'e> {
    text: Cow<'e, [u8]>,
    nodes: Vec<Node>,
    /// Whether there may be an escape, also in a name.
    escapes: bool,
    memory: Option<Box<scan::Memory>>,
    /// The fields that were asked for, so that many rules that read the same field search it once.
    found: Memo<What>,
    /// What others found out about the event, so that they do so once.
    pub(crate) cache: Cache,
}

/// The memory of an event, for the next one.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) nodes: Vec<Node>,
    memory: Option<Box<scan::Memory>>,
    found: Option<Memo<What>>,
}

/// More nodes than this are not kept for the next event: one large event must not hold memory for ever.
pub(crate) const NODES_KEPT_MAX: usize = 16_384;

/// What a dotted name leads to. Nearly always it is nothing, or a single value whose text stands as it is.
#[derive(Debug, Clone, Copy, Default)]
enum What {
    #[default]
    Null,
    Text {
        start: u32,
        end: u32,
        kind: Kind,
    },
    Value(Place),
    /// Several, or one that lies in a text of the event: these are searched again.
    Again,
    /// What else was found out.
    Fact(u8),
}

/// Who gives a name its meaning: what one of them remembers under a name says nothing to another.
///
/// Each is a number that is added to where an object begins, for the key: the bytes behind a `{` begin no object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reader {
    /// The view of the event.
    View,
    /// A record, which gives every form the same names.
    Record,
    /// Somebody who found out what is no field.
    Facts,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its first byte.
    start: u32,
    /// The nodes of the members that lie in it: from this one, up to that one.
    first: u32,
    end: u32,
}

/// A member's name begins here, behind the quote. Zero, where nothing but white space or a brace can be, is no name.
type Name = u32;

/// The members to which a dotted name leads, by their nodes: seldom more than one.
#[derive(Debug, Clone, Default)]
struct Places {
    first: Option<u32>,
    others: Vec<u32>,
}

impl Places {
    fn add(&mut self, node: u32) {
        if self.first.is_none() {
            self.first = Some(node);
        } else {
            self.others.push(node);
        }
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        self.first.into_iter().chain(self.others.iter().copied())
    }
}

impl<'e> Event<'e> {
    /// Reads the text of one JSON object.
    pub fn parse(text: impl Into<Cow<'e, [u8]>>) -> Result<Self, Malformed> {
        Self::parse_reusing(text.into(), Scratch::default())
    }

    /// Reads like [`parse`](Self::parse), into memory that another event has given back.
    pub(crate) fn parse_reusing(text: Cow<'e, [u8]>, scratch: Scratch) -> Result<Self, Malformed> {
        let Scratch { mut nodes, mut memory, found } = scratch;
        let escapes = scan::scan(&text, &mut nodes, memory.get_or_insert_default())?;
        if nodes.len() > NODES_KEPT_MAX {
            nodes.truncate(nodes[0].next as usize);
            nodes.shrink_to_fit();
        }
        Ok(Self { text, nodes, escapes, memory, found: found.unwrap_or_default(), cache: Cache::default() })
    }

    /// Reads a text that lay in an event. There may be many, so they share what a scan needs.
    pub(crate) fn parse_inner(text: Vec<u8>, memory: &mut Option<Box<scan::Memory>>) -> Result<Self, Malformed> {
        let mut nodes = Vec::new();
        let escapes = scan::scan(&text, &mut nodes, memory.get_or_insert_default())?;
        nodes.shrink_to_fit();
        Ok(Self { text: text.into(), nodes, escapes, memory: None, found: Memo::default(), cache: Cache::default() })
    }

    pub(crate) fn into_scratch(self) -> Scratch {
        let nodes = if self.nodes.capacity() > NODES_KEPT_MAX { Vec::new() } else { self.nodes };
        Scratch { nodes, memory: self.memory, found: Some(self.found.emptied()) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The event itself, as a value.
    pub fn root(&self) -> Value<'_> {
        let Node { name: start, next: end, .. } = self.nodes[0];
        self.value(Place { start, first: 1, end })
    }

    /// The values of the field with this dotted name: see [`Value::field`].
    ///
    /// What was found is remembered for the next rule that asks.
    pub fn field(&self, name: &'static str) -> Values<'_> {
        self.root().known_field(name)
    }

    /// Whether the value lies in this event, and not in one that was a text in it.
    pub(crate) fn holds(&self, value: Value<'_>) -> bool {
        std::ptr::eq(value.event, self)
    }

    pub(crate) fn value(&self, place: Place) -> Value<'_> {
        Value { event: self, name: 0, place }
    }
}

impl Event<'_> {
    /// Looks for a dotted name among these members. Members of objects in arrays are among them.
    fn search(&self, first: u32, end: u32, name: &[u8], places: &mut Places) {
        // Most names are told by their first letters, up to four, that are the same whatever way the name is nested.
        let wanted = letters(name);
        let alike = if name.len() < 4 { 0 } else { places_of(b'.', wanted).trailing_zeros() / 8 };
        let mask = u32::MAX.unbounded_shr(32 - 8 * alike.min(4));
        let mut at = first as usize;
        let nodes = self.nodes.get(..end as usize).unwrap_or_default();
        while let Some(node) = nodes.get(at) {
            if ((node.letters ^ wanted) & mask == 0 || self.escapes && places_of(b'\\', node.letters) != 0)
                && let Some(matched) = begins_with(name, self.text.get(node.name as usize..).unwrap_or_default())
            {
                match name.get(matched + 1..) {
                    None => places.add(at as u32),
                    Some(rest) => self.search(at as u32 + 1, node.next, rest, places),
                }
            }
            at = node.next as usize;
        }
    }
}

/// How much of a dotted name the member takes whose name begins `own`.
#[inline(never)]
fn begins_with(name: &[u8], own: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let (Some(word), Some(own)) = (name.get(at..).and_then(<[u8]>::first_chunk), own.get(at..))
        && u32::from_le_bytes(*word) == letters(own)
        && (places_of(b'"', letters(own)) | places_of(b'\\', letters(own))) == 0
    {
        at += 4;
    }
    while own.get(at) != Some(&b'"') {
        let byte = own.get(at)?;
        if *byte == b'\\' {
            return begins_unescaped(name, own);
        }
        if name.get(at) != Some(byte) {
            return None;
        }
        at += 1;
    }
    ends(name, at).then_some(at)
}

#[cold]
fn begins_unescaped(name: &[u8], own: &[u8]) -> Option<usize> {
    let own = scan::unescape(&own[..walk::string(own, 0).0]);
    (name.starts_with(own.as_bytes()) && ends(name, own.len())).then_some(own.len())
}

/// Whether a part of a dotted name may end here. An empty one is none.
fn ends(name: &[u8], at: usize) -> bool {
    at > 0 && matches!(name.get(at), None | Some(b'.'))
}

impl std::fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))
    }
}
