//! Three rules in one component: one with two needles, one with a setting, one that sees every event.

use trommel_rule::{Event, Finding, Metadata, Rule, SettingError, Settings, Severity};

trommel_rule::export!(Fruit, Colour, Every);

fn metadata(id: &str, columns: &[&str], needles: &[&str]) -> Metadata {
    let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    Metadata {
        id: id.into(),
        name: format!("Test rule {id}"),
        version: "1.0.0".into(),
        columns: columns.iter().map(|&name| name.into()).collect(),
        needles: list(needles),
        ..Metadata::default()
    }
}

/// Finds events whose field `fruit` is `apple` or `pear`.
#[derive(Debug, Default)]
pub struct Fruit;

impl Rule for Fruit {
    fn describe() -> Metadata {
        metadata("fruit", &["fruit"], &["apple", "pear"])
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        let fruit = event.field("fruit");
        if matches!(fruit.single(), Some("apple" | "pear")) {
            findings.push(Finding::new([("fruit", fruit)]));
        }
    }
}

/// Finds events whose field `colour` is the setting `colour`: red, or else green.
#[derive(Debug, Default)]
pub struct Colour {
    green: bool,
}

impl Rule for Colour {
    fn describe() -> Metadata {
        Metadata { severity: Severity::Medium, ..metadata("colour", &["colour", "size"], &["red", "green"]) }
    }

    fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        let green = settings.choice("colour", "Which colour to find.", &["red", "green"]) == 1;
        settings.finish().map(|()| Self { green })
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        let colour = event.field("colour");
        if colour.equals(if self.green { "green" } else { "red" }).holds() {
            let finding = Finding::new([("colour", colour), ("size", event.field("size"))]);
            let large = event.field("size").equals("large").holds();
            findings.push(if large { finding.rated(Severity::Critical, 99) } else { finding });
        }
    }
}

/// Finds events whose field `every` is true. It has no needles.
#[derive(Debug, Default)]
pub struct Every;

impl Rule for Every {
    fn describe() -> Metadata {
        metadata("every", &[], &[])
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        if event.field("every").equals("true").holds() {
            findings.push(Finding::default());
        }
    }
}
