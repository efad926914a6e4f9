//! An object of a record: what was asked for, what was answered, who called.

use super::record::Record;
use crate::event::Value;
use crate::values::Values;

/// An object of a record, asked for fields, whether it arrives as an object, as JSON text, as Java's text of a map, or
/// as fields with dotted names.
#[derive(Debug, Clone, Copy)]
pub struct Part<'e> {
    record: Record<'e>,
    name: &'static str,
}

impl<'e> Part<'e> {
    pub(super) fn new(record: Record<'e>, name: &'static str) -> Self {
        Self { record, name }
    }

    /// The values of the field with this dotted name. An empty text is none, as Elastic's integration drops it.
    pub fn field(&self, name: &str) -> Values<'e> {
        let mut places = self.at_name(name);
        places.retain(|value| value.text().as_deref() != Some(""));
        Values::at(places)
    }

    /// Every place to which the dotted name leads.
    pub fn at_name(&self, name: &str) -> Vec<Value<'e>> {
        self.record.find(&[self.name, ".", name].concat())
    }

    /// The elements of the list to which the dotted name leads, each with all that belongs to it: see [`Value::each`].
    pub fn each(&self, name: &str) -> impl Iterator<Item = Value<'e>> + use<'e> {
        self.at_name(name).into_iter().flat_map(Value::elements)
    }
}
