//! One reading of a CloudTrail record, whatever it arrives as.
//!
//! A record is *raw*, as AWS writes it, or *Elastic*, the document that Elastic's AWS integration makes of it. Either may
//! lie in an envelope, also in several: EventBridge (`detail`), Filebeat and syslog (`message`), Fluent Bit and Docker
//! (`log`), an Elastic document that was not parsed yet (`event.original`), a delivery file (`Records`). An envelope's
//! member is an object or the JSON text of one. What a rule makes of a record is left to the rule.

use std::borrow::Cow;
use std::rc::Rc;

use crate::event::{Event, Value};
use crate::java_map;
use crate::scan::Kind;
use crate::values::Values;

/// How many envelopes may lie in each other.
pub const ENVELOPES_DEEP_MAX: usize = 4;

/// Where an envelope keeps what it carries. The first that leads to a record is taken.
const ENVELOPES: [&str; 5] = ["detail", "event.original", "message", "log", "Records"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Raw,
    Elastic,
}

/// Where a record lies: in the event itself, or in one that was a text in it.
pub(crate) struct Located {
    inner: Option<Rc<Event<'static>>>,
    node: u32,
    form: Form,
}

/// The records of an event. Nearly always it is one at the most, which takes no memory of its own.
#[derive(Default)]
pub(crate) struct Records {
    first: Option<Located>,
    others: Vec<Located>,
}

impl Records {
    fn push(&mut self, record: Located) {
        if self.first.is_none() {
            self.first = Some(record);
        } else {
            self.others.push(record);
        }
    }

    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }
}

impl Event<'_> {
    /// The CloudTrail records in the event: mostly one, none where it is something else.
    pub fn cloudtrail(&self) -> impl Iterator<Item = Record<'_>> {
        let located = self.records.get_or_init(|| {
            let mut records = Records::default();
            locate(self, None, self.root(), ENVELOPES_DEEP_MAX, &mut records);
            records
        });
        located.first.iter().chain(&located.others).map(|at| {
            let event = at.inner.as_deref().unwrap_or(self);
            Record { value: event.value(at.node), form: at.form }
        })
    }
}

fn locate(event: &Event<'_>, inner: Option<&Rc<Event<'static>>>, value: Value<'_>, deep: usize, records: &mut Records) {
    let has = |name| value.known_field(name) != Values::Null;
    let form = if has("eventName") || has("eventSource") {
        Form::Raw
    } else if has("event.action") || has("event.provider") {
        Form::Elastic
    } else if deep > 0 {
        let before = records.len();
        for name in ENVELOPES {
            for content in value.at_name(name) {
                open(event, inner, content, deep - 1, records);
            }
            if records.len() > before {
                return;
            }
        }
        return;
    } else {
        return;
    };
    records.push(Located { inner: inner.cloned(), node: value.node(), form });
}

fn open(event: &Event<'_>, inner: Option<&Rc<Event<'static>>>, content: Value<'_>, deep: usize, records: &mut Records) {
    match content.kind() {
        Kind::Object => locate(event, inner, content, deep, records),
        Kind::Array => {
            for element in content.elements() {
                open(event, inner, element, deep, records);
            }
        }
        Kind::String => {
            if let Some(text) = content.text()
                && let Ok(parsed) = Event::parse(text.into_owned().into_bytes())
            {
                let parsed = Rc::new(parsed);
                locate(&parsed, Some(&parsed), parsed.root(), deep, records);
            }
        }
        Kind::Null | Kind::Boolean | Kind::Number => {}
    }
}

/// One CloudTrail record.
///
/// Its fields have the names and the values that Elastic's AWS integration gives them. In a raw record, a member that
/// is null, empty or holds only such members is none, as the integration drops it.
#[derive(Debug, Clone, Copy)]
pub struct Record<'e> {
    value: Value<'e>,
    form: Form,
}

impl<'e> Record<'e> {
    /// `@timestamp`: when the call was made.
    pub fn timestamp(&self) -> Values<'e> {
        let time = self.field("@timestamp", "eventTime");
        match (self.form, time.single()) {
            // The integration indexes milliseconds; AWS writes whole seconds.
            (Form::Raw, Some(text)) if text.ends_with('Z') && !text.contains('.') => {
                Values::One(Cow::Owned(text.replace('Z', ".000Z")))
            }
            _ => time,
        }
    }

    /// `event.provider`: the service that was called, `ec2.amazonaws.com`.
    pub fn provider(&self) -> Values<'e> {
        self.field("event.provider", "eventSource")
    }

    /// `event.action`: the call, `ModifySnapshotAttribute`.
    pub fn action(&self) -> Values<'e> {
        self.field("event.action", "eventName")
    }

    /// `event.outcome`: `success`, or `failure` where the record holds an error.
    pub fn outcome(&self) -> Values<'e> {
        match self.form {
            Form::Elastic => self.value.known_field("event.outcome"),
            Form::Raw => {
                let mut errors = ["errorCode", "errorMessage"].into_iter().flat_map(|name| self.value.at_name(name));
                if errors.any(|error| java_map::to_text(error).is_some()) { "failure".into() } else { "success".into() }
            }
        }
    }

    /// `aws.cloudtrail.user_identity.arn`: who called.
    pub fn caller_arn(&self) -> Values<'e> {
        self.field("aws.cloudtrail.user_identity.arn", "userIdentity.arn")
    }

    /// `cloud.account.id`: the account of the caller. A call by an AWS service has none.
    pub fn caller_account(&self) -> Values<'e> {
        self.field("cloud.account.id", "userIdentity.accountId")
    }

    /// The account whose resources are called for: the caller's, and in a raw record without caller the recipient's.
    pub fn owner_account(&self) -> Values<'e> {
        match (self.form, self.caller_account()) {
            (Form::Raw, Values::Null) => self.field("", "recipientAccountId"),
            (_, account) => account,
        }
    }

    /// `requestParameters`, to be asked for fields, whether they arrive as an object, as JSON text or as Java's text.
    pub fn request_parameters(&self) -> Parameters<'e> {
        let name = match self.form {
            Form::Raw => "requestParameters",
            Form::Elastic => "aws.cloudtrail.request_parameters",
        };
        let read = |text: &str| {
            let json = |text: &str| Event::parse(text.as_bytes().to_vec()).ok();
            json(text).or_else(|| json(&java_map::to_json(text)?))
        };
        Parameters { record: self.value, name, texts: self.value.known_field(name).iter().filter_map(read).collect() }
    }

    /// `aws.cloudtrail.request_parameters`, as the integration indexes it: the `toString()` of a Java `HashMap`.
    pub fn request_parameters_text(&self) -> Values<'e> {
        match self.form {
            Form::Elastic => self.value.known_field("aws.cloudtrail.request_parameters"),
            Form::Raw => {
                let values = self.value.at_name("requestParameters").into_iter();
                values.filter_map(java_map::to_text).map(Cow::<str>::Owned).collect()
            }
        }
    }

    fn field(&self, elastic: &'static str, raw: &'static str) -> Values<'e> {
        match self.form {
            Form::Elastic => self.value.known_field(elastic),
            Form::Raw => match self.value.known_field(raw) {
                Values::One(text) if text.is_empty() => Values::Null,
                values => values,
            },
        }
    }
}

/// The parameters of a call.
#[derive(Debug)]
pub struct Parameters<'e> {
    record: Value<'e>,
    name: &'static str,
    texts: Vec<Event<'static>>,
}

impl Parameters<'_> {
    /// The values of the parameter with this dotted name. An empty one is none, as the integration drops it.
    pub fn field(&self, name: &str) -> Values<'_> {
        Values::of(self.at_name(name).into_iter().filter(|value| value.text().as_deref() != Some("")))
    }

    /// Every place to which the dotted name leads.
    pub fn at_name(&self, name: &str) -> Vec<Value<'_>> {
        let within = self.record.at_name(&[self.name, ".", name].concat());
        let texts = self.texts.iter().flat_map(|text| text.root().at_name(name));
        within.into_iter().chain(texts).collect()
    }
}
