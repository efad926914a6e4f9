//! The fields of ECS in which a column may stand, and what fits into each.
//!
//! Elasticsearch refuses a document of which one field has a value that is not of the field's type: what does not fit
//! must stand elsewhere, or the alert is lost.

use std::net::IpAddr;

use serde_json::Value;

/// What a field's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// Texts, however Elasticsearch indexes them: `keyword`, `wildcard` or `match_only_text`.
    Text,
    /// Addresses of the Internet Protocol.
    Ip,
    /// Whole numbers of 64 bits.
    Long,
}

/// A field of ECS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) of: Type,
    /// Whether it holds a list, however few values there are. Any other holds one value.
    pub(super) is_list: bool,
}

/// The fields, by type. What the host writes itself is not among them.
pub(super) const FIELDS: [(Field, &[&str]); 5] = [
    (Field { of: Type::Text, is_list: false }, TEXTS),
    (Field { of: Type::Ip, is_list: false }, ADDRESSES),
    (Field { of: Type::Long, is_list: false }, NUMBERS),
    (Field { of: Type::Text, is_list: true }, LISTS),
    (Field { of: Type::Ip, is_list: true }, LISTS_OF_ADDRESSES),
];

const TEXTS: &[&str] = &[
    "client.address",
    "cloud.account.id",
    "cloud.account.name",
    "cloud.availability_zone",
    "cloud.instance.id",
    "cloud.instance.name",
    "cloud.machine.type",
    "cloud.project.id",
    "cloud.project.name",
    "cloud.provider",
    "cloud.region",
    "cloud.service.name",
    "cloud.target.account.id",
    "container.id",
    "container.name",
    "container.runtime",
    "destination.address",
    "destination.domain",
    "destination.mac",
    "destination.user.id",
    "destination.user.name",
    "device.id",
    "dns.question.name",
    "dns.question.type",
    "dns.response_code",
    "error.code",
    "error.message",
    "event.action",
    "event.code",
    "event.outcome",
    "event.provider",
    "event.reason",
    "file.directory",
    "file.extension",
    "file.hash.md5",
    "file.hash.sha1",
    "file.hash.sha256",
    "file.name",
    "file.path",
    "group.id",
    "group.name",
    "host.hostname",
    "host.id",
    "host.name",
    "host.os.name",
    "host.os.type",
    "http.request.method",
    "http.request.referrer",
    "log.level",
    "network.direction",
    "network.protocol",
    "network.transport",
    "network.type",
    "orchestrator.cluster.name",
    "orchestrator.namespace",
    "orchestrator.resource.name",
    "orchestrator.resource.type",
    "organization.id",
    "organization.name",
    "process.command_line",
    "process.executable",
    "process.name",
    "process.parent.command_line",
    "process.parent.executable",
    "process.parent.name",
    "process.working_directory",
    "registry.key",
    "registry.path",
    "registry.value",
    "server.address",
    "service.name",
    "service.type",
    "source.address",
    "source.as.organization.name",
    "source.domain",
    "source.geo.city_name",
    "source.geo.country_iso_code",
    "source.geo.country_name",
    "source.mac",
    "source.user.id",
    "source.user.name",
    "trace.id",
    "url.domain",
    "url.full",
    "url.original",
    "url.path",
    "url.query",
    "url.scheme",
    "user.domain",
    "user.effective.id",
    "user.effective.name",
    "user.email",
    "user.full_name",
    "user.id",
    "user.name",
    "user.target.id",
    "user.target.name",
    "user_agent.name",
    "user_agent.original",
    "user_agent.version",
];

const ADDRESSES: &[&str] = &["client.ip", "destination.ip", "server.ip", "source.ip"];

const NUMBERS: &[&str] = &[
    "client.bytes",
    "client.port",
    "destination.bytes",
    "destination.port",
    "file.size",
    "http.request.bytes",
    "http.response.bytes",
    "http.response.status_code",
    "network.bytes",
    "process.exit_code",
    "process.parent.pid",
    "process.pid",
    "server.bytes",
    "server.port",
    "source.as.number",
    "source.bytes",
    "source.port",
    "url.port",
];

const LISTS: &[&str] = &[
    "host.mac",
    "process.args",
    "process.parent.args",
    "related.hash",
    "related.hosts",
    "related.user",
    "tags",
    "user.roles",
];

const LISTS_OF_ADDRESSES: &[&str] = &["host.ip", "related.ip", "dns.resolved_ip"];

impl Field {
    /// The field of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        FIELDS.iter().find(|(_, names)| names.contains(&name)).map(|(field, _)| *field)
    }

    /// The value as the field holds it. `None`: it does not fit.
    pub(super) fn hold(self, value: &Value) -> Option<Value> {
        match value {
            Value::Array(values) if self.is_list => values.iter().map(|value| self.of.hold(value)).collect(),
            Value::Array(values) => match &values[..] {
                [value] => self.of.hold(value),
                _ => None,
            },
            value if self.is_list => self.of.hold(value).map(|value| Value::Array(vec![value])),
            value => self.of.hold(value),
        }
    }
}

impl Type {
    fn hold(self, value: &Value) -> Option<Value> {
        match (self, value) {
            (Self::Text, Value::String(_)) => Some(value.clone()),
            (Self::Text, Value::Number(_) | Value::Bool(_)) => Some(value.to_string().into()),
            (Self::Ip, Value::String(text)) => text.parse::<IpAddr>().is_ok().then(|| value.clone()),
            (Self::Long, Value::Number(number)) => number.as_i64().map(Value::from),
            (Self::Long, Value::String(text)) => text.parse::<i64>().ok().map(Value::from),
            _ => None,
        }
    }
}
