//! `trommel inspect`: prints what a component is.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use trommel::diagnostics::printable;
use trommel::metadata::{AttackEntry, Column, ColumnKind, Document, Metadata};
use wildmatch::WildMatch;

use super::profile::Profile;
use super::sandbox::SandboxArguments;
use super::source::Found;
use crate::messages::{self, Exit, Hinted};

mod json;
mod navigator;
mod settings;
mod table;

/// Of a component with more rules each has a line in a table.
const RULES_IN_FULL_MAX: usize = 3;

/// Says what a component is: who signed it, what it imports, its rules.
///
/// The component is loaded as `run` loads it, so one that `inspect` takes, `run` takes; no event is judged. Of many
/// rules it prints a table; --only says all of one.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel inspect share.wasm
  trommel inspect --signers allowed_signers ghcr.io/acme/share:1.0.0")]
pub(crate) struct Arguments {
    /// A component (.wasm), the folder of a rule crate, oci:DIR, or REGISTRY/REPOSITORY:TAG, as with `run --rule`.
    #[arg(value_name = "RULE", required = true)]
    rules: Vec<PathBuf>,
    /// Says all of the rules with this id, in which * stands for any characters and ? for one. May be given several
    /// times.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Prints JSON, a line a component, with all that the rules say of themselves.
    #[arg(long)]
    json: bool,
    /// Prints a layer for the ATT&CK Navigator: the techniques that all the rules cover.
    #[arg(long, conflicts_with = "json")]
    navigator: bool,
    /// Prints the component's interface in WIT.
    #[arg(long, conflicts_with_all = ["json", "navigator", "only"])]
    wit: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let loaded = arguments.sandbox.load_with(&arguments.rules, None, |found, component| (found, component))?;
    let signers = arguments.sandbox.signers()?;
    let mut profiles = Vec::new();
    let mut text = String::new();
    for (rule, (found, component)) in arguments.rules.iter().zip(loaded) {
        let name = rule.to_string_lossy().into_owned();
        if arguments.wit {
            text += &wit(&name, &found)?;
        }
        profiles.push(Profile::new(name, &found, component, signers.as_ref()));
    }
    let ids: Vec<_> = arguments.only.iter().map(|id| (id, WildMatch::new(id))).collect();
    let wanted = |rule: &&Metadata| ids.is_empty() || ids.iter().any(|(_, id)| id.matches(&rule.id));
    let all = || profiles.iter().flat_map(|profile| profile.component.rules());
    if let Some((id, _)) = ids.iter().find(|(_, id)| !all().any(|rule| id.matches(&rule.id))) {
        let hint = "without --only all rules are listed";
        return Err(Hinted::new(format!("--only {}: no rule has this id", printable(id)), hint).into());
    }
    if arguments.navigator {
        text = json::escaped(&navigator::layer(all().filter(wanted)).to_string()) + "\n";
    } else if !arguments.wit {
        for (number, profile) in profiles.iter().enumerate() {
            let rules: Vec<_> = profile.component.rules().iter().filter(wanted).collect();
            if arguments.json {
                text += &json::line(profile, &documented(profile, wanted)?)?;
                continue;
            }
            text += if number == 0 { "" } else { "\n" };
            text += &head(profile);
            if rules.len() > RULES_IN_FULL_MAX && ids.is_empty() {
                text.push('\n');
                text += &table::table(&rules);
            } else {
                documented(profile, wanted)?.iter().for_each(|rule| text += &for_people(rule));
            }
        }
    }
    messages::answer(&text).context("<stdout>")?;
    Ok(Exit::AllWell)
}

/// The rules that are wanted, with what a person reads about each.
fn documented(profile: &Profile, wanted: impl Fn(&&Metadata) -> bool) -> anyhow::Result<Vec<(&Metadata, Document)>> {
    let documents = profile.component.documents().map_err(|failure| {
        let name = printable(&profile.name);
        anyhow::anyhow!("{name}: cannot say what its rules are for: {}", printable(&failure.to_string()))
    })?;
    let rules = profile.component.rules().iter().zip(documents);
    Ok(rules.filter(|(rule, _)| wanted(rule)).collect())
}

/// What is said of the component as a whole.
fn head(profile: &Profile) -> String {
    let rules = profile.component.rules().len();
    let mut text = format!("{}\n", printable(&profile.name));
    for (name, value) in [
        ("digest", profile.digest.to_string()),
        ("size", format!("{} bytes", profile.component.size())),
        ("interface", printable(&profile.interface)),
        ("imports", profile.imports()),
        ("signed by", profile.signed_by()),
        ("tests", profile.tests()),
        ("rules", rules.to_string()),
    ] {
        let _ = writeln!(text, "  {:12} {value}", format!("{name}:"));
    }
    text
}

/// What a rule says of itself, a line each; what is not said is left out.
fn for_people((rule, document): &(&Metadata, Document)) -> String {
    let entry = |entry: &AttackEntry| printable(&format!("{} {}", entry.id, entry.name));
    let mut attack = Vec::new();
    for threat in &rule.threats {
        attack.push(entry(&threat.tactic));
        attack.extend(threat.techniques.iter().map(entry));
    }
    let needles = if rule.needles.is_empty() { "none: it sees every event".into() } else { list(&rule.needles) };
    let settings = match settings::lines(&rule.settings_schema) {
        lines if lines.is_empty() => "none".into(),
        lines => lines.join(NEXT_LINE),
    };
    let mut text = format!("\nrule {}\n", printable(&rule.id));
    for (name, value) in [
        ("name", printable(&rule.name)),
        ("version", printable(&rule.version)),
        ("severity", format!("{}, risk score {}", rule.severity, rule.risk_score)),
        ("description", paragraph(&document.description)),
        ("triage", paragraph(&document.triage)),
        ("authors", list(&rule.authors)),
        ("license", printable(&rule.license)),
        ("tags", list(&rule.tags)),
        ("references", list(&rule.references)),
        ("attack", attack.join(", ")),
        ("columns", rule.columns.iter().map(column).collect::<Vec<_>>().join(", ")),
        ("needles", needles),
        ("settings", settings),
    ] {
        if !value.is_empty() {
            let _ = writeln!(text, "  {:12} {value}", format!("{name}:"));
        }
    }
    text
}

/// What a value goes on behind, below its beginning.
const NEXT_LINE: &str = "\n               ";

/// A column's name, and its kind if that is not text.
fn column(column: &Column) -> String {
    let name = printable(&column.name);
    if column.kind == ColumnKind::Text { name } else { format!("{name} ({})", column.kind) }
}

fn list(texts: &[String]) -> String {
    texts.iter().map(|text| printable(text)).collect::<Vec<_>>().join(", ")
}

/// A text of several lines: each is shown below the first.
fn paragraph(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join(NEXT_LINE)
}

/// The component's interface.
fn wit(name: &str, found: &Found) -> anyhow::Result<String> {
    let cannot = |error| anyhow::anyhow!("{}: its interface cannot be printed: {error:#}", printable(name));
    let decoded = wit_component::decode(&found.bytes).map_err(cannot)?;
    let (main, resolve) = (decoded.package(), decoded.resolve());
    let others: Vec<_> = resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != main).collect();
    let mut printer = wit_component::WitPrinter::default();
    printer.print(resolve, main, &others).map_err(cannot)?;
    let text = printer.output.to_string();
    Ok(text.lines().map(|line| printable(line) + "\n").collect())
}
