//! What an event carries inside: in its members, and in its texts that are JSON.
//!
//! There is one idea and no list of envelopes. An object that is not what is looked for is opened: every member, every
//! element of every list, and every text that is JSON, also behind a prefix such as `@cee:` or a syslog header,
//! whatever the members are called. An object that is what is looked for is left closed. What that is, the caller says.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::bytes::places_in_word;
use crate::cache::Chain;
use crate::event::{Event, Place, Value};
use crate::java_map;
use crate::scan::{Kind, Memory};

/// How many objects may lie around what is found: six envelopes in each other.
///
/// A list around an object counts for nothing, a text that is an object counts as one.
pub const ENVELOPES_DEEP_MAX: usize = 6;

/// How far into a text its JSON may begin.
pub(crate) const PREFIX_BYTES_MAX: usize = 1024;

/// A shorter text holds nothing that is looked for. An event of Windows has a path in every other member.
const TEXT_BYTES_MIN: usize = 40;

/// How many texts of an event are opened because a name leads into them.
const TEXTS_OPENED_MAX: usize = 256;

/// Something found in an event, or in an event that was a text in it.
pub(crate) struct Found<T> {
    inner: Option<Rc<Event<'static>>>,
    place: Place,
    pub(crate) what: T,
}

impl<T> Found<T> {
    /// The event in which it lies, and where.
    pub(crate) fn place<'e>(&'e self, outer: &'e Event<'e>) -> (&'e Event<'e>, Value<'e>) {
        let event: &'e Event<'e> = self.inner.as_deref().unwrap_or(outer);
        (event, event.value(self.place))
    }
}

/// A search: what is looked for, and what was found.
pub(crate) struct Search<'s, T> {
    /// What an object is, if it is something to be found.
    pub(crate) is: &'s dyn Fn(Value<'_>) -> Option<T>,
    /// What tells a found object from all others: of two that are alike in it, the members of one object carry the same.
    pub(crate) id: &'s dyn Fn(&Event<'_>, Value<'_>, &T) -> Option<String>,
    pub(crate) found: Vec<Found<T>>,
    pub(crate) memory: Option<Box<Memory>>,
}

type Inner<'i> = Option<&'i Rc<Event<'static>>>;

impl<T> Search<'_, T> {
    /// Opens the members of an object.
    pub(crate) fn members(&mut self, event: &Event<'_>, inner: Inner<'_>, object: Value<'_>, deep: usize) {
        if deep == 0 {
            return;
        }
        // Shippers often leave the text beside what they made of it: what another member carries too is left out.
        let (mut known, mut from) = (BTreeSet::new(), None);
        for member in object.children() {
            let before = self.found.len();
            self.content(event, inner, member, deep - 1);
            if before == self.found.len() {
                continue;
            }
            if let Some(from) = from.replace(before) {
                let id = |found: &Found<T>| {
                    let event = found.inner.as_deref().unwrap_or(event);
                    (self.id)(event, event.value(found.place), &found.what)
                };
                known.extend(self.found[from..before].iter().filter_map(id));
                let is_new = |found: &Found<T>| id(found).is_none_or(|id| !known.contains(&id));
                let more = self.found.split_off(before);
                self.found.extend(more.into_iter().filter(is_new));
            }
        }
    }

    fn content(&mut self, event: &Event<'_>, inner: Inner<'_>, content: Value<'_>, deep: usize) {
        match content.kind() {
            Kind::Object => match (self.is)(content) {
                Some(what) => self.found.push(Found { inner: inner.cloned(), place: content.place(), what }),
                None => self.members(event, inner, content, deep),
            },
            // Arrays in arrays are gone through at once: to walk each by itself would read what is in it once a level.
            Kind::Array => content.each_element().for_each(|element| self.content(event, inner, element, deep)),
            // An object has quotes, which in a string are escaped.
            Kind::String => {
                if let Some(written) = content.escaped_as_written()
                    && written.len() >= TEXT_BYTES_MIN
                    && may_hold_an_object(written)
                {
                    self.text(&content.text().unwrap_or_default(), deep);
                }
            }
            Kind::Null | Kind::Boolean | Kind::Number => {}
        }
    }

    fn text(&mut self, text: &str, deep: usize) {
        let Some((parsed, around)) = parse(text, &mut self.memory) else { return };
        let parsed = Rc::new(parsed);
        let spelled = if around { parsed.root().children().next() } else { Some(parsed.root()) };
        if let Some(spelled) = spelled {
            self.content(&parsed, Some(&parsed), spelled, deep);
        }
    }
}

/// Whether a string, as it is written, holds a brace with a quote or with white space behind it, or a character that is
/// written by its number, which may be one of these.
fn may_hold_an_object(written: &[u8]) -> bool {
    // Eight bytes at a time, as a sandbox pays for each turn of a loop. The last byte of a word is the next one's first.
    let mut rest = written;
    while let Some(word) = rest.first_chunk() {
        let places = |byte| places_in_word(byte, u64::from_le_bytes(*word));
        let (braces, backslashes) = (places(b'{'), places(b'\\'));
        if (braces | backslashes) != 0 {
            let behind_brace = (backslashes | places(b' ')) >> 8;
            if (braces & behind_brace) | (backslashes & places(b'u') >> 8) != 0 {
                return true;
            }
        }
        rest = &rest[7..];
    }
    rest.windows(2).any(|pair| matches!(pair, [b'{', b'\\' | b' '] | b"\\u"))
}

/// Reads a text that is JSON from some place on to its end, or JSON line by line.
///
/// Only an object is an event: a list, a string or lines are put into one, as its only member, and then the second is
/// `true`.
fn parse(text: &str, memory: &mut Option<Box<Memory>>) -> Option<(Event<'static>, bool)> {
    let text = text.trim_ascii();
    if text.starts_with(['[', '"'])
        && let Some(around) = parse_around(text, memory)
    {
        return Some((around, true));
    }
    // What comes before is a prefix. An object begins with a name.
    let bytes = text.as_bytes();
    let mut head = bytes[..bytes.len().min(PREFIX_BYTES_MAX + 1)].iter();
    let start = loop {
        head.find(|byte| **byte == b'{')?;
        let behind = bytes.len().min(PREFIX_BYTES_MAX + 1) - head.len();
        if bytes[behind..].trim_ascii_start().starts_with(b"\"") {
            break behind - 1;
        }
    };
    if let Ok(event) = Event::parse_inner(bytes[start..].to_vec(), memory) {
        return Some((event, false));
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_ascii().is_empty()).collect();
    let are_objects = lines.len() > 1 && lines.iter().all(|line| line.trim_ascii_start().starts_with('{'));
    are_objects
        .then(|| parse_around(&["[", &lines.join(","), "]"].concat(), memory))
        .flatten()
        .map(|around| (around, true))
}

fn parse_around(text: &str, memory: &mut Option<Box<Memory>>) -> Option<Event<'static>> {
    Event::parse_inner(["{\"\":", text, "}"].concat().into_bytes(), memory).ok()
}

/// The texts of an event that were opened because a name leads into them.
#[derive(Default)]
struct Opened(Chain<(Place, Option<Event<'static>>)>);

/// What a text of the event spells: the object of its JSON or of Java's text of a map, or one around its JSON list.
///
/// Each text is read once. Of more than [`TEXTS_OPENED_MAX`] texts, the others stay closed.
pub(crate) fn opened<'e>(event: &'e Event<'e>, text: Value<'e>) -> Option<&'e Event<'e>> {
    if !event.holds(text) {
        return None;
    }
    let Opened(known) = event.cache.get(Opened::default);
    let (_, spelled) =
        known.get(TEXTS_OPENED_MAX, |(place, _)| *place == text.place(), || (text.place(), spelled(text)))?;
    spelled.as_ref()
}

fn spelled(text: Value<'_>) -> Option<Event<'static>> {
    let text = text.text()?;
    let text = text.trim_ascii();
    let memory = &mut None;
    match text.as_bytes().first()? {
        b'{' => {
            let json = Event::parse_inner(text.as_bytes().to_vec(), memory).ok();
            json.or_else(|| Event::parse_inner(java_map::to_json(text)?.into_bytes(), memory).ok())
        }
        b'[' => parse_around(text, memory),
        _ => None,
    }
}
