//! Telling the events that can matter from those that cannot, by their bytes alone.
//!
//! An event can matter to a component if it holds a needle of one of its rules, or an escape that could hide one. The
//! contract says which escapes could; see `needles` in `wit/event-filter.wit`.

use aho_corasick::{AhoCorasick, AhoCorasickKind, packed};
use memchr::memmem;

/// The longest needle.
pub const NEEDLE_BYTES_MAX: usize = 255;
/// The most bytes that the needles of a component may have together: what finds them takes some hundred times as much.
pub const NEEDLES_BYTES_MAX: usize = 256 << 10;

/// Whether a text may be a needle.
pub(crate) fn is_needle(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    (1..=NEEDLE_BYTES_MAX).contains(&text.len()) && text.bytes().all(plain)
}

/// The needles of all the rules of all the components.
#[derive(Debug)]
pub struct Needles {
    /// What in a block can matter: together they find every needle, and every escape that may hide one.
    searches: Vec<Search>,
    /// Finds all the needles of an event, also where they overlap, and by its number the component whose it is.
    all: AhoCorasick,
    /// The component of each needle.
    owners: Vec<u32>,
    /// For each component whether it must see every event.
    sees_all: Vec<bool>,
}

#[derive(Debug)]
enum Search {
    Needle(Box<memmem::Finder<'static>>),
    Group(packed::Searcher),
    Many(AhoCorasick),
    Escapes(Box<Escapes>),
}

impl Search {
    fn find(&self, text: &[u8]) -> Option<usize> {
        match self {
            Self::Needle(finder) => finder.find(text),
            Self::Group(group) => group.find(text).map(|found| found.start()),
            Self::Many(automaton) => automaton.find(text).map(|found| found.start()),
            Self::Escapes(escapes) => escapes.find(text),
        }
    }
}

/// So many needles are found at once by vector instructions.
const GROUP_NEEDLES_MAX: usize = 64;
/// More groups than this, each with a pass of its own, are slower than one automaton.
const GROUPS_MAX: usize = 8;

impl Needles {
    /// Takes the needles of each component: those of each of its rules. A rule without needles must see every event.
    pub fn new<'n>(components: impl IntoIterator<Item = Vec<&'n [String]>>) -> Self {
        let (mut needles, mut owners, mut sees_all) = (Vec::new(), Vec::new(), Vec::new());
        for (number, rules) in components.into_iter().enumerate() {
            sees_all.push(rules.iter().any(|rule| rule.is_empty()));
            for needle in rules.into_iter().flatten() {
                needles.push(needle.as_str());
                owners.push(number as u32);
            }
        }
        let all = automaton(&needles);
        let mut searches = match *needles.as_slice() {
            [] => Vec::new(),
            [needle] => vec![Search::Needle(Box::new(memmem::Finder::new(needle).into_owned()))],
            _ => groups(&needles).unwrap_or_else(|| vec![Search::Many(all.clone())]),
        };
        searches.push(Search::Escapes(Box::new(Escapes::hiding(needles.iter().copied()))));
        Self { searches, all, owners, sees_all }
    }

    /// Whether some component must see every event, so that no search can skip one.
    pub fn see_all(&self) -> bool {
        self.sees_all.contains(&true)
    }

    /// Goes through a text, from one place to the next that can matter to a component that need not see every event.
    pub fn scan<'s>(&'s self, text: &'s [u8]) -> Scan<'s> {
        let next = self.searches.iter().map(|search| search.find(text)).collect();
        Scan { needles: self, text, next }
    }

    /// Marks the components to which this event can matter.
    pub fn concerned(&self, event: &[u8], components: &mut Vec<bool>) {
        components.clone_from(&self.sees_all);
        let mut found = self.searches.iter().filter(|search| search.find(event).is_some()).peekable();
        if found.peek().is_none() {
            return;
        }
        if found.any(|search| matches!(search, Search::Escapes(_))) {
            components.fill(true);
            return;
        }
        for found in self.all.find_overlapping_iter(event) {
            components[self.owners[found.pattern().as_usize()] as usize] = true;
        }
    }

    /// Whether one of these whole lines can matter to the component.
    pub(crate) fn concern(&self, lines: &[u8], component: usize) -> bool {
        let blank = || lines.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        if self.sees_all[component] {
            return !blank();
        }
        let mut components = Vec::new();
        self.concerned(lines, &mut components);
        components[component]
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

fn automaton(needles: &[&str]) -> AhoCorasick {
    // The kind that is built the fastest of those that are fast: mostly it looks at few events.
    let builder = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).prefilter(false).build(needles);
    builder.expect("needles are few and short: metadata is bounded")
}

/// Whether an event can matter to one rule with these needles.
pub(crate) fn concerns(event: &[u8], needles: &[String]) -> bool {
    needles.is_empty()
        || needles.iter().any(|needle| memmem::find(event, needle.as_bytes()).is_some())
        || Escapes::hiding(needles.iter().map(String::as_str)).find(event).is_some()
}

/// The escapes that may hide a needle.
#[derive(Debug)]
struct Escapes {
    /// Finds what each of them begins with.
    start: memmem::Finder<'static>,
    /// Finds an escaped slash, where a needle holds a slash.
    slash: Option<memmem::Finder<'static>>,
    /// The ASCII characters whose escape may hide a needle.
    hidden: [bool; 128],
}

impl Escapes {
    fn hiding<'n>(needles: impl Iterator<Item = &'n str>) -> Self {
        let mut hidden = [false; 128];
        for byte in needles.flat_map(str::bytes).chain(*br"\u0123456789abcdefABCDEF") {
            hidden[usize::from(byte & 0x7F)] = true;
        }
        let slash = hidden[usize::from(b'/')].then(|| memmem::Finder::new(r"\/"));
        Self { start: memmem::Finder::new(r"\u00"), slash, hidden }
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

    fn needles(components: &[&[&[&str]]]) -> Needles {
        let owned: Vec<Vec<Vec<String>>> = components
            .iter()
            .map(|rules| rules.iter().map(|needles| needles.iter().map(|&n| n.into()).collect()).collect())
            .collect();
        Needles::new(owned.iter().map(|rules| rules.iter().map(Vec::as_slice).collect()))
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
        let one = needles(&[&[&["Modify"]]]);
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
        let slash = needles(&[&[&["a/b<"]]]);
        assert_eq!(slash.scan(br#"{"x":"a\/b<"}"#).next(0), Some(7));
        assert_eq!(slash.scan(br#"{"x":"a/b\u003c"}"#).next(0), Some(9));
        assert_eq!(slash.scan(br#"{"x":"a/b\u003e"}"#).next(0), None);
    }

    #[test]
    fn knows_whom_an_event_concerns() {
        let many = needles(&[&[&["one"], &["two", "three"]], &[&["thr"]], &[&["four"], &[]], &[&["none"]]]);
        let mut components = Vec::new();
        for (text, expected) in [
            ("one", [true, false, true, false]),
            ("three", [true, true, true, false]),
            ("", [false, false, true, false]),
            ("n\\u006fne", [true, true, true, true]),
        ] {
            many.concerned(text.as_bytes(), &mut components);
            assert_eq!(components, expected, "{text}");
        }
        assert!(many.see_all());
        assert!(!needles(&[&[&["a"]], &[&["b"]]]).see_all());
        assert!(needles(&[]).scan(b"x").next(0).is_none());
    }
}
