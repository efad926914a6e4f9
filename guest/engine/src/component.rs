//! The engine as a component: the contract's functions over the pack that lies in the module's memory.

use std::cell::Cell;

use crate::image::Corrupt;
use crate::{About, Engine, Stop, pack};

mod bindings {
    #![expect(unsafe_code, reason = "the generated code hands values over to the host")]
    use super::Component;

    wit_bindgen::generate!({ path: "../../wit", world: "filter" });
    export!(Component with_types_in self);
}

use bindings::exports::trommel::filter::event_filter as contract;

thread_local! {
    static ENGINE: Cell<Option<Engine<'static>>> = const { Cell::new(None) };
}

/// Calls the engine, which is made at the first call.
///
/// It is taken out for the time of the call: a host may go on with an instance in which a call trapped, and the next call
/// makes the engine anew.
fn with<T>(call: impl FnOnce(&mut Engine<'static>) -> T) -> Result<T, Corrupt> {
    let mut engine = match ENGINE.take() {
        Some(engine) => engine,
        None => Engine::new(pack::bytes())?,
    };
    let answer = call(&mut engine);
    ENGINE.set(Some(engine));
    Ok(answer)
}

/// Is what a rule says of itself. A broken pack has nothing to say, and the host refuses it for that.
fn abouts() -> Vec<About> {
    let read = |engine: &mut Engine<'static>| (0..engine.rules()).map(|rule| engine.about(rule)).collect();
    with(read).and_then(|abouts: Result<Vec<_>, _>| abouts).unwrap_or_default()
}

fn severity(number: u32) -> contract::Severity {
    match number {
        0 => contract::Severity::Informational,
        1 => contract::Severity::Low,
        2 => contract::Severity::Medium,
        3 => contract::Severity::High,
        _ => contract::Severity::Critical,
    }
}

fn entry((id, name): (String, String)) -> contract::AttackEntry {
    contract::AttackEntry { id, name }
}

fn column((name, sort): (String, u32)) -> contract::Column {
    use crate::report::sort;
    let kind = match sort {
        sort::NUMBER => contract::ColumnKind::Number,
        sort::BOOLEAN => contract::ColumnKind::Boolean,
        sort::LIST => contract::ColumnKind::List,
        sort::OBJECT => contract::ColumnKind::Object,
        _ => contract::ColumnKind::Text,
    };
    contract::Column { name, kind }
}

fn described(about: About) -> contract::Rule {
    contract::Rule {
        id: about.id,
        name: about.name,
        version: about.version,
        authors: about.authors,
        license: about.license,
        severity: severity(about.severity),
        risk_score: about.risk_score,
        tags: about.tags,
        references: about.references,
        threats: about
            .threats
            .into_iter()
            .map(|threat| contract::Threat {
                tactic: entry(threat.tactic),
                techniques: threat.techniques.into_iter().map(entry).collect(),
            })
            .collect(),
        columns: about.columns.into_iter().map(column).collect(),
        settings_schema: String::new(),
        needles: about.needles,
    }
}

fn fault(rule: Option<u32>, stop: Stop) -> contract::Fault {
    match stop {
        Stop::Malformed(_) => contract::Fault::Malformed(stop.to_string()),
        stop => contract::Fault::Internal(contract::RuleFault { rule, text: stop.to_string() }),
    }
}

struct Component;

impl contract::Guest for Component {
    fn describe() -> Vec<contract::Rule> {
        abouts().into_iter().map(described).collect()
    }

    fn document(rule: u32) -> contract::RuleDocument {
        match with(|engine| engine.about(rule)) {
            Ok(Ok(about)) => contract::RuleDocument { description: about.description, triage: about.triage },
            _ => contract::RuleDocument { description: String::new(), triage: String::new() },
        }
    }

    fn configure(rule: u32, settings: String) -> Result<(), Vec<contract::SettingError>> {
        let expected = match with(|engine| engine.rules()) {
            Ok(rules) if rule >= rules => format!("a rule's number, below {rules}"),
            _ if settings.split_ascii_whitespace().collect::<String>() == "{}" => return Ok(()),
            _ => "no settings: `{}`".to_owned(),
        };
        Err(vec![contract::SettingError { pointer: String::new(), expected }])
    }

    fn reads(event: Vec<u8>) -> bool {
        // What is broken is told where it is judged.
        with(|engine| engine.reads(&event).unwrap_or(false)).unwrap_or(true)
    }

    fn evaluate(event: Vec<u8>, rules: Option<Vec<u32>>) -> Result<Vec<contract::Finding>, contract::Fault> {
        let findings = with(|engine| engine.evaluate(&event, rules.as_deref()))
            .map_err(|corrupt| fault(None, corrupt.into()))?
            .map_err(|(rule, stop)| fault(rule, stop))?;
        Ok(findings
            .into_iter()
            .map(|finding| contract::Finding {
                rule: finding.rule,
                columns: finding.columns,
                severity: finding.severity.map(severity),
                risk_score: finding.risk_score,
                event_id: finding.event_id,
            })
            .collect())
    }
}
