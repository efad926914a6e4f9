//! Making a finding, and writing its columns as JSON, each as its kind demands.

use crate::event::Value;
use crate::scan::Kind;
use crate::values::write_json_string;
use crate::{Column, ColumnKind, Found, Severity, Values};

/// The longest id of an event that a finding may carry, in bytes.
pub const EVENT_ID_BYTES_MAX: usize = 255;

/// Something that a rule found in an event.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    columns: Vec<(String, Cell)>,
    severity: Option<Severity>,
    risk_score: Option<u8>,
    event_id: Option<String>,
}

/// What a column shows. Most of all a field's [`Values`]; also a [`Value`] as it lies in the event, a text, a number or a
/// truth.
#[derive(Debug, Clone, Default)]
pub struct Cell(Vec<Item>);

/// One value, as JSON, and what that is.
#[derive(Debug, Clone)]
struct Item {
    json: String,
    kind: Kind,
}

impl Finding {
    /// A finding with these columns. The order does not matter; one that is left out is null.
    pub fn new<'c, C: Into<Cell>>(columns: impl IntoIterator<Item = (&'c str, C)>) -> Self {
        let columns = columns.into_iter().map(|(name, cell)| (name.to_owned(), cell.into())).collect();
        Self { columns, ..Self::default() }
    }

    /// The same with one more column: for those that are not of the type of the others.
    pub fn with(mut self, name: &str, cell: impl Into<Cell>) -> Self {
        self.columns.push((name.to_owned(), cell.into()));
        self
    }

    /// Sets severity and risk score for this one event, higher or lower than the rule's own.
    pub fn rated(mut self, severity: Severity, risk_score: u8) -> Self {
        (self.severity, self.risk_score) = (Some(severity), Some(risk_score));
        self
    }

    /// Says which id the event has of its own. One longer than [`EVENT_ID_BYTES_MAX`] is left out.
    pub fn of_event(mut self, id: Option<&str>) -> Self {
        self.event_id = id.filter(|id| id.len() <= EVENT_ID_BYTES_MAX).map(str::to_owned);
        self
    }

    /// The finding as the contract has it: its columns in their order, each of its kind. `Err` names a column that the
    /// rule's metadata does not have.
    pub(crate) fn found(self, rule: u32, columns: &[Column]) -> Result<Found, String> {
        if let Some((name, _)) = self.columns.iter().find(|(name, _)| !columns.iter().any(|known| known.name == *name))
        {
            return Err(format!("a finding has the column `{name}`, which the rule's metadata does not name"));
        }
        let mut json = String::from("{");
        for (at, column) in columns.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            write_json_string(&column.name, &mut json);
            json.push(':');
            match self.columns.iter().find(|(name, _)| *name == column.name) {
                Some((_, cell)) => cell.write(column.kind, &mut json),
                None => json.push_str("null"),
            }
        }
        json.push('}');
        let Self { severity, risk_score, event_id, .. } = self;
        Ok(Found { rule, columns: json, severity, risk_score, event_id })
    }
}

impl Cell {
    /// Writes it as a column of this kind. What does not fit into the kind is left out: events come from outside, and an
    /// odd value must not cost the finding.
    fn write(&self, kind: ColumnKind, json: &mut String) {
        let fits = |item: &&Item| match kind {
            ColumnKind::Text => matches!(item.kind, Kind::String | Kind::Number | Kind::Boolean),
            ColumnKind::Number => item.kind == Kind::Number,
            ColumnKind::Boolean => item.kind == Kind::Boolean,
            ColumnKind::List => true,
            ColumnKind::Object => item.kind == Kind::Object,
        };
        let mut items = self.0.iter().filter(fits);
        let write = |item: &Item, json: &mut String| match item.kind {
            Kind::Number | Kind::Boolean if kind == ColumnKind::Text => write_json_string(&item.json, json),
            _ => json.push_str(&item.json),
        };
        match (items.clone().count(), kind) {
            (0, ColumnKind::List) if self.0.is_empty() => json.push_str("null"),
            (0, kind) if kind != ColumnKind::List => json.push_str("null"),
            (1, kind) if kind != ColumnKind::List => items.by_ref().for_each(|item| write(item, json)),
            _ => {
                json.push('[');
                for (at, item) in items.enumerate() {
                    if at > 0 {
                        json.push(',');
                    }
                    write(item, json);
                }
                json.push(']');
            }
        }
    }
}

impl From<Values<'_>> for Cell {
    fn from(values: Values<'_>) -> Self {
        Self(values.texts().map(|(text, kind)| Item::scalar(text, kind)).collect())
    }
}

impl From<Value<'_>> for Cell {
    fn from(value: Value<'_>) -> Self {
        match value.kind() {
            Kind::Null => Self::default(),
            Kind::Array => Self(value.children().map(Item::of).collect()),
            _ => Self(vec![Item::of(value)]),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(vec![Item::scalar(text, Kind::String)])
    }
}

impl From<bool> for Cell {
    fn from(truth: bool) -> Self {
        Self(vec![Item::scalar(if truth { "true" } else { "false" }, Kind::Boolean)])
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self(vec![Item::scalar(&number.to_string(), Kind::Number)])
    }
}

/// A list, also of a single value or of none.
impl<T: Into<Cell>> FromIterator<T> for Cell {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().flat_map(|value| value.into().0).collect())
    }
}

impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::default, Into::into)
    }
}

impl Item {
    fn scalar(text: &str, kind: Kind) -> Self {
        if kind != Kind::String {
            return Self { json: text.to_owned(), kind };
        }
        let mut json = String::new();
        write_json_string(text, &mut json);
        Self { json, kind }
    }

    fn of(value: Value<'_>) -> Self {
        Self { json: value.json().to_owned(), kind: value.kind() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Event;

    fn columns(finding: Finding, columns: &[Column]) -> String {
        finding.found(0, columns).unwrap().columns
    }

    #[test]
    fn writes_the_columns_in_the_order_of_the_metadata() {
        let many = ["1", "2"].into_iter().collect::<Values<'_>>();
        let finding = Finding::new([("c", many), ("b", "x\"\n".into())]);
        let written = columns(finding, &["b".into(), "a \"".into(), "c".into()]);
        assert_eq!(written, r#"{"b":"x\"\n","a \"":null,"c":["1","2"]}"#);
        assert_eq!(columns(Finding::default(), &[]), "{}");
    }

    #[test]
    fn writes_each_column_as_its_kind() {
        let event = br#"{"t":["x",1,true],"n":[80,"81",8.50],"one":443,"b":true,"o":{"p":[1]},"z":null,"none":[]}"#;
        let event = Event::parse(event.as_slice()).unwrap();
        for (field, kind, expected) in [
            ("t", ColumnKind::Text, r#"["x","1","true"]"#),
            ("t", ColumnKind::List, r#"["x",1,true]"#),
            ("n", ColumnKind::Number, "[80,8.50]"),
            ("one", ColumnKind::Number, "443"),
            ("one", ColumnKind::Text, "\"443\""),
            ("one", ColumnKind::List, "[443]"),
            ("b", ColumnKind::Boolean, "true"),
            ("b", ColumnKind::Number, "null"),
            ("z", ColumnKind::List, "null"),
            ("z", ColumnKind::Text, "null"),
        ] {
            let finding = Finding::new([("c", event.field(field))]);
            let written = columns(finding, &[Column::new("c", kind)]);
            assert_eq!(written, format!("{{\"c\":{expected}}}"), "{field} as {kind:?}");
        }
        for (member, kind, expected) in [
            ("o", ColumnKind::Object, r#"{"p":[1]}"#),
            ("o", ColumnKind::List, r#"[{"p":[1]}]"#),
            ("o", ColumnKind::Text, "null"),
            ("none", ColumnKind::List, "null"),
            ("n", ColumnKind::List, r#"[80,"81",8.50]"#),
        ] {
            let value = event.root().children().find(|value| value.name() == member).unwrap();
            let written = columns(Finding::default().with("c", value), &[Column::new("c", kind)]);
            assert_eq!(written, format!("{{\"c\":{expected}}}"), "{member} as {kind:?}");
        }
        let own = Finding::default().with("a", true).with("b", -3).with("c", "x").with("d", None::<&str>);
        let own = own.with("e", [22_i64, 80].into_iter().collect::<Cell>());
        let kinds = [Column::boolean("a"), Column::number("b"), "c".into(), Column::list("d"), Column::list("e")];
        assert_eq!(columns(own, &kinds), r#"{"a":true,"b":-3,"c":"x","d":null,"e":[22,80]}"#);
    }

    #[test]
    fn refuses_a_column_that_nobody_promised() {
        let misspelt = Finding::new([("user", "alice")]).found(0, &["usr".into()]);
        assert!(misspelt.unwrap_err().contains("`user`"));
    }

    #[test]
    fn rates_and_names_the_event() {
        let found = Finding::default().rated(Severity::High, 73).of_event(Some("e-1")).found(3, &[]).unwrap();
        assert_eq!((found.rule, found.severity, found.risk_score), (3, Some(Severity::High), Some(73)));
        assert_eq!(found.event_id.as_deref(), Some("e-1"));
        let long = "x".repeat(EVENT_ID_BYTES_MAX + 1);
        assert_eq!(Finding::default().of_event(Some(&long)).found(0, &[]).unwrap().event_id, None);
    }
}
