//! Where records are found, and what is one.

use serde_json::json;

use super::*;

#[test]
fn tells_the_forms_apart() {
    for (event, rows) in [
        (RAW, &[RAW_ROW] as &[&str]),
        (ELASTIC, &[ELASTIC_ROW]),
        (r#"{"eventName":"n","eventSource":"a.amazonaws.com","eventID":"1"}"#, &["Raw n   success"]),
        (
            r#"{"eventName":"n","eventSource":"a.amazonaws.com","userIdentity":{},"requestParameters":null}"#,
            &["Raw n   success"],
        ),
        (r#"{"EventName":"n","event_source":"a.amazonaws.com","AwsRegion":"r"}"#, &["Row n   success"]),
        (r#"{"api":{"operation":"n","service.name":"a.amazonaws.com"}}"#, &["Ocsf n   success"]),
        (r#"{"metadata":{"product_name":"AWS CloudTrail","productEventType":"n"}}"#, &["Udm n   success"]),
        // Raw members beside Elastic's: it is raw.
        (&format!(r#"{{"event.provider":"a.amazonaws.com","event.action":"e",{}"#, &RAW[1..]), &[RAW_ROW]),
        // What carries a record and is one is what it is.
        (
            &format!(r#"{{"event.provider":"a.amazonaws.com","event.action":"e","event.original":{}}}"#, quoted(RAW)),
            &["Elastic e   "],
        ),
        ("{}", &[]),
        (r#"{"event":{"kind":"k"},"message":"text"}"#, &[]),
        // A call alone, a service alone, or both in what is a pattern.
        (r#"{"eventName":"n","eventTime":"t"}"#, &[]),
        (r#"{"eventSource":"a.amazonaws.com","eventTime":"t"}"#, &[]),
        (r#"{"detail":{"eventSource":["a.amazonaws.com"],"eventName":["n"],"requestParameters":{"a":["b"]}}}"#, &[]),
        (r#"{"insightDetails":{"eventSource":"a.amazonaws.com","eventName":"n","insightType":"t"}}"#, &[]),
        // Other services, and other clouds.
        (r#"{"eventName":"n","eventSource":"aws:s3","eventTime":"t","userIdentity":{},"requestParameters":{}}"#, &[]),
        (r#"{"eventName":"n","eventSource":"ecs.aliyuncs.com","eventTime":"t","eventVersion":"1"}"#, &[]),
        (r#"{"event":{"provider":"Microsoft-Windows-Sysmon","action":"n"}}"#, &[]),
        (r#"{"metadata":{"log_type":"OKTA","product_event_type":"n"}}"#, &[]),
    ] {
        assert_eq!(read(event), rows, "{event}");
    }
}

#[test]
fn opens_whatever_carries_a_record() {
    for (record, row) in [(RAW, RAW_ROW), (ELASTIC, ELASTIC_ROW)] {
        let text = quoted(record);
        for name in ["detail", "event.original", "message", "log", "Records", "x", "", "a.b"] {
            for content in [
                record,
                &text,
                &format!("[{record}]"),
                &format!("[[{text}]]"),
                &quoted(&format!(" [{record}]\n")),
                &quoted(&text),
                &quoted(&format!("@cee: {record}\n")),
                &quoted(&format!("<14>Nov  5 10:20:30 host {{tag}} [x]: {record}")),
            ] {
                let event = format!(r#"{{"other":1,"{name}":{content}}}"#);
                assert_eq!(read(&event), [row], "{event}");
            }
        }
        let many = format!(r#"{{"Records":[{record},null,1,"no JSON",{{}},{text},[],{record}]}}"#);
        assert_eq!(read(&many), [row; 3]);
    }
    let lines = format!("{RAW}\n\n {RAW}\r\n");
    assert_eq!(read(&json!({ "message": lines }).to_string()), [RAW_ROW; 2]);
    assert_eq!(read(&json!({ "message": format!("{RAW}\nno JSON") }).to_string()), [""; 0]);
    // A prefix may be so long and no longer, and behind the JSON there may be nothing.
    let prefix = "x".repeat(crate::envelope::PREFIX_BYTES_MAX);
    let message = |text: String| read(&json!({ "message": text }).to_string()).len();
    assert_eq!(
        [message(format!("{prefix}{RAW}")), message(format!("{prefix}x{RAW}")), message(format!("{RAW}x"))],
        [1, 0, 0]
    );
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
fn a_record_that_two_members_carry_counts_once() {
    let named = |id: &str, name: &str| json!({"eventSource": "a.amazonaws.com", "eventName": name, "eventTime": "t", "eventID": id});
    let (one, two, none) = (named("1", "one"), named("2", "two"), named("", "none"));
    let rows = |event: Json| -> Vec<String> {
        read(&event.to_string()).iter().map(|row| row.split(' ').nth(1).unwrap().to_owned()).collect()
    };
    assert_eq!(rows(json!({"log": one.to_string(), "parsed": one})), ["one"]);
    assert_eq!(
        rows(json!({"a": [one, two], "b": [two, one, none], "c": [none, two.to_string()]})),
        ["one", "two", "none", "none"]
    );
    // A list may hold the same record twice: it was delivered twice.
    assert_eq!(rows(json!({"Records": [one, one]})), ["one", "one"]);
}

#[test]
fn a_record_is_found_wherever_its_telling_word_lies() {
    let escaped = RAW.replace("amazonaws", r"ama\u007aonaws");
    let udm = r#"{"metadata":{"log_type":"AWS_CLOUDTRAIL","product_event_type":"n"}}"#;
    let product = r#"{"metadata":{"product_name":"AWS CloudTrail","product_event_type":"n"}}"#;
    for record in [RAW, ELASTIC, &escaped, udm, product] {
        for pad in 0..20 {
            let pad = "z".repeat(pad);
            for record in [record, &quoted(record), &quoted(&quoted(record))] {
                let event = format!(r#"{{"pad":"{pad}","carried":{record}}}"#);
                assert_eq!(read(&event).len(), 1, "{event}");
            }
        }
    }
}
