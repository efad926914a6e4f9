//! Makes plain data of what the contract's bindings give.

use super::contract;
use crate::sandbox::metadata::{AttackEntry, Column, ColumnKind, Metadata, Severity, Threat};

impl From<contract::Severity> for Severity {
    fn from(severity: contract::Severity) -> Self {
        match severity {
            contract::Severity::Informational => Self::Informational,
            contract::Severity::Low => Self::Low,
            contract::Severity::Medium => Self::Medium,
            contract::Severity::High => Self::High,
            contract::Severity::Critical => Self::Critical,
        }
    }
}

impl From<contract::Rule> for Metadata {
    fn from(rule: contract::Rule) -> Self {
        let entry = |entry: contract::AttackEntry| AttackEntry { id: entry.id, name: entry.name };
        let threat = |threat: contract::Threat| Threat {
            tactic: entry(threat.tactic),
            techniques: threat.techniques.into_iter().map(entry).collect(),
        };
        Self {
            id: rule.id,
            name: rule.name,
            version: rule.version,
            authors: rule.authors,
            license: rule.license,
            severity: rule.severity.into(),
            risk_score: rule.risk_score,
            tags: rule.tags,
            references: rule.references,
            threats: rule.threats.into_iter().map(threat).collect(),
            columns: rule.columns.into_iter().map(Column::from).collect(),
            settings_schema: rule.settings_schema,
            needles: rule.needles,
        }
    }
}

impl From<contract::Column> for Column {
    fn from(column: contract::Column) -> Self {
        let kind = match column.kind {
            contract::ColumnKind::Text => ColumnKind::Text,
            contract::ColumnKind::Number => ColumnKind::Number,
            contract::ColumnKind::Boolean => ColumnKind::Boolean,
            contract::ColumnKind::List => ColumnKind::List,
            contract::ColumnKind::Object => ColumnKind::Object,
        };
        Self { name: column.name, kind }
    }
}
