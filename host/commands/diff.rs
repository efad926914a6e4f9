//! `trommel diff`: says what an update changes, before it runs.

use std::cmp::Ordering;
use std::fmt::Display;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::Value;
use trommel::cases::Case;
use trommel::diagnostics::printable;
use trommel::metadata::Metadata;

use super::profile::{Profile, Signed};
use super::sandbox::SandboxArguments;
use crate::messages::{self, Exit};

/// Shows what an update of a rule changes, before it runs.
///
/// Both are loaded as `run` loads them; no event is judged. `+` is what NEW has more, `-` what it has no longer. Prints
/// nothing where nothing differs.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel diff share-1.0.0.wasm share-1.1.0.wasm
  trommel diff --signers allowed_signers share.wasm ghcr.io/acme/share:1.1.0")]
pub(crate) struct Arguments {
    /// What runs now: a component, or whatever else `run --rule` takes.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// What is to run.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { old, new, sandbox } = arguments;
    let signers = sandbox.signers()?;
    let rules = [old, new];
    let loaded = sandbox.load_with(&rules, None, |found, component| (found, component))?;
    let mut profiles = rules.iter().zip(loaded).map(|(rule, (found, component))| {
        Profile::new(rule.to_string_lossy().into_owned(), &found, component, signers.as_ref())
    });
    let (old, new) = (profiles.next().expect("two"), profiles.next().expect("two"));
    let text: String = changes(&old, &new).into_iter().map(|line| line + "\n").collect();
    messages::answer(&text).context("<stdout>")?;
    Ok(Exit::AllWell)
}

/// All that differs, a line each; of each rule below its id.
fn changes(old: &Profile, new: &Profile) -> Vec<String> {
    let mut lines = Vec::new();
    if old.digest == new.digest {
        return lines;
    }
    let mut component = Changes::default();
    component.change("digest", old.digest, new.digest);
    component.change("size", old.component.size(), new.component.size());
    component.change("interface", printable(&old.interface), printable(&new.interface));
    component.lists("imports", old.component.imports(), new.component.imports());
    match (&old.signed, &new.signed) {
        (Ok(before), Ok(after)) if !before.is_empty() && !after.is_empty() => {
            let texts = |signed: &[Signed]| signed.iter().map(Signed::to_string).collect::<Vec<_>>();
            component.lists("signed by", &texts(before), &texts(after));
        }
        _ => component.change("signed by", old.signed_by(), new.signed_by()),
    }
    match (&old.tests, &new.tests) {
        (Ok(before), Ok(after)) => component.tests(before, after),
        _ => component.change("tests", old.tests(), new.tests()),
    }
    lines.extend(component.0);
    let (before, after) = (old.component.rules(), new.component.rules());
    let named = |rules: &[Metadata], id: &str| rules.iter().position(|rule| rule.id == id);
    for rule in before.iter().filter(|rule| named(after, &rule.id).is_none()) {
        lines.push(format!("- rule {}: {}", printable(&rule.id), printable(&rule.name)));
    }
    for rule in after {
        let Some(at) = named(before, &rule.id) else {
            let (severity, name) = (rule.severity, printable(&rule.name));
            lines.push(format!("+ rule {}, {severity}: {name}", printable(&rule.id)));
            continue;
        };
        let changes = rule_changes(&before[at], rule);
        if !changes.is_empty() {
            lines.push(format!("rule {}", printable(&rule.id)));
            lines.extend(changes.into_iter().map(|change| format!("  {change}")));
        }
    }
    lines
}

/// What differs in a rule.
fn rule_changes(old: &Metadata, new: &Metadata) -> Vec<String> {
    let mut changes = Changes::default();
    if old.version != new.version {
        let older = older(&old.version, &new.version);
        let note = if older { " (older)" } else { "" };
        let (old, new) = (printable(&old.version), printable(&new.version));
        changes.0.push(format!("version: {old} → {new}{note}"));
    }
    changes.change("name", printable(&old.name), printable(&new.name));
    changes.change("severity", old.severity, new.severity);
    changes.change("risk score", old.risk_score, new.risk_score);
    let ids = |rule: &Metadata| rule.attack_ids().into_iter().map(str::to_owned).collect::<Vec<_>>();
    changes.lists("attack", &ids(old), &ids(new));
    match (old.needles.is_empty(), new.needles.is_empty()) {
        (false, true) => changes.0.push("needles: it sees every event now".into()),
        _ => changes.lists("needles", &old.needles, &new.needles),
    }
    let columns = |rule: &Metadata| {
        rule.columns.iter().map(|column| format!("{} ({})", column.name, column.kind)).collect::<Vec<_>>()
    };
    changes.lists("columns", &columns(old), &columns(new));
    changes.settings(&old.settings_schema, &new.settings_schema);
    changes.lists("tags", &old.tags, &new.tags);
    changes.lists("references", &old.references, &new.references);
    changes.lists("authors", &old.authors, &new.authors);
    changes.change("license", printable(&old.license), printable(&new.license));
    changes.0
}

/// Whether a version is lower than the one before, where both are semantic versions.
fn older(old: &str, new: &str) -> bool {
    let parsed = |version: &str| semver::Version::parse(version).ok();
    parsed(new).zip(parsed(old)).is_some_and(|(new, old)| new.cmp_precedence(&old) == Ordering::Less)
}

/// Lines of changes.
#[derive(Default)]
struct Changes(Vec<String>);

impl Changes {
    /// One value was another.
    fn change(&mut self, what: &str, old: impl Display, new: impl Display) {
        let (old, new) = (old.to_string(), new.to_string());
        if old != new {
            let or_none = |text: String| if text.is_empty() { "none".into() } else { text };
            self.0.push(format!("{what}: {} → {}", or_none(old), or_none(new)));
        }
    }

    /// A list has others in it.
    fn lists(&mut self, what: &str, old: &[String], new: &[String]) {
        let gone = old.iter().filter(|one| !new.contains(one)).map(|one| format!("- {}", printable(one)));
        let more = new.iter().filter(|one| !old.contains(one)).map(|one| format!("+ {}", printable(one)));
        let changes: Vec<_> = gone.chain(more).collect();
        if !changes.is_empty() {
            self.0.push(format!("{what}: {}", changes.join(", ")));
        } else if old != new {
            self.0.push(format!("{what}: in another order"));
        }
    }

    /// Tests that came, went, or ask for something else.
    fn tests(&mut self, old: &[Case], new: &[Case]) {
        let names = |cases: &[Case]| cases.iter().map(|case| case.name.clone()).collect::<Vec<_>>();
        self.lists("tests", &names(old), &names(new));
        let changed = new.iter().filter(|case| old.iter().any(|other| other.name == case.name && other != *case));
        self.0.extend(changed.map(|case| format!("tests: {} is another", printable(&case.name))));
    }

    /// Settings differ: names, and what is said of those that stay.
    fn settings(&mut self, old: &str, new: &str) {
        let schemas: Vec<Value> =
            [old, new].iter().map(|text| serde_json::from_str(text).unwrap_or_default()).collect();
        if schemas[0] == schemas[1] {
            return;
        }
        let member = |at: usize, name: &str| schemas[at].get("properties").and_then(|all| all.get(name));
        let names = |at: usize| {
            let members = schemas[at].get("properties").and_then(Value::as_object);
            members.into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        let (before, after) = (names(0), names(1));
        let count = self.0.len();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        self.lists("settings", &sorted(before.clone()), &sorted(after.clone()));
        for name in before.iter().filter(|name| after.contains(name)) {
            let (old, new) = (member(0, name), member(1, name));
            let default = |schema: Option<&Value>| {
                schema.and_then(|schema| schema.get("default")).map(|value| printable(&value.to_string()))
            };
            if default(old) != default(new) {
                let [old, new] = [default(old), default(new)].map(Option::unwrap_or_default);
                self.change(&format!("settings: default of {}", printable(name)), old, new);
            } else if old != new {
                self.0.push(format!("settings: {} is described otherwise", printable(name)));
            }
        }
        if self.0.len() == count {
            self.0.push("settings: described otherwise".into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::profile::tests::rule;

    #[test]
    fn nothing_differs() {
        assert!(rule_changes(&rule("a"), &rule("a")).is_empty());
    }

    #[test]
    fn tells_each_difference() {
        let (old, mut new) = (rule("a"), rule("a"));
        new.version = "1.10.0".into();
        new.severity = trommel::metadata::Severity::High;
        new.risk_score = 73;
        new.threats[0].techniques[0].id = "T1048".into();
        new.needles.clear();
        new.columns[0].kind = trommel::metadata::ColumnKind::Number;
        new.settings_schema = r#"{"properties":{"most":{"default":"\u001b2"},"new":{}}}"#.into();
        new.license.clear();
        assert_eq!(
            rule_changes(&old, &new),
            [
                "version: 1.2.0 → 1.10.0",
                "severity: low → high",
                "risk score: 21 → 73",
                "attack: - T1537, + T1048",
                "needles: it sees every event now",
                "columns: - a (text), + a (number)",
                "settings: - old, + new",
                r#"settings: default of most: 1 → "\u001b2""#,
                "license: MIT → none",
            ]
        );
        let back = rule_changes(&new, &old);
        assert!(back.contains(&"version: 1.10.0 → 1.2.0 (older)".into()), "{back:#?}");
        assert!(back.contains(&"needles: + needle".into()), "{back:#?}");
    }

    #[test]
    fn tells_of_tests() {
        let case = |name: &str, event: &str| Case {
            name: name.into(),
            events: vec![event.into()],
            findings: Some(Vec::new()),
            settings: None,
        };
        let mut changes = Changes::default();
        changes.tests(&[case("a", "{}"), case("b", "{}")], &[case("b", "[]"), case("c\u{1b}", "{}")]);
        assert_eq!(changes.0, ["tests: - a, + c\\u{1b}", "tests: b is another"]);
    }

    #[test]
    fn tells_what_is_said_otherwise() {
        let (old, mut new) = (rule("a"), rule("a"));
        new.settings_schema = r#"{"properties":{"most":{"default":1,"minimum":1},"old":{}}}"#.into();
        assert_eq!(rule_changes(&old, &new), ["settings: most is described otherwise"]);
        new.settings_schema = r#"{"properties":{"most":{"default":1},"old":{}},"additionalProperties":false}"#.into();
        assert_eq!(rule_changes(&old, &new), ["settings: described otherwise"]);
        let (mut old, mut new) = (rule("a"), rule("a"));
        old.tags = vec!["x".into(), "y".into()];
        new.tags = vec!["y".into(), "x".into()];
        assert_eq!(rule_changes(&old, &new), ["tags: in another order"]);
    }
}
