//! The forms in which an alert may be written besides trommel's own, one a file, and what they share.

pub(super) mod ecs;
pub(super) mod line;
pub(super) mod ocsf;

use serde_json::{Map, Value, json};

use super::alert::Origin;
use crate::sandbox::metadata::{Finding, Metadata};

/// How an alert is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The columns, and what trommel says.
    #[default]
    Trommel,
    /// Elastic Common Schema.
    Ecs,
    /// A Detection Finding of the Open Cybersecurity Schema Framework.
    Ocsf,
    /// One line for people.
    Text,
}

/// An alert, and all that may be told in it.
pub(super) struct Alert<'a> {
    pub(super) rule: &'a Metadata,
    pub(super) finding: &'a Finding,
    pub(super) origin: &'a Origin<'a>,
    /// The event, where alerts hold it.
    pub(super) event: Option<&'a [u8]>,
}

impl Alert<'_> {
    fn id(&self) -> String {
        self.origin.id(&self.rule.id, self.finding.nth)
    }

    fn columns(&self) -> Map<String, Value> {
        serde_json::from_str(&self.finding.columns).unwrap_or_default()
    }

    /// The text of the event.
    fn event(&self) -> Option<String> {
        self.event.map(|event| String::from_utf8_lossy(event).into_owned())
    }

    /// Where the event lies, for formats that have no place for it.
    fn source(&self) -> Value {
        let Origin { place, sha256, .. } = self.origin;
        let mut source = json!({"file": place.file, "line": place.line});
        if let Some(record) = place.record {
            source["record"] = record.into();
        }
        if let Some(id) = &self.finding.event_id {
            source["event_id"] = id.as_str().into();
        }
        source["event_sha256"] = sha256.as_str().into();
        source
    }
}
