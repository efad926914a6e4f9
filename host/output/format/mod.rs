//! The forms in which an alert may be written besides trommel's own, one a file, and what they share.

pub(super) mod ecs;
pub(super) mod line;
pub(super) mod ocsf;

use std::time::{Duration, SystemTime};

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

    /// When the event was, where a column says it.
    fn event_time(&self) -> Option<SystemTime> {
        self.columns().get("@timestamp")?.as_str().and_then(time)
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

/// A time as RFC 3339 has it, with a blank in place of the `T`, or without the zone, which is then UTC.
fn time(text: &str) -> Option<SystemTime> {
    let zone_at = text.len().checked_sub("+00:00".len()).filter(|at| text.is_char_boundary(*at));
    let (local, zone) = text.split_at(zone_at?);
    let Some(hours_minutes) = zone.strip_prefix(['+', '-']) else {
        return humantime::parse_rfc3339_weak(text).ok();
    };
    let (hours, minutes) = hours_minutes.split_once(':')?;
    let (hours, minutes): (u64, u64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let offset = (hours < 24 && minutes < 60).then(|| Duration::from_secs(60 * (60 * hours + minutes)))?;
    let local = humantime::parse_rfc3339_weak(local).ok()?;
    if zone.starts_with('+') { local.checked_sub(offset) } else { local.checked_add(offset) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        let utc = |text| time(text).map(|time| humantime::format_rfc3339(time).to_string());
        for (text, expected) in [
            ("2026-11-05T10:02:03Z", Some("2026-11-05T10:02:03Z")),
            ("2026-11-05T10:02:03.000Z", Some("2026-11-05T10:02:03Z")),
            ("2026-11-05 10:02:03.25", Some("2026-11-05T10:02:03.250000000Z")),
            ("2026-11-05T10:02:03+05:30", Some("2026-11-05T04:32:03Z")),
            ("2026-11-05T10:02:03.5-01:00", Some("2026-11-05T11:02:03.500000000Z")),
            ("2026-11-05", None),
            ("2026-11-05T10:02:03+99:00", None),
            ("yesterday, at ten€", None),
            ("€", None),
            ("", None),
        ] {
            assert_eq!(utc(text).as_deref(), expected, "{text}");
        }
    }
}
