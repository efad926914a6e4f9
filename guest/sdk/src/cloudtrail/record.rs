//! One record, read by CloudTrail's own names.

use std::borrow::Cow;

use super::fields::{Field, PARTS};
use super::form::{self, Form};
use super::part::Part;
use super::{ENVELOPES_DEEP_MAX, Original, labels};
use crate::envelope::{Found, Search};
use crate::event::{Event, Reader, Value};
use crate::java_map;
use crate::names::{self, Compare};
use crate::scan::Kind;
use crate::time::Timestamp;
use crate::values::Values;

/// One CloudTrail record.
///
/// Where each form of a record keeps a field is in [the module's table](super). Where AWS or a table writes an empty
/// text, there is no value.
#[derive(Clone, Copy)]
pub struct Record<'e> {
    event: &'e Event<'e>,
    value: Value<'e>,
    form: Form,
    original: Option<&'e Original>,
}

impl<'e> Record<'e> {
    /// Of the records of an event only the event itself may have no cell for its original, and one that is not asked for
    /// more than its [`own_values`](Self::own_values).
    pub(super) fn new(event: &'e Event<'e>, value: Value<'e>, form: Form, original: Option<&'e Original>) -> Self {
        Self { event, value, form, original }
    }

    /// Whether the event is a CloudTrail record, or carries one.
    pub fn is_any(event: &Event<'_>) -> bool {
        super::records(event).next().is_some()
    }

    /// The values of a field, by CloudTrail's own dotted name: `userIdentity.arn`, `requestParameters.bucketName`.
    ///
    /// All of them as they stand there, but `eventTime`: see [`timestamp`](Self::timestamp).
    pub fn field(&self, name: &'static str) -> Values<'e> {
        let values = self.value.remembered(Reader::Record, name, &|| self.places(name));
        if name == "eventTime" { self.indexed(values) } else { values }
    }

    /// The places of a field. An empty text is none, but to Elastic.
    fn places(&self, name: &str) -> Vec<Value<'e>> {
        let places = self.listed(name).unwrap_or_else(|| self.find(name));
        match Values::of(places.iter().copied()) {
            Values::One(text) if text.is_empty() && self.form != Form::Elastic => Vec::new(),
            _ => places,
        }
    }

    /// The place that this form has for a field, read as it stands there: that is where it nearly always is.
    fn listed(&self, name: &str) -> Option<Vec<Value<'e>>> {
        let (Form::Elastic | Form::Ocsf, (field, "")) = (self.form, Field::above(name)?) else { return None };
        let places = field.places(self.form).iter().map(|place| self.value.at_known_name(place));
        places.into_iter().find(|found| !Values::of(found.iter().copied()).is_null())
    }

    /// `eventTime`: when the call was made, in UTC and with milliseconds, `2026-11-05T10:20:30.000Z`.
    ///
    /// AWS writes whole seconds, tables write spaces and zones, OCSF also milliseconds since 1970; Elastic's integration
    /// indexes this, and a rule gets it from every form. A time that cannot be read stays as it is.
    pub fn timestamp(&self) -> Values<'e> {
        self.field("eventTime")
    }

    fn indexed(&self, time: Values<'e>) -> Values<'e> {
        let Some(text) = time.single() else { return time };
        let rewritten = match self.form {
            Form::Elastic => None,
            Form::Raw | Form::Prefixed => {
                (text.ends_with('Z') && !text.contains('.')).then(|| text.replace('Z', ".000Z"))
            }
            Form::Ocsf | Form::Udm | Form::Row => Timestamp::parse(text).map(|time| time.to_string()),
        };
        rewritten.map_or(time, |text| Values::One(text.into()))
    }

    /// `eventID`: the record's own id.
    pub fn event_id(&self) -> Values<'e> {
        self.field("eventID")
    }

    /// `eventSource`: the service that was called, `ec2.amazonaws.com`.
    pub fn provider(&self) -> Values<'e> {
        self.field("eventSource")
    }

    /// `eventName`: the call, `ModifySnapshotAttribute`.
    pub fn action(&self) -> Values<'e> {
        self.field("eventName")
    }

    /// Whether the call succeeded: `success` or `failure`, or what Elastic's `event.outcome` says.
    ///
    /// In a raw record and in a row it failed where `errorCode` or `errorMessage` is there and not empty. OCSF says it in
    /// `status` or `status_id` too, UDM in `securityResult.action`.
    pub fn outcome(&self) -> Values<'e> {
        if self.form == Form::Elastic {
            return self.value.known_field("event.outcome");
        }
        match self.value.fact("failed", || self.failed().into()) {
            0 => "success".into(),
            _ => "failure".into(),
        }
    }

    fn failed(&self) -> bool {
        let says = |name, text| {
            let values = names::find(self.event, self.value, name, Compare::ByLetters);
            Values::at(values).is(|value| value.eq_ignore_ascii_case(text)).holds()
        };
        let mut errors = ["errorCode", "errorMessage"].into_iter().flat_map(|name| self.find(name));
        errors.any(|error| java_map::to_text(error).is_some())
            || match self.form {
                Form::Ocsf => says("status", "failure") || says("status_id", "2"),
                Form::Udm => says("securityResult.action", "block") || says("securityResult.action", "fail"),
                Form::Elastic | Form::Raw | Form::Prefixed | Form::Row => false,
            }
    }

    /// `errorCode`: why the call failed. None where it did not.
    pub fn error_code(&self) -> Values<'e> {
        self.field("errorCode")
    }

    /// `awsRegion`: where the call was made, `eu-west-1`.
    pub fn region(&self) -> Values<'e> {
        self.field("awsRegion")
    }

    /// `sourceIPAddress`: from where, an address or the host of an AWS service.
    pub fn source_ip(&self) -> Values<'e> {
        self.field("sourceIPAddress")
    }

    /// `userAgent`: with what.
    pub fn user_agent(&self) -> Values<'e> {
        self.field("userAgent")
    }

    /// `userIdentity.arn`: who called.
    pub fn caller_arn(&self) -> Values<'e> {
        self.field("userIdentity.arn")
    }

    /// `userIdentity.accountId`: the account of the caller. A call by an AWS service has none.
    pub fn caller_account(&self) -> Values<'e> {
        self.field("userIdentity.accountId")
    }

    /// `recipientAccountId`: the account that the record was delivered to.
    pub fn recipient_account(&self) -> Values<'e> {
        self.field("recipientAccountId")
    }

    /// The account whose resources are called for: the caller's, and where that is missing the recipient's.
    pub fn owner_account(&self) -> Values<'e> {
        match self.caller_account() {
            Values::Null => self.recipient_account(),
            account => account,
        }
    }

    /// `userIdentity`: all that is said of the caller.
    pub fn user_identity(&self) -> Part<'e> {
        Part::new(*self, "userIdentity")
    }

    /// `requestParameters`: what was asked for.
    pub fn request_parameters(&self) -> Part<'e> {
        Part::new(*self, "requestParameters")
    }

    /// `responseElements`: what a call that changes something answered.
    pub fn response_elements(&self) -> Part<'e> {
        Part::new(*self, "responseElements")
    }

    /// `additionalEventData`: what belongs to neither.
    pub fn additional_event_data(&self) -> Part<'e> {
        Part::new(*self, "additionalEventData")
    }

    /// `aws.cloudtrail.request_parameters`, as Elastic's integration indexes it: the `toString()` of a Java `HashMap`.
    pub fn request_parameters_text(&self) -> Values<'e> {
        if self.form == Form::Elastic {
            return self.value.known_field("aws.cloudtrail.request_parameters");
        }
        let as_indexed = |parameters: Value<'e>| {
            // What another than AWS wrote down as text was an object.
            let spelled = || crate::envelope::opened(self.event, parameters).map(Event::root);
            let object = if self.form == Form::Raw { None } else { spelled() };
            java_map::to_text(object.unwrap_or(parameters)).map(Cow::<str>::Owned)
        };
        self.own("requestParameters").into_iter().filter_map(as_indexed).collect()
    }

    /// Every place to which CloudTrail's name leads. What a record lacks that was cut down is looked for in the record
    /// that it was made of.
    pub(super) fn find(&self, name: &str) -> Vec<Value<'e>> {
        let found = self.own(name);
        let below = |part: &&str| name.strip_prefix(*part).is_some_and(|rest| rest.starts_with('.'));
        let part = PARTS.into_iter().find(below).unwrap_or(PARTS[0]);
        if found.is_empty() && self.lacks(part) {
            return self.original().map(|original| original.own(name)).unwrap_or_default();
        }
        found
    }

    /// A raw record that has null for it is whole.
    fn lacks(&self, part: &str) -> bool {
        self.own(part).iter().all(|value| value.kind() == Kind::Null && self.form != Form::Raw)
    }

    /// The values of a field, from nowhere else than this record.
    pub(super) fn own_values(&self, name: &str) -> Values<'e> {
        Values::at(self.own(name))
    }

    fn own(&self, name: &str) -> Vec<Value<'e>> {
        let find = |name: &str, how| names::find(self.event, self.value, name, how);
        // Empty where the form keeps it nowhere, none where nothing is known of that.
        let listed = |how| {
            let (field, rest) = Field::above(name)?;
            let places = field.places(self.form).iter().map(|place| find(&[place, rest].concat(), how));
            Some(places.into_iter().find(|found| !found.is_empty()).unwrap_or_default())
        };
        let or =
            |found: Vec<Value<'e>>, other: &dyn Fn() -> Vec<Value<'e>>| if found.is_empty() { other() } else { found };
        match self.form {
            Form::Raw if name.contains('.') => or(self.value.at_name(name), &|| find(name, Compare::Exactly)),
            Form::Raw => self.value.at_name(name),
            Form::Prefixed => {
                let prefix = form::prefix(self.value).unwrap_or_default();
                find(&[prefix, name].concat(), Compare::Exactly)
            }
            Form::Elastic => listed(Compare::Exactly)
                .unwrap_or_else(|| find(&["aws.cloudtrail.", name].concat(), Compare::ByLetters)),
            Form::Ocsf => {
                listed(Compare::Exactly).unwrap_or_else(|| find(&["unmapped.", name].concat(), Compare::Exactly))
            }
            Form::Udm => {
                or(listed(Compare::ByLetters).unwrap_or_default(), &|| labels::find(self.event, self.value, name))
            }
            Form::Row => or(find(name, Compare::ByLetters), &|| listed(Compare::ByLetters).unwrap_or_default()),
        }
    }

    /// The record of the same call that this one carries.
    fn original(&self) -> Option<Record<'e>> {
        struct OfTheEvent(Original);
        let cell = self.original.unwrap_or_else(|| &self.event.cache.get(|| OfTheEvent(Original::new())).0);
        let found = cell.get_or_init(|| {
            let mut search = Search { is: &Form::of, id: &|_, _, _| None, found: Vec::new(), memory: None };
            search.members(self.event, None, self.value, ENVELOPES_DEEP_MAX);
            search.found.into_iter().find(|found| {
                let other = Self::of_found(self.event, found);
                ["eventName", "eventSource", "eventID"].into_iter().all(|name| {
                    let (own, other) = (self.own_values(name), other.own_values(name));
                    own == other || own.is_null() || other.is_null()
                })
            })
        });
        found.as_ref().map(|found| Self::of_found(self.event, found))
    }

    fn of_found<'f>(outer: &'f Event<'f>, found: &'f Found<Form>) -> Record<'f> {
        let (event, value) = found.place(outer);
        Record::new(event, value, found.what, None)
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}", self.form, self.value)
    }
}
