//! One reading of a CloudTrail record, whatever it arrives as.
//!
//! A record is *raw*, as AWS writes it, or *Elastic*, the document that Elastic's AWS integration makes of it. Either may
//! lie in an envelope, also in several: EventBridge (`detail`), Filebeat and syslog (`message`), Fluent Bit and Docker
//! (`log`), an Elastic document that was not parsed yet (`event.original`), a delivery file (`Records`). An envelope's
//! member is an object or the JSON text of one. What a rule makes of a record is left to the rule.

use std::borrow::Cow;
use std::rc::Rc;

use crate::event::{Event, Place, Value};
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
    place: Place,
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
            Record { value: event.value(at.place), form: at.form }
        })
    }
}

fn locate(event: &Event<'_>, inner: Option<&Rc<Event<'static>>>, value: Value<'_>, deep: usize, records: &mut Records) {
    let has = |name| !value.known_field(name).is_null();
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
    records.push(Located { inner: inner.cloned(), place: value.place(), form });
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
                Values::One(text.replace('Z', ".000Z").into())
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
            (Form::Raw, Values::Null) => self.raw_field("recipientAccountId"),
            (_, account) => account,
        }
    }

    /// `requestParameters`, to be asked for fields, whether they arrive as an object, as JSON text or as Java's text.
    pub fn request_parameters(&self) -> Parameters<'e> {
        let name = self.parameters_name();
        let read = |text: &str| {
            let json = |text: &str| Event::parse(text.as_bytes().to_vec()).ok();
            json(text).or_else(|| json(&java_map::to_json(text)?))
        };
        Parameters { record: self.value, name, texts: self.value.known_field(name).iter().filter_map(read).collect() }
    }

    /// `aws.cloudtrail.request_parameters`, as the integration indexes it: the `toString()` of a Java `HashMap`.
    pub fn request_parameters_text(&self) -> Values<'e> {
        match self.form {
            Form::Elastic => self.value.known_field(self.parameters_name()),
            Form::Raw => {
                let values = self.value.at_name(self.parameters_name()).into_iter();
                values.filter_map(java_map::to_text).map(Cow::<str>::Owned).collect()
            }
        }
    }

    fn parameters_name(&self) -> &'static str {
        match self.form {
            Form::Raw => "requestParameters",
            Form::Elastic => "aws.cloudtrail.request_parameters",
        }
    }

    fn field(&self, elastic: &'static str, raw: &'static str) -> Values<'e> {
        match self.form {
            Form::Elastic => self.value.known_field(elastic),
            Form::Raw => self.raw_field(raw),
        }
    }

    fn raw_field(&self, name: &'static str) -> Values<'e> {
        match self.value.known_field(name) {
            Values::One(text) if text.is_empty() => Values::Null,
            values => values,
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of each record: its form, call, time, owner and outcome.
    fn read(event: &str) -> Vec<String> {
        let event = Event::parse(event.as_bytes()).unwrap();
        let text = |values: Values<'_>| values.iter().collect::<Vec<_>>().join("+");
        let row = |record: Record<'_>| {
            let fields = [record.action(), record.timestamp(), record.owner_account(), record.outcome()].map(text);
            format!("{:?} {}", record.form, fields.join(" "))
        };
        event.cloudtrail().map(row).collect()
    }

    const RAW: &str =
        r#"{"eventSource":"s","eventName":"n","eventTime":"2024-01-02T03:04:05Z","userIdentity":{"accountId":"1"}}"#;
    const ELASTIC: &str =
        r#"{"@timestamp":"t","event":{"provider":"s","action":"n","outcome":"success"},"cloud.account.id":"1"}"#;
    const RAW_ROW: &str = "Raw n 2024-01-02T03:04:05.000Z 1 success";
    const ELASTIC_ROW: &str = "Elastic n t 1 success";

    fn quoted(json: &str) -> String {
        serde_json::Value::from(json).to_string()
    }

    #[test]
    fn tells_the_forms_apart() {
        for (event, rows) in [
            (RAW, &[RAW_ROW] as &[&str]),
            (ELASTIC, &[ELASTIC_ROW]),
            (r#"{"eventName":"n"}"#, &["Raw n   success"]),
            (r#"{"eventSource":"s"}"#, &["Raw    success"]),
            (r#"{"event.provider":"s"}"#, &["Elastic    "]),
            (r#"{"eventName":null,"event.action":"n"}"#, &["Elastic n   "]),
            (r#"{"eventName":[],"event":{"action":["n"]}}"#, &["Elastic n   "]),
            // Raw members beside Elastic's: it is raw.
            (r#"{"eventName":"r","event.action":"e"}"#, &["Raw r   success"]),
            // What carries a record and is one is what it is.
            (&format!(r#"{{"event.action":"e","event.original":{}}}"#, quoted(RAW)), &["Elastic e   "]),
            (&format!(r#"{{"eventName":"r","detail":{ELASTIC}}}"#), &["Raw r   success"]),
            ("{}", &[]),
            (r#"{"event":{"kind":"k"},"message":"text"}"#, &[]),
        ] {
            assert_eq!(read(event), rows, "{event}");
        }
    }

    #[test]
    fn opens_every_envelope() {
        for (record, row) in [(RAW, RAW_ROW), (ELASTIC, ELASTIC_ROW)] {
            let text = quoted(record);
            for name in ["detail", "event.original", "message", "log", "Records"] {
                for content in [record, &text, &format!("[{record}]"), &format!("[[{text}]]")] {
                    let event = format!(r#"{{"other":1,"{name}":{content}}}"#);
                    assert_eq!(read(&event), [row], "{event}");
                }
            }
            let nested = format!(r#"{{"event":{{"original":{text},"kind":"k"}}}}"#);
            assert_eq!(read(&nested), [row]);
            let many = format!(r#"{{"Records":[{record},null,1,"no JSON",{{}},{text},[],{record}]}}"#);
            assert_eq!(read(&many), [row; 3]);
        }
    }

    #[test]
    fn the_first_envelope_that_leads_to_a_record_is_taken() {
        let named = |name: &str| format!(r#"{{"eventName":"{name}"}}"#);
        let event = format!(
            r#"{{"log":{},"message":"no JSON","detail":{{"x":1}},"event.original":{}}}"#,
            quoted(&named("log")),
            quoted(&named("original"))
        );
        assert_eq!(read(&event), ["Raw original   success"]);
    }

    #[test]
    fn envelopes_lie_in_each_other_so_deep_and_no_deeper() {
        for as_text in [true, false] {
            let mut event = RAW.to_owned();
            for deep in 0..=ENVELOPES_DEEP_MAX + 1 {
                let rows: &[&str] = if deep <= ENVELOPES_DEEP_MAX { &[RAW_ROW] } else { &[] };
                assert_eq!(read(&event), rows, "{deep}");
                event = format!(r#"{{"message":{}}}"#, if as_text { quoted(&event) } else { event });
            }
        }
    }

    #[test]
    fn reads_times_as_they_are_indexed() {
        for (time, expected) in [
            (r#""2024-01-02T03:04:05Z""#, "2024-01-02T03:04:05.000Z"),
            (r#""2024-01-02T03:04:05.1Z""#, "2024-01-02T03:04:05.1Z"),
            (r#""2024-01-02T03:04:05+01:00""#, "2024-01-02T03:04:05+01:00"),
            (r#""""#, ""),
            ("[]", ""),
            (r#"["aZ","bZ"]"#, "aZ+bZ"),
        ] {
            let rows = read(&format!(r#"{{"eventName":"n","eventTime":{time}}}"#));
            assert_eq!(rows, [format!("Raw n {expected}  success")], "{time}");
        }
    }

    #[test]
    fn an_error_is_a_failure_unless_the_integration_drops_it() {
        for (error, outcome) in [
            (r#""errorCode":"E""#, "failure"),
            (r#""errorMessage":"m""#, "failure"),
            (r#""errorMessage":0"#, "failure"),
            (r#""errorCode":false"#, "failure"),
            (r#""errorCode":"","errorMessage":"m""#, "failure"),
            (r#""errorCode":null"#, "success"),
            (r#""errorCode":"""#, "success"),
            (r#""errorCode":[null,"",{"a":[]}]"#, "success"),
            (r#""errorcode":"E""#, "success"),
        ] {
            assert_eq!(read(&format!(r#"{{"eventName":"n",{error}}}"#)), [format!("Raw n   {outcome}")], "{error}");
        }
    }

    #[test]
    fn the_owner_is_the_caller_or_else_the_recipient() {
        for (members, owner) in [
            (r#""userIdentity":{"accountId":"1"},"recipientAccountId":"2""#, "1"),
            (r#""userIdentity":{"accountId":""},"recipientAccountId":"2""#, "2"),
            (r#""userIdentity":{"invokedBy":"s"},"recipientAccountId":2"#, "2"),
            (r#""recipientAccountId":"""#, ""),
        ] {
            assert_eq!(read(&format!(r#"{{"eventName":"n",{members}}}"#)), [format!("Raw n  {owner} success")]);
        }
        let elastic = read(r#"{"event.action":"n","recipientAccountId":"2"}"#);
        assert_eq!(elastic, ["Elastic n   "]);
    }

    #[test]
    fn parameters_are_an_object_or_a_text_of_one() {
        let json = r#"{"a":{"b":"x","c":""},"d":["y","z"]}"#;
        let java = "{a={b=x, c=}, d=[y, z]}";
        for event in [
            format!(r#"{{"eventName":"n","requestParameters":{json}}}"#),
            format!(r#"{{"eventName":"n","requestParameters":{}}}"#, quoted(json)),
            format!(r#"{{"event.action":"n","aws.cloudtrail.request_parameters":{json}}}"#),
            format!(r#"{{"event.action":"n","aws":{{"cloudtrail":{{"request_parameters":{}}}}}}}"#, quoted(json)),
            format!(r#"{{"event.action":"n","aws.cloudtrail":{{"request_parameters":["{java}"]}}}}"#),
        ] {
            let event = Event::parse(event.as_bytes()).unwrap();
            let record = event.cloudtrail().next().unwrap();
            let parameters = record.request_parameters();
            assert_eq!(parameters.field("a.b"), "x".into(), "{event:?}");
            assert_eq!(parameters.field("a.c"), Values::Null, "{event:?}");
            assert_eq!(parameters.field("d"), ["y", "z"].into_iter().collect(), "{event:?}");
            assert_eq!(parameters.at_name("a").len(), 1, "{event:?}");
        }
        let event = Event::parse(br#"{"eventName":"n","requestParameters":"no map"}"#.as_slice()).unwrap();
        assert_eq!(event.cloudtrail().next().unwrap().request_parameters().field("a"), Values::Null);
    }

    #[test]
    fn the_text_of_the_parameters_is_the_integrations() {
        for (event, text) in [
            (r#"{"eventName":"n","requestParameters":{"b":[1,{"c":null}],"a":""}}"#, "{b=[1]}".into()),
            (r#"{"eventName":"n","requestParameters":{"a":""}}"#, Values::Null),
            (r#"{"eventName":"n"}"#, Values::Null),
            (r#"{"event.action":"n","aws.cloudtrail.request_parameters":"{any}"}"#, "{any}".into()),
            (r#"{"event.action":"n","aws.cloudtrail.request_parameters":{"a":1}}"#, Values::Null),
        ] {
            let parsed = Event::parse(event.as_bytes()).unwrap();
            assert_eq!(parsed.cloudtrail().next().unwrap().request_parameters_text(), text, "{event}");
        }
    }
}
