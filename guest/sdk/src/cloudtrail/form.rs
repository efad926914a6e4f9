//! What is a CloudTrail record, and in which form: told by what only a record has.
//!
//! Notices of other services are close to it: those of S3 have `eventSource`, `eventName`, `eventTime` and
//! `userIdentity` too. Only a record names a service by its host, `ec2.amazonaws.com`.

use crate::bytes::places_in_word;
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
    const ALL: [Self; 6] = [Self::Raw, Self::Prefixed, Self::Elastic, Self::Ocsf, Self::Udm, Self::Row];

    /// Like [`of`](Self::of), and remembered: each rule asks it of the event itself.
    #[inline]
    pub(super) fn known(object: Value<'_>) -> Option<Self> {
        let find = || Self::of(object).map_or(Self::ALL.len() as u8, |form| form as u8);
        Self::ALL.get(usize::from(object.fact("form", find))).copied()
    }

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
        is_prefixed(object).then_some(Self::Prefixed)
    }
}

/// Whether a record of any form may lie in the text of an event, however deep.
///
/// Each form names AWS in a text, which no escape but one by number can hide: a host in a service's domain, or the product
/// in UDM. Most events of other kinds are told at once.
pub(super) fn may_be_in(event: &[u8]) -> bool {
    const TELLING: [&[u8]; 4] = [b"zonaws.com", b"WS_CLOUDTRAIL", b"WS CloudTrail", b"\\u"];
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const LAST: u64 = 0x80 << 56;
    let tells = |at: usize| event.get(at..).is_some_and(|rest| TELLING.iter().any(|text| rest.starts_with(text)));
    let (words, rest) = event.as_chunks();
    let in_words = words.iter().enumerate().any(|(number, word)| {
        let word = u64::from_le_bytes(*word);
        // Cheap, and wrong only where it says yes.
        let may_hold = |byte| {
            let others = word ^ (ONES * u64::from(byte));
            others.wrapping_sub(ONES) & !others
        };
        if (may_hold(b'z') | may_hold(b'W') | may_hold(b'\\')) & (0x80 * ONES) == 0 {
            return false;
        }
        let pairs = |first, second| places_in_word(first, word) & (places_in_word(second, word) >> 8 | LAST);
        let mut pairs = pairs(b'z', b'o') | pairs(b'W', b'S') | pairs(b'\\', b'u');
        while pairs != 0 {
            if tells(number * 8 + pairs.trailing_zeros() as usize / 8) {
                return true;
            }
            pairs &= pairs - 1;
        }
        false
    });
    in_words || (event.len() - rest.len()..event.len()).any(tells)
}

/// What all names of a record begin with, as that of its call does.
pub(super) fn prefix(record: Value<'_>) -> Option<&str> {
    let call = record.names_as_written().find(|name| name.ends_with(CALL))?;
    let is_plain = !call.contains(&b'\\');
    std::str::from_utf8(call).ok().filter(|_| is_plain)?.strip_suffix("eventName")
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
}

impl Glance {
    fn at(object: Value<'_>) -> Self {
        let mut may_be = Self::default();
        let (mut called, mut service, mut whole) = (false, false, false);
        for member in object.members_beginning(b"eEam") {
            let name = member.name_as_written();
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
                    may_be = Self { is_raw: false, raw: true, elastic: true, ocsf: true, udm: true, row: true };
                }
                _ => may_be.row |= is_call_of_row(name),
            }
            if called && service && whole {
                return Self { is_raw: true, ..may_be };
            }
        }
        // A row whose columns AWS named.
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

/// Whether a column may be `eventName` or `eventSource`. `EventID` is in every event of Windows.
fn is_call_of_row(name: &[u8]) -> bool {
    let Some((head, rest)) = name.split_first_chunk::<5>() else { return false };
    let next = rest.iter().find(|byte| byte.is_ascii_alphanumeric());
    head.eq_ignore_ascii_case(b"event") && matches!(next, Some(b'n' | b'N' | b's' | b'S'))
}

fn is_row(object: Value<'_>) -> bool {
    let (mut called, mut service, mut whole) = (false, false, false);
    for column in object.members_beginning(b"eEaArRuU") {
        match &*names::letters(&column.name()) {
            "eventname" => called = column.text().is_some(),
            "eventsource" => service = column.text().is_some_and(|host| is_service(&host)),
            name => whole |= COLUMNS.contains(&name) || name.starts_with("useridentity"),
        }
    }
    called && service && whole
}
