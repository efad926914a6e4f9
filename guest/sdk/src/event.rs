//! The event view: read once, asked by every rule of the component.
//!
//! A field is found by its dotted name, however the event nests it. What its values mean is left to
//! [`values`](crate::values), what a CloudTrail record is to [`cloudtrail`](crate::cloudtrail).

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::bytes::{letters, places_of};
use crate::cloudtrail::Records;
use crate::memo::Memo;
use crate::scan::{self, Kind, Malformed, Node, walk};
use crate::values::{Text, Values};

/// One event: a JSON object of which only the places of its members are known, until a rule asks for one.
pub struct Event<'e> {
    text: Cow<'e, [u8]>,
    nodes: Vec<Node>,
    /// Whether there may be an escape, also in a name.
    escapes: bool,
    memory: Option<Box<scan::Memory>>,
    /// The fields that were asked for, so that many rules that read the same field search it once.
    found: Memo<What>,
    /// The CloudTrail records in the event, so that an envelope is opened once.
    pub(crate) records: OnceCell<Records>,
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
    /// Several: these are searched again.
    Many,
}

/// Where a value lies.
#[derive(Debug, Clone, Copy)]
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
        Ok(Self { text, nodes, escapes, memory, found: found.unwrap_or_default(), records: OnceCell::new() })
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

/// A value of an event.
#[derive(Clone, Copy)]
pub struct Value<'v> {
    event: &'v Event<'v>,
    name: Name,
    place: Place,
}

impl<'v> Value<'v> {
    fn at(self, name: Name, place: Place) -> Self {
        Self { name, place, ..self }
    }

    /// The member with this node.
    fn member(self, node: u32) -> Self {
        let Node { name, next: end, .. } = self.event.nodes[node as usize];
        let (name_end, _) = walk::string(self.source(), name as usize);
        let start = walk::value(self.source(), name_end) as u32;
        self.at(name, Place { start, first: node + 1, end })
    }

    pub(crate) fn place(self) -> Place {
        self.place
    }

    fn source(self) -> &'v [u8] {
        &self.event.text
    }

    fn start(self) -> usize {
        self.place.start as usize
    }

    /// What the value is.
    pub fn kind(self) -> Kind {
        walk::kind(self.source(), self.start())
    }

    /// The value's own JSON text.
    pub fn json(self) -> &'v str {
        let (end, _) = walk::end(self.source(), self.start());
        text_of(self.source(), self.start(), end)
    }

    /// What a string says; of a number or a boolean, its JSON text. `None` for null, an array or an object.
    pub fn text(self) -> Option<Cow<'v, str>> {
        let text = self.source();
        match self.kind() {
            Kind::String => Some(string(text, self.start() + 1)),
            Kind::Number | Kind::Boolean => {
                Some(text_of(text, self.start(), walk::number_or_word(text, self.start())).into())
            }
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// Where the value's text stands as it is: a string without escapes, a number or a boolean.
    fn plain_text(self) -> Option<(usize, usize, Kind)> {
        let (text, kind) = (self.source(), self.kind());
        match kind {
            Kind::String => {
                let (end, escaped) = walk::string(text, self.start() + 1);
                (!escaped).then_some((self.start() + 1, end, kind))
            }
            Kind::Number | Kind::Boolean => Some((self.start(), walk::number_or_word(text, self.start()), kind)),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// Like [`text`](Self::text), but read only as far as it takes to compare it.
    pub(crate) fn as_text(self) -> Option<Text<'v>> {
        match self.plain_text() {
            Some((start, end, kind)) => self.source().get(start..end).map(|text| Text::of_event(text, kind)),
            None => self.text().map(Text::from),
        }
    }

    /// The name of a member of an object. Empty for an element of an array.
    pub fn name(self) -> Cow<'v, str> {
        if self.name == 0 { Cow::Borrowed("") } else { string(self.source(), self.name as usize) }
    }

    /// The members of an object, or the elements of an array, in their order. A name that stands twice comes twice.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let is_object = self.kind() == Kind::Object;
        let mut elements = (self.kind() == Kind::Array).then(|| Elements::of(self, false));
        let mut next = self.place.first;
        std::iter::from_fn(move || {
            if !is_object {
                return elements.as_mut()?.next();
            }
            (next < self.place.end).then(|| {
                let member = self.member(next);
                next = member.place.end;
                member
            })
        })
    }

    /// The elements of an array, arrays in it gone through. Any other value is its own only element.
    pub fn elements(self) -> Vec<Self> {
        match self.kind() {
            Kind::Array => Elements::of(self, true).collect(),
            _ => vec![self],
        }
    }

    /// The values of the field with this dotted name, below an object.
    ///
    /// `a.b` finds `{"a":{"b":…}}`, `{"a.b":…}` and any mixture, and all of them where there are several: a field has
    /// as many values as are found. Arrays on the way are gone through, so `a.b` has two values in
    /// `{"a":[{"b":1},{"b":2}]}`. An object is no value: its fields are.
    #[inline(never)]
    pub fn field(self, name: &str) -> Values<'v> {
        Values::of(self.places(name).iter().map(|node| self.member(node)))
    }

    /// Every place to which the dotted name leads, whatever lies there.
    pub fn at_name(self, name: &str) -> Vec<Self> {
        self.places(name).iter().map(|node| self.member(node)).collect()
    }

    fn places(self, name: &str) -> Places {
        let mut places = Places::default();
        let Place { first, end, .. } = self.place;
        self.event.search(first, end, name.as_bytes(), &mut places);
        places
    }

    /// Like [`field`](Self::field), and remembered.
    #[inline]
    pub(crate) fn known_field(self, name: &'static str) -> Values<'v> {
        match self.event.found.get(self.place.start, name) {
            Some(what) => self.values(what, name),
            None => self.find_field(name),
        }
    }

    /// Not inlined, so that what is known already is got at quickly.
    #[inline(never)]
    fn find_field(self, name: &'static str) -> Values<'v> {
        let places = self.places(name);
        let what = match places.first {
            None => What::Null,
            Some(_) if !places.others.is_empty() => What::Many,
            Some(only) => {
                let only = self.member(only);
                match only.plain_text() {
                    Some((start, end, kind)) => What::Text { start: start as u32, end: end as u32, kind },
                    None => What::Value(only.place),
                }
            }
        };
        self.event.found.set(self.place.start, name, what);
        self.values(what, name)
    }

    #[inline(always)]
    fn values(self, what: What, name: &str) -> Values<'v> {
        match what {
            What::Null => Values::Null,
            What::Text { start, end, kind } => {
                let text = self.source().get(start as usize..end as usize).unwrap_or_default();
                Values::One(Text::of_event(text, kind))
            }
            What::Value(place) => self.at(0, place).own_values(),
            What::Many => self.field(name),
        }
    }

    #[inline(never)]
    fn own_values(self) -> Values<'v> {
        Values::of(std::iter::once(self))
    }
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.json())
    }
}

/// The elements of an array, found by walking over its text.
struct Elements<'v> {
    array: Value<'v>,
    at: usize,
    /// The first node behind those of the elements so far.
    node: u32,
    /// Whether arrays in the array are gone through, and how many of them are open.
    deep: bool,
    depth: u32,
}

impl<'v> Elements<'v> {
    fn of(array: Value<'v>, deep: bool) -> Self {
        Self { array, at: array.start() + 1, node: array.place.first, deep, depth: 1 }
    }
}

impl<'v> Iterator for Elements<'v> {
    type Item = Value<'v>;

    fn next(&mut self) -> Option<Value<'v>> {
        let text = self.array.source();
        while self.depth > 0 {
            self.at = walk::token(text, self.at);
            match text.get(self.at)? {
                b',' => {}
                b']' => self.depth -= 1,
                b'[' if self.deep => self.depth += 1,
                _ => {
                    let (end, members) = walk::end(text, self.at);
                    let start = std::mem::replace(&mut self.at, end);
                    let first = self.node;
                    self.node += members;
                    return Some(self.array.at(0, Place { start: start as u32, first, end: self.node }));
                }
            }
            self.at += 1;
        }
        None
    }
}

/// The inside of a string that begins here. The whole text was found to be UTF-8.
fn string(text: &[u8], inside: usize) -> Cow<'_, str> {
    match walk::string(text, inside) {
        (end, true) => Cow::Owned(scan::unescape(&text[inside..end])),
        (end, false) => Cow::Borrowed(text_of(text, inside, end)),
    }
}

/// A piece of the text, which was found to be UTF-8; it begins and ends beside ASCII.
fn text_of(text: &[u8], start: usize, end: usize) -> &str {
    text.get(start..end).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
