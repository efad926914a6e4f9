//! What is a CloudTrail record, and in which form: told by what only a record has.
//!
//! Notices of other services are close to it: those of S3 have `eventSource`, `eventName`, `eventTime` and
//! `userIdentity` too. Only a record names a service by its host, `ec2.amazonaws.com`.

use std::borrow::Cow;

use crate::event::Value;
use crate::names;
use crate::values::Values;

/// Who wrote the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// AWS.
    Raw,
    /// AWS, but that all names begin alike: `detail.eventName`.
    Prefixed,
    /// Elastic's AWS integration.
    Elastic,
    /// Amazon Security Lake, or another that follows the Open Cybersecurity Schema Framework.
    Ocsf,
    /// Google SecOps, in its Unified Data Model.
    Udm,
    /// A table's columns: Athena, Microsoft Sentinel, Fivetran.
    Row,
}

/// What AWS writes into every record.
const ALWAYS: [&str; 3] = ["eventVersion", "eventTime", "eventID"];

/// What stands beside the two names of a call, where a record was cut down. A filter or a pattern has not all of it.
const MOSTLY: [&str; 2] = ["userIdentity", "requestParameters"];

/// What stands beside the two names of a call in a table of records, by its letters. A table that only lists calls, as
/// `lookup-events` does, has none of them.
const COLUMNS: [&str; 4] = ["eventversion", "awsregion", "requestparameters", "recipientaccountid"];

impl Form {
    /// The form of this object, if it is a record.
    pub(super) fn of(object: Value<'_>) -> Option<Self> {
        let glance = Glance::at(object);
        if glance.is_raw {
            return Some(Self::Raw);
        }
        let has = |name: &&str| !object.at_name(name).is_empty();
        if glance.raw && names_a_service(&object.field("eventSource")) && !object.field("eventName").is_null() {
            return (ALWAYS.iter().any(has) || MOSTLY.iter().all(has)).then_some(Self::Raw);
        }
        // Rules ask for these two again.
        let field = |name| object.known_field(name);
        if glance.elastic && names_a_service(&field("event.provider")) && !field("event.action").is_null() {
            return Some(Self::Elastic);
        }
        if glance.ocsf && names_a_service(&object.field("api.service.name")) && has(&"api.operation") {
            return Some(Self::Ocsf);
        }
        if glance.udm && is_udm(object) {
            return Some(Self::Udm);
        }
        if glance.row && is_row(object) {
            return Some(Self::Row);
        }
        (glance.prefixed && is_prefixed(object)).then_some(Self::Prefixed)
    }
}

/// What all names of a record begin with, as that of its call does.
pub(super) fn prefix(record: Value<'_>) -> Option<&str> {
    let call = record.all_children().into_iter().find(|member| member.name_as_written().ends_with(CALL))?;
    match call.name() {
        Cow::Borrowed(name) => name.strip_suffix("eventName"),
        Cow::Owned(_) => None,
    }
}

/// How the name of a call ends where all names begin alike.
const CALL: &[u8] = b".eventName";

fn is_prefixed(object: Value<'_>) -> bool {
    let Some(prefix) = prefix(object) else { return false };
    let at_name = |name: &str| object.at_name(&[prefix, name].concat());
    let source = Values::at(at_name("eventSource"));
    names_a_service(&source) && ALWAYS.into_iter().any(|name| !at_name(name).is_empty())
}

/// Which forms an object may have by the names of its own members.
///
/// Nearly every event is a plain record of AWS, which is told by its first members, and most other objects have no
/// member that a record of any form has.
#[derive(Default)]
struct Glance {
    is_raw: bool,
    raw: bool,
    elastic: bool,
    ocsf: bool,
    udm: bool,
    row: bool,
    prefixed: bool,
}

impl Glance {
    fn at(object: Value<'_>) -> Self {
        let mut may_be = Self::default();
        let (mut called, mut service, mut whole) = (false, false, false);
        for member in object.children() {
            let name = member.name_as_written();
            may_be.prefixed |= name.ends_with(CALL);
            if !matches!(name.first(), Some(b'e' | b'E' | b'a' | b'm' | b'\\')) {
                continue;
            }
            let part =
                |word: &[u8]| name.strip_prefix(word).is_some_and(|rest| matches!(rest.first(), None | Some(b'.')));
            match name {
                b"eventName" => called = member.text().is_some(),
                b"eventVersion" | b"eventTime" | b"eventID" => whole = true,
                b"eventSource" => {
                    service = member.text().is_some_and(|host| is_service(&host));
                    may_be.raw = true;
                }
                _ if part(b"event") => may_be.elastic = true,
                _ if part(b"api") => may_be.ocsf = true,
                _ if part(b"metadata") => may_be.udm = true,
                // A letter may be written as an escape.
                _ if name.contains(&b'\\') => {
                    may_be = Self { raw: true, elastic: true, ocsf: true, udm: true, row: true, ..may_be };
                }
                _ => may_be.row |= name.get(..5).is_some_and(|head| head.eq_ignore_ascii_case(b"event")),
            }
            if called && service && whole {
                return Self { is_raw: true, ..may_be };
            }
        }
        may_be.row |= called || service || whole;
        may_be
    }
}

fn is_service(host: &str) -> bool {
    host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn")
}

fn names_a_service(values: &Values<'_>) -> bool {
    values.iter().any(is_service)
}

fn is_udm(object: Value<'_>) -> bool {
    object.at_name("metadata").into_iter().any(|metadata| {
        metadata.all_children().into_iter().any(|member| {
            let name = names::letters(&member.name());
            let says = |text| member.text().as_deref() == Some(text);
            (name == "logtype" && says("AWS_CLOUDTRAIL")) || (name == "productname" && says("AWS CloudTrail"))
        })
    })
}

fn is_row(object: Value<'_>) -> bool {
    let (mut called, mut service, mut whole) = (false, false, false);
    for column in object.all_children() {
        let name = column.name();
        // All of them begin so, in any case.
        if !matches!(name.as_bytes().first().map(u8::to_ascii_lowercase), Some(b'e' | b'a' | b'r' | b'u')) {
            continue;
        }
        match &*names::letters(&name) {
            "eventname" => called = column.text().is_some(),
            "eventsource" => service = column.text().is_some_and(|host| is_service(&host)),
            name => whole |= COLUMNS.contains(&name) || name.starts_with("useridentity"),
        }
    }
    called && service && whole
}
