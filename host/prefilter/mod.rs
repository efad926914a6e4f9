//! Telling the events that can matter from those that cannot, by their bytes alone.
//!
//! An event can matter to a rule if it holds one of the rule's needles, or an escape that could hide one. The contract
//! says which escapes could; see `needles` in `wit/event-filter.wit`.

mod bits;
mod many;

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, packed};
use memchr::memmem;

pub use bits::RuleSet;
use many::Many;

/// The longest needle.
pub const NEEDLE_BYTES_MAX: usize = 255;
/// The most bytes that the needles of a component may have together: what finds them takes some hundred times as much.
pub const NEEDLES_BYTES_MAX: usize = 256 << 10;

/// Whether a text may be a needle.
pub(crate) fn is_needle(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    (1..=NEEDLE_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The needles of all the rules of a run.
#[derive(Debug)]
pub struct Needles {
    /// What in a block can matter: together they find every needle, and every escape that may hide one.
    searches: Vec<Search>,
    /// Finds all the needles of an event, also where they overlap.
    all: AhoCorasick,
    /// The rules of each needle: where they begin in `rules`, and at last where all end.
    starts: Vec<u32>,
    rules: Vec<u32>,
    /// The rules that must see every event.
    see_all: RuleSet,
    /// The rules that are enabled.
    enabled: RuleSet,
}

#[derive(Debug)]
enum Search {
    Needle(Box<memmem::Finder<'static>>),
    Group(packed::Searcher),
    Many(Many),
    Automaton(AhoCorasick),
    Escapes(Box<Escapes>),
}

impl Search {
    fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Needle(finder) => finder.find(text),
            Self::Group(group) => group.find(text).map(|found| found.start()),
            Self::Many(many) => many.find(text),
            Self::Automaton(automaton) => automaton.find(text).map(|found| found.start()),
            Self::Escapes(escapes) => escapes.find(text),
        }
    }
}

/// How many needles are found at once by vector instructions.
const GROUP_NEEDLES_MAX: usize = 64;
/// More groups than this, each with a pass of its own, are slower than one pass that skips most of the text.
const GROUPS_MAX: usize = 4;

impl Needles {
    /// Takes the needles of each rule, in the order of the rules' numbers; `None` for one that is disabled. A rule
    /// without needles must see every event.
    pub fn new<'n>(rules: impl IntoIterator<Item = Option<&'n [String]>>) -> Self {
        let rules: Vec<_> = rules.into_iter().collect();
        let (mut see_all, mut enabled) = (RuleSet::new(rules.len()), RuleSet::new(rules.len()));
        let mut owners = BTreeMap::<&str, Vec<u32>>::new();
        for (number, needles) in rules.iter().enumerate() {
            let Some(needles) = needles else { continue };
            enabled.insert(number);
            if needles.is_empty() {
                see_all.insert(number);
            }
            for needle in *needles {
                let owners = owners.entry(needle).or_default();
                if owners.last() != Some(&(number as u32)) {
                    owners.push(number as u32);
                }
            }
        }
        let needles: Vec<&str> = owners.keys().copied().collect();
        let all = automaton(&needles);
        let mut searches = match *needles.as_slice() {
            [] => Vec::new(),
            [needle] => vec![Search::Needle(Box::new(memmem::Finder::new(needle).into_owned()))],
            _ => groups(&needles).unwrap_or_else(|| {
                vec![Many::new(&needles).map_or_else(|| Search::Automaton(all.clone()), Search::Many)]
            }),
        };
        searches.push(Search::Escapes(Box::new(Escapes::hiding(needles.iter().copied()))));
        let (mut starts, mut rules) = (vec![0], Vec::new());
        for owners in owners.values() {
            rules.extend_from_slice(owners);
            starts.push(rules.len() as u32);
        }
        Self { searches, all, starts, rules, see_all, enabled }
    }

    /// The rules that are enabled.
    pub fn enabled(&self) -> &RuleSet {
        &self.enabled
    }

    /// Whether some rule must see every event, so that no search can skip one.
    pub fn see_all(&self) -> bool {
        !self.see_all.is_empty()
    }

    /// Goes through a text, from one place to the next that can matter to a rule that need not see every event.
    pub fn scan<'s>(&'s self, text: &'s [u8]) -> Scan<'s> {
        let next = self.searches.iter().map(|search| search.find(text)).collect();
        Scan { needles: self, text, next }
    }

    /// Makes `rules` those to which this event can matter.
    pub fn concerned(&self, event: &[u8], rules: &mut RuleSet) {
        rules.clone_from(&self.see_all);
        if self.starts.len() == 1 {
            return;
        }
        let (mut found, mut hidden) = (false, false);
        for search in &self.searches {
            let Some(_) = search.find(event) else { continue };
            found = true;
            hidden |= matches!(search, Search::Escapes(_));
        }
        if hidden {
            rules.union(&self.enabled);
        } else if found {
            for found in self.all.find_overlapping_iter(event) {
                let needle = found.pattern().as_usize();
                let owners = self.starts[needle] as usize..self.starts[needle + 1] as usize;
                self.rules[owners].iter().for_each(|rule| rules.insert(*rule as usize));
            }
        }
    }
}

/// A way through a text. Each search goes over each byte once, however often the others find something.
pub struct Scan<'s> {
    needles: &'s Needles,
    text: &'s [u8],
    /// What each search found last. `None`: there is nothing more.
    next: Vec<Option<usize>>,
}

impl Scan<'_> {
    /// The first place from `at` on that can matter. `at` must not be before that of an earlier call.
    pub fn next(&mut self, at: usize) -> Option<usize> {
        let mut first = None;
        for (search, next) in self.needles.searches.iter().zip(&mut self.next) {
            if next.is_some_and(|next| next < at) {
                *next = search.find(&self.text[at..]).map(|found| at + found);
            }
            first = first.into_iter().chain(*next).min();
        }
        first
    }
}

/// Searches for needles by vector instructions. `None` where the processor has none that serve, or for too many needles.
fn groups(needles: &[&str]) -> Option<Vec<Search>> {
    let groups = needles.chunks(GROUP_NEEDLES_MAX);
    if groups.len() > GROUPS_MAX {
        return None;
    }
    groups.map(|group| packed::Searcher::new(group).map(Search::Group)).collect()
}

/// Needles of up to this many bytes together get an automaton that is twice as fast and takes some hundred times as much memory.
const DENSE_BYTES_MAX: usize = 4 << 10;

fn automaton(needles: &[&str]) -> AhoCorasick {
    // The fastest kind where it is small; else the one that is built the fastest of those that are fast.
    let bytes: usize = needles.iter().map(|needle| needle.len()).sum();
    let kind = if bytes <= DENSE_BYTES_MAX { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA };
    let builder = AhoCorasick::builder().kind(Some(kind)).prefilter(false).build(needles);
    builder.expect("needles are few and short: metadata is bounded")
}

/// The escapes that may hide a needle.
#[derive(Debug)]
pub(crate) struct Escapes {
    /// Finds what each of them begins with.
    start: memmem::Finder<'static>,
    /// Finds an escaped slash, where a needle holds a slash.
    slash: Option<memmem::Finder<'static>>,
    /// The ASCII characters whose escape may hide a needle.
    hidden: [bool; 128],
}

impl Escapes {
    pub(crate) fn hiding<'n>(needles: impl Iterator<Item = &'n str>) -> Self {
        let mut hidden = [false; 128];
        for byte in needles.flat_map(str::bytes).chain(*br"\u0123456789abcdefABCDEF") {
            hidden[usize::from(byte & 0x7F)] = true;
        }
        let slash = hidden[usize::from(b'/')].then(|| memmem::Finder::new(r"\/"));
        Self { start: memmem::Finder::new(r"\u00"), slash, hidden }
    }

    /// The ASCII characters whose escape may hide a needle, and whether an escaped slash may.
    #[cfg(feature = "build")]
    pub(crate) fn characters(&self) -> ([bool; 128], bool) {
        (self.hidden, self.slash.is_some())
    }

    fn find(&self, text: &[u8]) -> Option<usize> {
        let hides = |at: &usize| {
            let digit = |at: usize| text.get(at).and_then(|&digit| char::from(digit).to_digit(16));
            let (Some(high), Some(low)) = (digit(at + 4), digit(at + 5)) else { return false };
            self.hidden.get((high * 16 + low) as usize) == Some(&true)
        };
        let escape = self.start.find_iter(text).find(hides);
        let slash = self.slash.as_ref().and_then(|slash| slash.find(&text[..escape.unwrap_or(text.len())]));
        slash.or(escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(rules: &[&[&str]]) -> Needles {
        let owned: Vec<Vec<String>> = rules.iter().map(|needles| needles.iter().map(|&n| n.into()).collect()).collect();
        Needles::new(owned.iter().map(|needles| Some(needles.as_slice())))
    }

    #[test]
    fn what_a_needle_is() {
        for good in ["a", "Modify<Snapshot>", "ec2.amazonaws.com", "a/b", &"x".repeat(255)] {
            assert!(is_needle(good), "{good}");
        }
        for bad in ["", "a b", "a\"", "a\\", "ä", "a\n", "\u{7f}", &"x".repeat(256)] {
            assert!(!is_needle(bad), "{bad}");
        }
    }

    #[test]
    fn finds_needles_and_what_may_hide_them() {
        let one = needles(&[&["Modify"]]);
        for (text, at) in [
            (r#"{"a":"Modify"}"#, Some(6)),
            (r#"{"a":"modify"}"#, None),
            (r#"{"a":"Mod\u0069fy"}"#, Some(9)),
            (r#"{"a":"Mod\u0069FY Modify"}"#, Some(9)),
            (r#"{"a":"\u004dodify"}"#, Some(6)),
            (r#"{"a":"\u004Dodify"}"#, Some(6)),
            (r#"{"a":"{\"b\":\"Mod\\u0069fy\"}"}"#, Some(19)),
            (r#"{"a":"Mod\u005cu0069fy"}"#, Some(9)),
            (r#"{"a":"Mod\\\u00750069fy"}"#, Some(11)),
            (r#"{"a":"Mod\\u\u0030069fy"}"#, Some(12)),
            (r#"{"a":"Mod\\u00\u0036\u0039fy"}"#, Some(14)),
            // Go writes these in ordinary text.
            (r#"{"a":"\u003ca\u003e \u0026 \u2028 \u0022 \u000a"}"#, None),
            (r#"{"a":"\/ \n"}"#, None),
            (r#"\u00"#, None),
            (r#"\u006"#, None),
        ] {
            assert_eq!(one.scan(text.as_bytes()).next(0), at, "{text}");
        }
        let slash = needles(&[&["a/b<"]]);
        assert_eq!(slash.scan(br#"{"x":"a\/b<"}"#).next(0), Some(7));
        assert_eq!(slash.scan(br#"{"x":"a/b\u003c"}"#).next(0), Some(9));
        assert_eq!(slash.scan(br#"{"x":"a/b\u003e"}"#).next(0), None);
    }

    #[test]
    fn knows_whom_an_event_concerns() {
        let many = needles(&[&["one"], &["two", "three"], &["thr", "thr"], &["four"], &[], &["none"]]);
        let mut rules = RuleSet::default();
        for (text, expected) in [
            ("one", &[0_usize, 4] as &[usize]),
            ("three", &[1, 2, 4]),
            ("", &[4]),
            ("none", &[0, 4, 5]),
            ("n\\u006fne", &[0, 1, 2, 3, 4, 5]),
        ] {
            many.concerned(text.as_bytes(), &mut rules);
            assert_eq!(rules.within(0..6).collect::<Vec<_>>(), expected, "{text}");
        }
        assert!(many.see_all());
        assert!(!needles(&[&["a"], &["b"]]).see_all());
        assert!(needles(&[]).scan(b"x").next(0).is_none());
    }

    #[test]
    fn a_disabled_rule_is_never_concerned() {
        let (one, none) = (["one".to_owned()], []);
        let some = Needles::new([Some(&one[..]), None, Some(&none), None]);
        let mut rules = RuleSet::default();
        for (text, expected) in [("one", &[0_usize, 2] as &[usize]), ("two", &[2]), ("\\u006f", &[0, 2])] {
            some.concerned(text.as_bytes(), &mut rules);
            assert_eq!(rules.within(0..4).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn thousands_of_needles_are_found_as_a_few_are() {
        let words: Vec<String> = (0..5000).map(|number| format!("needle{number}.")).collect();
        let rules: Vec<[String; 1]> = words.iter().map(|word| [word.clone()]).collect();
        let many = Needles::new(rules.iter().map(|needles| Some(&needles[..])));
        let mut concerned = RuleSet::default();
        for number in [0, 17, 4999] {
            let text = format!("aaaa {}", words[number]);
            assert_eq!(many.scan(text.as_bytes()).next(0), Some(5));
            many.concerned(text.as_bytes(), &mut concerned);
            assert_eq!(concerned.within(0..5000).collect::<Vec<_>>(), [number]);
        }
        many.concerned(b"needle5000.", &mut concerned);
        assert!(concerned.is_empty());
    }
}
