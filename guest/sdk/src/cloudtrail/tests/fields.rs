//! What is read of a record.

use serde_json::json;

use super::forms::forms;
use super::*;

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
        let rows =
            read(&format!(r#"{{"eventName":"n","eventSource":"a.amazonaws.com","eventID":"1","eventTime":{time}}}"#));
        assert_eq!(rows, [format!("Raw n {expected}  success")], "{time}");
    }
    let time = "2024-01-02T03:04:05.678Z";
    for (name, value) in [("time_dt", json!("2024-01-02 03:04:05.678")), ("time", json!(1_704_164_645_678_i64))] {
        assert_eq!(
            field(&json!({"api.operation": "n", "api.service.name": "a.amazonaws.com", name: value}), "eventTime"),
            time
        );
    }
    let row = |value: &str| {
        field(
            &json!({"eventname": "n", "eventsource": "a.amazonaws.com", "awsregion": "r", "eventtime": value}),
            "eventTime",
        )
    };
    assert_eq!([row("2024-01-02 03:04:05.678 UTC"), row("no time")], [time, "no time"]);
    let udm = |value: Json| {
        field(&json!({"metadata": {"log_type": "AWS_CLOUDTRAIL", "event_timestamp": value}}), "eventTime")
    };
    assert_eq!(
        [udm(json!(time)), udm(json!({"seconds": 1_704_164_645, "nanos": 0}))],
        [time, "2024-01-02T03:04:05.000Z"]
    );
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
        let event = format!(r#"{{"eventName":"n","eventSource":"a.amazonaws.com","eventID":"1",{error}}}"#);
        assert_eq!(read(&event), [format!("Raw n   {outcome}")], "{error}");
    }
    let ocsf = |more: Json| {
        let mut event = json!({"api.operation": "n", "api.service.name": "a.amazonaws.com"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(&event.to_string()).remove(0).rsplit(' ').next().unwrap().to_owned()
    };
    for (more, outcome) in [
        (json!({}), "success"),
        (json!({"status": "Success", "status_id": 1}), "success"),
        (json!({"status": "Failure"}), "failure"),
        (json!({"status_id": 2}), "failure"),
        (json!({"api": {"response": {"error": "E"}}}), "failure"),
        (json!({"api": {"response": {"error": null, "message": ""}}}), "success"),
    ] {
        assert_eq!(ocsf(more.clone()), outcome, "{more}");
    }
    for (action, outcome) in [(json!(["ALLOW"]), "success"), (json!("BLOCK"), "failure")] {
        let event = json!({"metadata": {"logType": "AWS_CLOUDTRAIL"}, "securityResult": [{"action": action}]});
        assert_eq!(read(&event.to_string()), [format!("Udm    {outcome}")]);
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
        let event = format!(r#"{{"eventName":"n","eventSource":"a.amazonaws.com","eventID":"1",{members}}}"#);
        assert_eq!(read(&event), [format!("Raw n  {owner} success")]);
    }
    let elastic = r#"{"event":{"action":"n","provider":"a.amazonaws.com"},"aws.cloudtrail.recipient_account_id":"2"}"#;
    assert_eq!(read(elastic), ["Elastic n  2 "]);
}

#[test]
fn every_form_says_the_same() {
    for event in forms() {
        for (name, value) in [
            ("eventName", "n"),
            ("eventSource", "a.amazonaws.com"),
            ("eventTime", "2024-01-02T03:04:05.000Z"),
            ("eventID", "id"),
            ("eventVersion", "1.10"),
            ("awsRegion", "r"),
            ("sourceIPAddress", "192.0.2.1"),
            ("userAgent", "u"),
            ("errorCode", "e"),
            ("recipientAccountId", "2"),
            ("userIdentity.type", "AssumedRole"),
            ("userIdentity.arn", "arn:1"),
            ("userIdentity.accountId", "1"),
            ("userIdentity.principalId", "p"),
            ("userIdentity.accessKeyId", "k"),
            ("userIdentity.sessionContext.sessionIssuer.arn", "arn:2"),
            ("requestParameters.a.b", "x"),
            ("requestParameters.a.c", ""),
            ("requestParameters.d", "y+z"),
            ("responseElements.f", "g"),
            ("additionalEventData.h", "i"),
            ("requestParameters.none", ""),
            ("none", ""),
        ] {
            assert_eq!(field(&event, name), value, "{name} of {event}");
        }
        let event = event.to_string();
        let event = Event::parse(event.as_bytes()).unwrap();
        let record = records(&event).next().unwrap();
        let named = [
            record.event_id(),
            record.error_code(),
            record.region(),
            record.source_ip(),
            record.user_agent(),
            record.caller_arn(),
            record.caller_account(),
            record.recipient_account(),
            record.user_identity().field("arn"),
            record.request_parameters().field("a.b"),
            record.response_elements().field("f"),
            record.additional_event_data().field("h"),
        ];
        let expected = ["id", "e", "r", "192.0.2.1", "u", "arn:1", "1", "2", "arn:1", "x", "g", "i"];
        assert_eq!(named.map(text), expected, "{event:?}");
        assert_eq!(record.request_parameters().field("a.c"), Values::Null, "{event:?}");
    }
}

#[test]
fn a_record_is_read_from_the_one_it_was_made_of_only_if_that_is_the_same() {
    let original = |name: &str| json!({"eventSource": "a.amazonaws.com", "eventName": name, "eventID": "1", "requestParameters": {"a": "b"}});
    let event = |name: &str| json!({"event": {"provider": "a.amazonaws.com", "action": "n"}, "event.original": original(name).to_string()});
    assert_eq!(field(&event("n"), "requestParameters.a"), "b");
    assert_eq!(field(&event("other"), "requestParameters.a"), "");
    // What has parameters has all of them.
    let mut whole = event("n");
    whole["aws.cloudtrail.request_parameters"] = "{c=d}".into();
    assert_eq!([field(&whole, "requestParameters.a"), field(&whole, "requestParameters.c")], ["", "d"]);
    // A record without any was cut down: what else it lacks is read there too.
    let mut failed = original("n");
    failed["errorCode"] = "E".into();
    let cut = json!({"eventSource": "a.amazonaws.com", "eventName": "n", "eventTime": "t", "_raw": failed.to_string()});
    assert_eq!([field(&cut, "errorCode"), field(&cut, "requestParameters.a")], ["E", "b"]);
    assert_eq!(read(&cut.to_string()), ["Raw n t  failure"]);
    // Also where many records lie in one event.
    let many = json!({"hits": [event("n"), event("other"), event("n")]}).to_string();
    let many = Event::parse(many.as_bytes()).unwrap();
    let found: Vec<String> = records(&many).map(|record| text(record.request_parameters().field("a"))).collect();
    assert_eq!(found, ["b", "", "b"]);
}

#[test]
fn the_text_of_the_parameters_is_the_integrations() {
    let raw =
        |parameters: &str| format!(r#"{{"eventName":"n","eventSource":"a.amazonaws.com","eventID":"1"{parameters}}}"#);
    let elastic = |parameters: &str| {
        format!(
            r#"{{"event.action":"n","event.provider":"a.amazonaws.com","aws.cloudtrail.request_parameters":{parameters}}}"#
        )
    };
    for (event, text) in [
        (raw(r#","requestParameters":{"b":[1,{"c":null}],"a":""}"#), "{b=[1]}".into()),
        (raw(r#","requestParameters":{"a":""}"#), Values::Null),
        (raw(""), Values::Null),
        (elastic(r#""{any}""#), "{any}".into()),
        (elastic(r#"{"a":1}"#), Values::Null),
        (
            r#"{"eventname":"n","eventsource":"a.amazonaws.com","requestparameters":"{\"b\":1,\"a\":\"\"}"}"#.into(),
            "{b=1}".into(),
        ),
    ] {
        let parsed = Event::parse(event.as_bytes()).unwrap();
        assert_eq!(records(&parsed).next().unwrap().request_parameters_text(), text, "{event}");
    }
}

#[test]
fn what_lies_in_a_text_is_no_place_of_the_event() {
    let labels = json!([{"key": "errorCode", "value": "E"}]);
    let udm = |target: Json| json!({"metadata": {"log_type": "AWS_CLOUDTRAIL"}, "target": target});
    let target = json!({"resource": {"attribute": {"labels": labels}}});
    assert_eq!(field(&udm(target.clone()), "errorCode"), "E");
    assert_eq!(field(&udm(target.to_string().into()), "errorCode"), "");
    let api = json!({"operation": "n", "service": {"name": "a.amazonaws.com"}});
    let event =
        json!({"api": api, "unmapped": json!({"requestParameters": "{a=b}"}).to_string(), "x": "{c=d}"}).to_string();
    let event = Event::parse(event.as_bytes()).unwrap();
    let record = records(&event).next().unwrap();
    assert_eq!(record.request_parameters().field("a"), "b".into());
    assert_eq!(record.request_parameters_text(), "{a=b}".into());
}
