//! Names of fields that are not known before a rule is configured.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Keeps the name of a field for as long as the component lives, the same text always at the same place.
///
/// [`Event::field`](crate::Event::field) remembers what it found by names that live as long. A rule that gets them from
/// its settings, or is made of data, has them kept once, when it is configured.
///
/// ```
/// use trommel_rule::{Event, name};
///
/// let from_settings = String::from("source.ip");
/// let field = name(&from_settings);
/// let event = Event::parse(br#"{"source":{"ip":"192.0.2.1"}}"#.as_slice()).unwrap();
/// assert_eq!(event.field(field), "192.0.2.1".into());
/// assert!(std::ptr::eq(field, name("source.ip")));
/// ```
pub fn name(text: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into());
    names.insert(kept);
    kept
}
