//! One reading of CloudTrail records, in whatever form and whatever envelope they arrive.
//!
//! [`records`] finds them: the event itself, or what it carries in its members, its lists and its texts that are JSON,
//! up to [`ENVELOPES_DEEP_MAX`] envelopes in each other and whatever these are called: EventBridge, SNS, SQS,
//! CloudWatch Logs, delivery files, syslog, Fluent Bit, Splunk, Wazuh, OpenTelemetry, Kafka Connect, search results of
//! Elasticsearch. [`Record::field`] reads them by CloudTrail's own names. What a rule makes of a record is left to it.
//!
//! ```
//! use trommel_rule::{Event, cloudtrail};
//!
//! let raw = br#"{"eventTime":"2026-11-05T10:20:30Z","eventSource":"ec2.amazonaws.com","eventName":"CopySnapshot",
//!     "requestParameters":{"sourceSnapshotId":"snap-1"}}"#;
//! let sns = br#"{"Type":"Notification","Message":"{\"eventTime\":\"2026-11-05T10:20:30Z\",\"eventSource\":
//!     \"ec2.amazonaws.com\",\"eventName\":\"CopySnapshot\",\"requestParameters\":{\"sourceSnapshotId\":\"snap-1\"}}"}"#;
//! let elastic = br#"{"@timestamp":"2026-11-05T10:20:30.000Z","event.provider":"ec2.amazonaws.com",
//!     "event.action":"CopySnapshot","aws.cloudtrail.request_parameters":"{sourceSnapshotId=snap-1}"}"#;
//! # let sns = String::from_utf8_lossy(sns).replace("\n    ", "");
//! for event in [raw.as_slice(), sns.as_bytes(), elastic] {
//!     let event = Event::parse(event).unwrap();
//!     let record = cloudtrail::records(&event).next().unwrap();
//!     assert_eq!(record.field("eventName"), "CopySnapshot".into());
//!     assert_eq!(record.field("eventTime"), "2026-11-05T10:20:30.000Z".into());
//!     assert_eq!(record.request_parameters().field("sourceSnapshotId"), "snap-1".into());
//! }
//! ```
//!
//! # The forms, and where each is read
//!
//! | CloudTrail's name | Elastic's AWS integration | OCSF (Security Lake, 1.0-rc.2 and later) | UDM (Google SecOps) |
//! |---|---|---|---|
//! | `eventTime` | `@timestamp` | `time_dt`, `time` | `metadata.eventTimestamp` |
//! | `eventSource` | `event.provider` | `api.service.name` | `target.application` |
//! | `eventName` | `event.action` | `api.operation` | `metadata.productEventType` |
//! | `eventID` | `event.id` | `metadata.uid` | `metadata.productLogId` |
//! | `awsRegion` | `cloud.region` | `cloud.region` | `principal.location.name` |
//! | `sourceIPAddress` | `source.address`, `source.ip` | `src_endpoint.ip`, `.domain` | `principal.ip`, `.hostname` |
//! | `userAgent` | `user_agent.original` | `http_request.user_agent` | `network.http.userAgent` |
//! | `errorCode`, `errorMessage` | `aws.cloudtrail.error_code`, `error_message` | `api.response.error`, `.message` | labels |
//! | `recipientAccountId` | `aws.cloudtrail.recipient_account_id` | `unmapped.recipientAccountId` | `additional.fields` |
//! | `userIdentity.arn` | `aws.cloudtrail.user_identity.arn` | `actor.user.uuid`, `actor.user.uid` | `principal.user.userid` |
//! | `userIdentity.accountId` | `cloud.account.id` | `actor.user.account.uid`, `account_uid` | labels |
//! | `userIdentity.userName` | `user.name` | `actor.user.name` | `principal.user.userDisplayName` |
//! | `requestParameters.…` | `aws.cloudtrail.request_parameters`, an object or a text; then `aws.cloudtrail.flattened.request_parameters`; then the record in `event.original` | `api.request.data`, an object or a text; `unmapped` | labels |
//! | `responseElements.…` | `aws.cloudtrail.response_elements`, and so on | `api.response.data` | labels |
//! | `additionalEventData.…` | `aws.cloudtrail.additional_eventdata`, and so on | `unmapped` | labels |
//! | any other | `aws.cloudtrail.…`, words with `_` between them | `unmapped.…` | labels |
//!
//! - **Raw**, as AWS writes it: CloudTrail's own names, nested or dotted, with positions in lists (`items.0.userId`) or
//!   without (`items{}.userId`). Any object in it may be its JSON text. All names may begin alike
//!   (`detail.eventName`, `data.aws.eventName`).
//! - **Elastic**: nested, dotted, or mixed, also as search results list it (`fields`).
//! - **Rows** of a table: CloudTrail's own names in any case, with or without `_`, one column a field or one a whole
//!   object as text: Athena (`requestparameters`), Microsoft Sentinel (`UserIdentityArn`, `TimeGenerated`,
//!   `AwsEventId`), Fivetran (`user_identity_arn`).
//! - **UDM** may be written `productEventType` or `product_event_type`. Labels are those of the target's and the
//!   principal's resource and user, and `additional.fields`.

mod fields;
mod form;
mod labels;
mod part;
mod record;
#[cfg(test)]
mod tests;

use std::cell::OnceCell;

use crate::Format;
use crate::envelope::{Found, Search};
use crate::event::{Event, Value};
use form::Form;

pub use crate::envelope::ENVELOPES_DEEP_MAX;
pub use part::Part;
pub use record::Record;

/// A record that was found, and the record that it was made of, once somebody asked for that.
type Located = (Found<Form>, Original);

/// The record of the same call that a record carries, if it does: `event.original`, `_raw`.
type Original = OnceCell<Option<Found<Form>>>;

/// The id of an AWS account, as a rule's settings take it.
pub const ACCOUNT_ID: Format = Format {
    expected: "a 12-digit AWS account id",
    pattern: "^[0-9]{12}$",
    fits: |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()),
};

/// The CloudTrail records in the event: mostly one, none where it is something else.
///
/// A record is not looked into for others. Of two with one `eventID` in different members of the same object, the first
/// counts: shippers leave the text beside what they made of it.
pub fn records<'e>(event: &'e Event<'e>) -> impl Iterator<Item = Record<'e>> {
    // Nearly every record is the event itself: that takes no memory.
    let (itself, carried) = match Form::known(event.root()) {
        Some(form) => (Some(Record::new(event, event.root(), form, None)), &[][..]),
        None => (None, &*event.cache.get(|| Carried(carried(event))).0),
    };
    itself.into_iter().chain(carried.iter().map(|(found, original)| {
        let (event, value) = found.place(event);
        Record::new(event, value, found.what, Some(original))
    }))
}

struct Carried(Vec<Located>);

fn carried(event: &Event<'_>) -> Vec<Located> {
    if !form::may_be_in(event.bytes()) {
        return Vec::new();
    }
    let id = |event: &Event<'_>, value: Value<'_>, form: &Form| {
        let id = Record::new(event, value, *form, None).own_values("eventID");
        id.single().filter(|id| !id.is_empty()).map(str::to_owned)
    };
    let mut search = Search { is: &Form::of, id: &id, found: Vec::new(), memory: None };
    search.members(event, None, event.root(), ENVELOPES_DEEP_MAX);
    search.found.into_iter().map(|found| (found, Original::new())).collect()
}
