//! The event view: read once, asked by every rule of the component.
//!
//! A field is found by its dotted name, however the event nests it. What its values mean is left to
//! [`values`](crate::values), what a CloudTrail record is to [`cloudtrail`](crate::cloudtrail).

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use crate::cloudtrail::Records;
use crate::scan::{self, Kind, Malformed, Node, Span};
use crate::values::{Text, Values};

/// One event: a JSON object of which only the places of its values are known, until a rule asks for one.
pub struct Event<'e> {
    text: Cow<'e, [u8]>,
    nodes: Vec<Node>,
    /// The fields that were asked for, so that many rules that read the same field search it once.
    found: RefCell<Vec<Found>>,
    /// The CloudTrail records in the event, so that an envelope is opened once.
    pub(crate) records: OnceCell<Records>,
}

/// The memory of an event, for the next one.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) nodes: Vec<Node>,
    found: Vec<Found>,
}

/// More nodes than this are not kept for the next event: one large event must not hold memory for ever.
pub(crate) const NODES_KEPT_MAX: usize = 16_384;

/// So many fields of an event are remembered: looking them through must not cost more than searching.
const FOUND_MAX: usize = 64;

/// What a field of an object was found to be.
struct Found {
    object: u32,
    name: &'static str,
    what: What,
}

/// Nearly every field has no value, or a single one that needs no unescaping: then it is at hand.
enum What {
    Null,
    Text(Span, Kind),
    Places(Places),
}

/// The nodes to which a dotted name leads: seldom more than one.
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
        let Scratch { mut nodes, mut found } = scratch;
        scan::scan(&text, &mut nodes)?;
        found.clear();
        Ok(Self { text, nodes, found: RefCell::new(found), records: OnceCell::new() })
    }

    pub(crate) fn into_scratch(self) -> Scratch {
        let nodes = if self.nodes.capacity() > NODES_KEPT_MAX { Vec::new() } else { self.nodes };
        Scratch { nodes, found: self.found.into_inner() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The event itself, as a value.
    pub fn root(&self) -> Value<'_> {
        self.value(0)
    }

    /// The values of the field with this dotted name: see [`Value::field`].
    ///
    /// What was found is remembered for the next rule that asks.
    pub fn field(&self, name: &'static str) -> Values<'_> {
        self.root().known_field(name)
    }

    pub(crate) fn value(&self, node: u32) -> Value<'_> {
        Value { text: &self.text, nodes: &self.nodes, found: &self.found, node }
    }
}

impl std::fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))
    }
}

/// A value of an event.
#[derive(Clone, Copy)]
pub struct Value<'v> {
    text: &'v [u8],
    nodes: &'v [Node],
    found: &'v RefCell<Vec<Found>>,
    node: u32,
}

impl<'v> Value<'v> {
    fn at(self, node: u32) -> Self {
        Self { node, ..self }
    }

    fn here(self) -> &'v Node {
        &self.nodes[self.node as usize]
    }

    pub(crate) fn node(self) -> u32 {
        self.node
    }

    /// What the value is.
    pub fn kind(self) -> Kind {
        self.here().kind()
    }

    /// The value's own JSON text.
    pub fn json(self) -> &'v str {
        let node = self.here();
        let mut span = node.value;
        if node.kind() == Kind::String {
            span.start -= 1;
            span.end += 1;
        }
        // The whole text was found to be UTF-8, and a value begins and ends with ASCII.
        std::str::from_utf8(span.of(self.text)).unwrap_or_default()
    }

    /// What a string says; of a number or a boolean, its JSON text. `None` for null, an array or an object.
    pub fn text(self) -> Option<Cow<'v, str>> {
        let node = self.here();
        let is_text = matches!(node.kind(), Kind::String | Kind::Number | Kind::Boolean);
        is_text.then(|| unquoted(node.value.of(self.text), node.escaped()))
    }

    /// Like [`text`](Self::text), but read only as far as it takes to compare it.
    pub(crate) fn as_text(self) -> Option<Text<'v>> {
        let node = self.here();
        if node.is_plain_text() {
            Some(Text::of_event(node.value.of(self.text), node.kind()))
        } else {
            self.text().map(Text::from)
        }
    }

    /// The name of a member of an object. Empty for an element of an array.
    pub fn name(self) -> Cow<'v, str> {
        let node = self.here();
        unquoted(node.name(self.text), node.name_escaped())
    }

    /// The members of an object, or the elements of an array, in their order. A name that stands twice comes twice.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let node = self.here();
        let mut next = if matches!(node.kind(), Kind::Array | Kind::Object) { self.node + 1 } else { node.next };
        std::iter::from_fn(move || {
            (next < node.next).then(|| {
                let child = self.at(next);
                next = child.here().next;
                child
            })
        })
    }

    /// The elements of an array, arrays in it gone through. Any other value is its own only element.
    pub fn elements(self) -> Vec<Self> {
        match self.kind() {
            Kind::Array => self.children().flat_map(Self::elements).collect(),
            _ => vec![self],
        }
    }

    /// The values of the field with this dotted name, below an object.
    ///
    /// `a.b` finds `{"a":{"b":…}}`, `{"a.b":…}` and any mixture, and all of them where there are several: a field has
    /// as many values as are found. Arrays on the way are gone through, so `a.b` has two values in
    /// `{"a":[{"b":1},{"b":2}]}`. An object is no value: its fields are.
    pub fn field(self, name: &str) -> Values<'v> {
        Values::of(self.at_name(name).into_iter())
    }

    /// Every place to which the dotted name leads, whatever lies there.
    pub fn at_name(self, name: &str) -> Vec<Self> {
        let mut places = Places::default();
        self.search(name, &mut places);
        places.iter().map(|node| self.at(node)).collect()
    }

    /// Like [`field`](Self::field), and remembered.
    pub(crate) fn known_field(self, name: &'static str) -> Values<'v> {
        // Most often it is the very same text in memory, and its letters need no look.
        let same = |f: &&Found| f.object == self.node && std::ptr::eq(f.name, name);
        if let Some(known) = self.found.borrow().iter().find(same) {
            return self.values(&known.what);
        }
        self.find_field(name)
    }

    /// Not inlined, so that what is known already is got at quickly.
    #[inline(never)]
    fn find_field(self, name: &'static str) -> Values<'v> {
        if let Some(known) = self.found.borrow().iter().find(|f| f.object == self.node && f.name == name) {
            return self.values(&known.what);
        }
        let mut places = Places::default();
        self.search(name, &mut places);
        let what = match places.first.map(|node| &self.nodes[node as usize]) {
            None => What::Null,
            Some(only) if places.others.is_empty() && only.is_plain_text() => What::Text(only.value, only.kind()),
            Some(_) => What::Places(places),
        };
        let values = self.values(&what);
        let mut found = self.found.borrow_mut();
        if found.len() < FOUND_MAX {
            found.push(Found { object: self.node, name, what });
        }
        values
    }

    #[inline]
    fn values(self, what: &What) -> Values<'v> {
        match what {
            What::Null => Values::Null,
            What::Text(text, kind) => Values::One(Text::of_event(text.of(self.text), *kind)),
            What::Places(places) => Values::of(places.iter().map(|node| self.at(node))),
        }
    }

    fn search(self, name: &str, places: &mut Places) {
        // Walks by itself: by `children` a whole event takes a twenty-fifth more of the sandbox's work.
        let container = self.here();
        let (is_object, end) = (container.kind() == Kind::Object, container.next);
        let first = name.as_bytes().first();
        let mut at = self.node + 1;
        while at < end {
            let node = &self.nodes[at as usize];
            if !is_object {
                if matches!(node.kind(), Kind::Object | Kind::Array) {
                    self.at(at).search(name, places);
                }
            // Most names are told by their first letter.
            } else if (node.name_first(self.text) == first || node.name_escaped())
                && let Some(rest) = behind(name, node, self.text)
            {
                match rest.strip_prefix('.') {
                    None if rest.is_empty() => places.add(at),
                    Some(rest) if matches!(node.kind(), Kind::Object | Kind::Array) => self.at(at).search(rest, places),
                    _ => {}
                }
            }
            at = node.next;
        }
    }
}

/// What of a dotted name is left behind the name of a member, if it begins with that.
#[inline]
fn behind<'n>(name: &'n str, member: &Node, text: &[u8]) -> Option<&'n str> {
    let own = member.name(text);
    let unescaped;
    let own = if member.name_escaped() {
        unescaped = scan::unescape(own);
        unescaped.as_bytes()
    } else {
        own
    };
    // An empty one is no part of a dotted name. The others are told by their length before their letters are looked at.
    let ends = matches!(name.as_bytes().get(own.len()), None | Some(b'.'));
    (ends && !own.is_empty() && name.as_bytes().starts_with(own)).then(|| name.get(own.len()..))?
}

impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.json())
    }
}

fn unquoted(inside: &[u8], escaped: bool) -> Cow<'_, str> {
    if escaped {
        return Cow::Owned(scan::unescape(inside));
    }
    Cow::Borrowed(std::str::from_utf8(inside).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    #[test]
    fn finds_fields_nested_dotted_and_mixed() {
        for (event, expected) in [
            (r#"{"a":{"b":{"c":"x"}}}"#, &["x"] as &[&str]),
            (r#"{"a.b.c":"x"}"#, &["x"]),
            (r#"{"a":{"b.c":"x"}}"#, &["x"]),
            (r#"{"a.b":{"c":"x"}}"#, &["x"]),
            (r#"{"a":{"b":{"c":"x"},"b.c":"y"},"a.b":{"c":"z"},"a.b.c":"0"}"#, &["x", "y", "z", "0"]),
            (r#"{"a":{"b":{"c":["x","y"]}},"a.b.c":["z"]}"#, &["x", "y", "z"]),
            // Arrays on the way are gone through, also arrays in arrays.
            (r#"{"a":[{"b":{"c":1}},{"b":[{"c":2},[{"c":3}]]},{"b":4}]}"#, &["1", "2", "3"]),
            (r#"{"a":[[[{"b":{"c":1}}]]]}"#, &["1"]),
            // Names are compared as what they say.
            (r#"{"\u0061":{"b\u002ec":"x"}}"#, &["x"]),
            (r#"{"a":{"b":{"\u0063":"\u0078"}}}"#, &["x"]),
            // Null among others is no value; what holds members is none either.
            (r#"{"a":{"b":{"c":null}},"a.b":{"c":"x"},"a.b.c":{"d":1}}"#, &["x"]),
            (r#"{"a":{"b":{"c":null}}}"#, &[]),
            (r#"{"a":{"b":{"c":{"d":1}}}}"#, &[]),
            (r#"{"a":{"b":{"C":1}},"A":{"b":{"c":1}}}"#, &[]),
            (r#"{"a":{"bc":1},"a.bc":1,"ab":{"c":1},"a.b":1}"#, &[]),
            (r#"{"a":"b.c","x":{"a":{"b":{"c":1}}}}"#, &[]),
            (r#"{"":{"a":{"b":{"c":1}}},"a":{"":{"b":{"c":1}}},"a..b":{"c":1},".a":{"b":{"c":1}}}"#, &[]),
            (r#"{"a":{"b":{"c":1,"c":2}},"a":{"b":{"c":3}}}"#, &["1", "2", "3"]),
        ] {
            let event_view = Event::parse(event.as_bytes()).unwrap();
            assert_eq!(event_view.field("a.b.c").iter().collect::<Vec<_>>(), expected, "{event}");
            assert_eq!(event_view.field("a.b.c"), event_view.root().field("a.b.c"), "remembered: {event}");
        }
    }

    #[test]
    fn an_odd_name_finds_nothing() {
        let event = Event::parse(br#"{"":1,"a":{"":2,"b":3},".":4}"#.as_slice()).unwrap();
        for name in ["", "a.", ".a", "a..b", "b", "a.b.c", "a.b."] {
            assert_eq!(event.field(name), Values::Null, "{name}");
        }
        assert_eq!(event.field("."), "4".into());
    }

    #[test]
    fn more_fields_than_are_remembered_are_found_all_the_same() {
        let names: Vec<&'static str> =
            (0..200).map(|number| &*Box::leak(format!("f{number}").into_boxed_str())).collect();
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\":\"{name}\"")).collect();
        let text = format!("{{{}}}", members.join(","));
        let event = Event::parse(text.as_bytes()).unwrap();
        for _ in 0..2 {
            for &name in &names {
                assert_eq!(event.field(name), name.into());
            }
        }
        // Two names in different places of memory are one.
        let again: &'static str = Box::leak("f7".to_owned().into_boxed_str());
        assert_eq!(event.field(again), "f7".into());
    }

    #[test]
    fn memory_that_was_given_back_holds_nothing_of_the_event_before() {
        let first = Event::parse(br#"{"a":{"b":[1,2,3]},"c":4}"#.as_slice()).unwrap();
        let second = Event::parse_reusing(br#"{"c":5}"#.as_slice().into(), first.into_scratch()).unwrap();
        assert_eq!((second.field("c"), second.field("a.b")), ("5".into(), Values::Null));
        assert_eq!(second.root().children().count(), 1);
    }

    #[test]
    fn values_say_what_they_are() {
        let event =
            Event::parse(r#" {"s":"ä\n","n":-1.50,"t":true,"z":null,"a":[[1],[]],"o":{"x":[]}} "#.as_bytes()).unwrap();
        let members: Vec<_> = event
            .root()
            .children()
            .map(|v| (v.name().into_owned(), v.kind(), v.json().to_owned(), v.text().map(Cow::into_owned)))
            .collect();
        let expected = [
            ("s", Kind::String, r#""ä\n""#, Some("ä\n")),
            ("n", Kind::Number, "-1.50", Some("-1.50")),
            ("t", Kind::Boolean, "true", Some("true")),
            ("z", Kind::Null, "null", None),
            ("a", Kind::Array, "[[1],[]]", None),
            ("o", Kind::Object, r#"{"x":[]}"#, None),
        ]
        .map(|(name, kind, json, text)| (name.to_owned(), kind, json.to_owned(), text.map(str::to_owned)));
        assert_eq!(members, expected);
        let array = event.root().children().nth(4).unwrap();
        assert_eq!(array.elements().iter().map(|v| v.json()).collect::<Vec<_>>(), ["1"]);
        assert_eq!(format!("{array:?}"), "[[1],[]]");
        assert_eq!(format!("{event:?}").trim(), event.root().json());
    }

    /// Every value with the dotted name that leads to it. Lists are no step of the way.
    fn named<'j>(value: &'j Json, name: &str, all: &mut Vec<(String, &'j Json)>) {
        match value {
            Json::Array(elements) => elements.iter().for_each(|element| match element {
                Json::Array(_) | Json::Object(_) => named(element, name, all),
                _ => {}
            }),
            Json::Object(members) => {
                for (own, value) in members.iter().filter(|(own, _)| !own.is_empty()) {
                    let name = if name.is_empty() { own.clone() } else { format!("{name}.{own}") };
                    all.push((name.clone(), value));
                    named(value, &name, all);
                }
            }
            _ => {}
        }
    }

    fn tree() -> impl Strategy<Value = Json> {
        let name = || prop::sample::select(vec!["a", "b", "a.b", "b.a", "", "a.", "ä"]);
        let leaf = prop_oneof![Just(Json::Null), any::<u8>().prop_map(Json::from), "[a-z.]{0,3}".prop_map(Json::from)];
        let value = leaf.prop_recursive(4, 24, 4, move |inner| {
            prop_oneof![
                1 => vec(inner.clone(), 0..4).prop_map(Json::from),
                2 => vec((name(), inner), 0..4).prop_map(|members| members.into_iter().collect::<Json>()),
            ]
        });
        vec((name(), value), 0..4).prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn finds_what_the_names_on_the_way_spell(tree in tree()) {
            let text = tree.to_string();
            let event = Event::parse(text.as_bytes()).unwrap();
            let mut all = Vec::new();
            named(&tree, "", &mut all);
            for name in ["a", "b", "a.b", "b.a", "a.b.a", "a.a.b.b", "a.", "ä", "ä.a", "a..b"] {
                let found: Vec<Json> =
                    event.root().at_name(name).iter().map(|v| serde_json::from_str(v.json()).unwrap()).collect();
                let expected: Vec<Json> =
                    all.iter().filter(|(own, _)| own == name).map(|(_, value)| (*value).clone()).collect();
                prop_assert_eq!(found, expected, "{} in {}", name, text);
            }
        }
    }
}
