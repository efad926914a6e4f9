//! What UDM keeps under labels, as it has no field for it.

use crate::cache::Chain;
use crate::event::{Event, Place, Value};
use crate::names::{self, Compare};
use crate::scan::Kind;

/// Lists of `key` and `value`, or an object of names.
const PLACES: [&str; 5] = [
    "target.resource.attribute.labels",
    "principal.user.attribute.labels",
    "principal.resource.attribute.labels",
    "securityResult.detectionFields",
    "additional.fields",
];

/// Of how many records of an event the labels are kept.
const RECORDS_MAX: usize = 64;

/// The values under each label, by its letters, for each record.
#[derive(Default)]
struct Labels(Chain<(Place, Vec<Label>)>);

type Label = (String, Place);

/// What the record has under CloudTrail's name.
///
/// The label may be the name, the name without its first part, or its last three parts or more: `Add Items Group` is
/// `requestParameters.createVolumePermission.add.items.group`.
pub(super) fn find<'e>(event: &'e Event<'e>, record: Value<'e>, name: &str) -> Vec<Value<'e>> {
    let starts = std::iter::once(0).chain(name.match_indices('.').map(|(at, _)| at + 1));
    let ends = starts.enumerate().map(|(parts, at)| (parts, &name[at..]));
    let ends = ends.filter(|(parts, end)| *parts < 2 || end.split('.').count() >= 3);
    let ends: Vec<String> = ends.map(|(_, end)| names::letters(end)).collect();
    let found = |labels: &[Label]| {
        let named = labels.iter().filter(|(name, _)| ends.contains(name));
        named.map(|(_, place)| event.value(*place)).collect()
    };
    let kept = &event.cache.get(Labels::default).0;
    match kept.get(RECORDS_MAX, |(place, _)| *place == record.place(), || (record.place(), read(event, record))) {
        Some((_, labels)) => found(labels),
        None => found(&read(event, record)),
    }
}

fn read(event: &Event<'_>, record: Value<'_>) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut add = |name: &str, value: Value<'_>| {
        // A value may be an object that says of what kind it is.
        let value = if value.kind() == Kind::Object { value.children().next() } else { Some(value) };
        labels.extend(value.map(|value| (names::letters_without_positions(name), value.place())));
    };
    for place in PLACES {
        let lists = names::find(event, record, place, Compare::ByLetters).into_iter().filter(|list| event.holds(*list));
        for label in lists.flat_map(Value::elements) {
            let member = |wanted| label.all_children().into_iter().find(|member| member.name() == wanted);
            match (member("key").and_then(Value::text), member("value")) {
                (Some(key), Some(value)) => add(&key, value),
                _ => label.all_children().into_iter().for_each(|member| add(&member.name(), member)),
            }
        }
    }
    labels
}
