//! Lists of objects, gone through with what belongs together kept together.

use crate::event::{Event, Value};

impl<'v> Value<'v> {
    /// The elements of the list to which the dotted name leads, each with all that belongs to it.
    ///
    /// A field below a list has the values of all its elements, and no longer says which belong together. Here they
    /// stay together. A value that is no list is its own only element; lists in lists are gone through.
    ///
    /// ```
    /// use trommel_rule::Event;
    ///
    /// let event = br#"{"permissions":{"items":[
    ///     {"port":443,"ranges":[{"cidr":"0.0.0.0/0"}]},
    ///     {"port":22,"ranges":[{"cidr":"10.0.0.0/8"},{"cidr":"192.0.2.0/24"}]}
    /// ]}}"#;
    /// let event = Event::parse(event.as_slice()).unwrap();
    /// // Is port 22 open to the world? By fields alone it would seem so.
    /// let open = event.each("permissions.items").filter(|permission| permission.field("port").equals("22").holds());
    /// let mut ranges = open.flat_map(|permission| permission.each("ranges"));
    /// assert!(!ranges.any(|range| range.field("cidr").equals("0.0.0.0/0").holds()));
    /// ```
    pub fn each(self, name: &str) -> impl Iterator<Item = Self> + use<'v> {
        self.at_name(name).into_iter().flat_map(Self::elements)
    }
}

impl Event<'_> {
    /// The elements of the list to which the dotted name leads: see [`Value::each`].
    pub fn each(&self, name: &str) -> impl Iterator<Item = Value<'_>> {
        self.root().each(name)
    }
}
