//! A value of an event: what it is, what it says, and what lies in it.

use std::borrow::Cow;

use super::{Event, Name, Place, Places, Reader, What};
use crate::scan::{self, Kind, Node, walk};
use crate::values::{Text, Values};

/// A value of an event.
#[derive(Clone, Copy)]
pub struct Value<'v> {
    pub(super) event: &'v Event<'v>,
    pub(super) name: Name,
    pub(super) place: Place,
}

impl<'v> Value<'v> {
    fn at(self, name: Name, place: Place) -> Self {
        Self { name, place, ..self }
    }

    /// The member with this node.
    #[inline(never)]
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
    #[inline(never)]
    pub fn json(self) -> &'v str {
        let (end, _) = walk::end(self.source(), self.start());
        text_of(self.source(), self.start(), end)
    }

    /// What a string says; of a number or a boolean, its JSON text. `None` for null, an array or an object.
    #[inline(never)]
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

    /// The inside of a string, as it is written, if there are escapes in it.
    pub(crate) fn escaped_as_written(self) -> Option<&'v [u8]> {
        let inside = self.start() + 1;
        let (end, escaped) = walk::string(self.source(), inside);
        (self.kind() == Kind::String && escaped).then(|| self.source().get(inside..end))?
    }

    /// Like [`text`](Self::text), but read only as far as it takes to compare it.
    pub(crate) fn as_text(self) -> Option<Text<'v>> {
        match self.plain_text() {
            Some((start, end, kind)) => self.source().get(start..end).map(|text| Text::of_event(text, kind)),
            None => self.text().map(Text::from),
        }
    }

    /// The name of a member of an object. Empty for an element of an array.
    #[inline(never)]
    pub fn name(self) -> Cow<'v, str> {
        if self.name == 0 { Cow::Borrowed("") } else { string(self.source(), self.name as usize) }
    }

    /// The name as it is written, escapes and all.
    pub(crate) fn name_as_written(self) -> &'v [u8] {
        if self.name == 0 { &[] } else { written(self.source(), self.name as usize) }
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

    /// The members of an object whose names begin with one of these letters, or with an escape.
    #[inline]
    pub(crate) fn members_beginning(self, letters: &'static [u8]) -> impl Iterator<Item = Self> {
        let begins = |first: u8| first == b'\\' || letters.contains(&first);
        self.nodes().filter(move |(_, node)| begins(node.letters as u8)).map(move |(at, _)| self.member(at))
    }

    /// The names of an object's members, as they are written.
    pub(crate) fn names_as_written(self) -> impl Iterator<Item = &'v [u8]> {
        self.nodes().map(move |(_, node)| written(self.source(), node.name as usize))
    }

    fn nodes(self) -> impl Iterator<Item = (u32, Node)> {
        let Place { first, end, .. } = self.place;
        let mut next = if self.kind() == Kind::Object { first } else { end };
        std::iter::from_fn(move || {
            let node = *self.event.nodes.get(..end as usize)?.get(next as usize)?;
            Some((std::mem::replace(&mut next, node.next), node))
        })
    }

    /// Like [`children`](Self::children), all at once: a component is smaller where there is no haste.
    #[inline(never)]
    pub(crate) fn all_children(self) -> Vec<Self> {
        self.children().collect()
    }

    /// The elements of an array, arrays in it gone through, one by one: an array may be as large as the event.
    pub(crate) fn each_element(self) -> impl Iterator<Item = Self> {
        Elements::of(self, true)
    }

    /// The elements of an array, arrays in it gone through. Any other value is its own only element.
    #[inline(never)]
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
    #[inline(never)]
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
        self.remembered(Reader::View, name, &|| self.at_name(name))
    }

    /// The values that `find` finds for this reader under this name, searched once.
    #[inline]
    pub(crate) fn remembered(self, reader: Reader, name: &'static str, find: &dyn Fn() -> Vec<Self>) -> Values<'v> {
        match self.known(reader, name) {
            Some(What::Null) => Values::Null,
            Some(What::Text { start, end, kind }) => {
                let text = self.source().get(start as usize..end as usize).unwrap_or_default();
                Values::One(Text::of_event(text, kind))
            }
            Some(What::Value(place)) => self.at(0, place).own_values(),
            Some(What::Again | What::Fact(_)) | None => self.find_values(reader, name, find),
        }
    }

    /// Not inlined, so that what is known already is got at quickly.
    #[inline(never)]
    fn find_values(self, reader: Reader, name: &'static str, find: &dyn Fn() -> Vec<Self>) -> Values<'v> {
        let found = find();
        self.remember(reader, name, self.what(&found));
        Values::at(found)
    }

    /// Like [`at_name`](Self::at_name), and remembered as [`known_field`](Self::known_field) is.
    #[inline(never)]
    pub(crate) fn at_known_name(self, name: &'static str) -> Vec<Self> {
        match self.known(Reader::View, name) {
            Some(What::Null) => Vec::new(),
            Some(What::Text { start, kind, .. }) => {
                // Behind the quote of a string. No member lies in it.
                let start = start - u32::from(kind == Kind::String);
                vec![self.at(0, Place { start, first: 0, end: 0 })]
            }
            Some(What::Value(place)) => vec![self.at(0, place)],
            Some(What::Again | What::Fact(_)) | None => {
                let found = self.at_name(name);
                self.remember(Reader::View, name, self.what(&found));
                found
            }
        }
    }

    fn what(self, found: &[Self]) -> What {
        match *found {
            [] => What::Null,
            [only] if self.event.holds(only) => match only.plain_text() {
                Some((start, end, kind)) => What::Text { start: start as u32, end: end as u32, kind },
                None => What::Value(only.place),
            },
            _ => What::Again,
        }
    }

    /// What `find` finds out about this object, once.
    #[inline]
    pub(crate) fn fact(self, name: &'static str, find: impl FnOnce() -> u8) -> u8 {
        match self.known(Reader::Facts, name) {
            Some(What::Fact(fact)) => fact,
            _ => {
                let fact = find();
                self.remember(Reader::Facts, name, What::Fact(fact));
                fact
            }
        }
    }

    #[inline(always)]
    fn known(self, reader: Reader, name: &'static str) -> Option<What> {
        self.event.found.get(self.place.start + reader as u32, name)
    }

    fn remember(self, reader: Reader, name: &'static str, what: What) {
        self.event.found.set(self.place.start + reader as u32, name, what);
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

/// A name that begins here, as it is written.
fn written(text: &[u8], name: usize) -> &[u8] {
    text.get(name..walk::string(text, name).0).unwrap_or_default()
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
