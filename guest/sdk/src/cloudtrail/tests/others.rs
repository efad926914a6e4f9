//! Events of other kinds, and records, in every envelope.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use super::forms::forms;
use super::*;

/// Notices of other services, as their documentation shows them, with texts that a record would hold.
fn notice() -> impl Strategy<Value = Json> {
    let word = select(vec![
        "ModifySnapshotAttribute",
        "ec2.amazonaws.com",
        "2026-11-05T10:20:30Z",
        "{",
        "[]",
        "444455556666",
        "eventName",
        "",
    ]);
    let name = select(vec![
        "eventTime",
        "eventVersion",
        "requestParameters",
        "userIdentity",
        "awsRegion",
        "x",
        "eventID",
        "recipientAccountId",
    ]);
    let inner = vec((name, word.clone()), 0..5)
        .prop_map(|members| members.into_iter().map(|(name, word)| (name, Json::from(word))).collect::<Json>());
    (0..11_usize, word, inner).prop_map(|(kind, word, inner)| match kind {
        0 => json!({"messageId": "m", "receiptHandle": "r", "body": word, "attributes": inner, "eventSource": "aws:sqs", "eventName": word,
            "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:q", "awsRegion": "eu-west-1"}),
        1 => json!({"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:eu-west-1:111122223333:t",
            "Sns": {"Type": "Notification", "Subject": word, "Message": inner.to_string(), "Timestamp": "2026-11-05T10:20:30.000Z"}}),
        2 => json!({"kinesis": {"partitionKey": word, "data": "SGVsbG8="}, "eventSource": "aws:kinesis", "eventVersion": "1.0",
            "eventID": "shardId-000000000006:4959", "eventName": "aws:kinesis:record", "awsRegion": "eu-west-1", "x": inner}),
        3 => json!({"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-west-1", "eventTime": "2026-11-05T10:20:30.000Z",
            "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "AWS:A"}, "requestParameters": {"sourceIPAddress": "192.0.2.1"},
            "responseElements": inner, "s3": {"bucket": {"name": "b"}, "object": {"key": word}}}),
        4 => json!({"eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
            "dynamodb": {"Keys": {"Id": {"S": word}}, "NewImage": inner}, "eventSourceARN": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}),
        5 => json!({"version": "0", "detail-type": "GuardDuty Finding", "source": "aws.guardduty", "detail": {"type": word, "service": {
            "eventFirstSeen": "2026-11-05T10:20:30Z", "action": {"awsApiCallAction": {"api": "ModifySnapshotAttribute",
            "serviceName": "ec2.amazonaws.com", "errorCode": word}}, "additionalInfo": inner}}}),
        6 => json!({"eventVersion": "1.07", "eventTime": "2026-11-05T10:20:30Z", "awsRegion": "eu-west-1", "eventID": "1",
            "eventType": "AwsCloudTrailInsight", "insightDetails": {"state": "Start", "eventSource": "ec2.amazonaws.com",
            "eventName": "ModifySnapshotAttribute", "insightType": word, "insightContext": inner}}),
        7 => json!({"EventPattern": {"source": ["aws.ec2"], "detail": {"eventSource": ["ec2.amazonaws.com"],
            "eventName": ["ModifySnapshotAttribute"], "requestParameters": {"attributeType": [word]}}}, "x": inner}),
        8 => json!({"@timestamp": "2026-11-05T10:20:30.000Z", "event": {"provider": "Microsoft-Windows-Sysmon", "action": word,
            "original": inner.to_string()}, "message": word, "winlog": inner}),
        9 => json!({"eventVersion": 1, "eventSource": "ecs.aliyuncs.com", "eventName": word, "eventTime": "2026-11-05T10:20:30Z",
            "userIdentity": inner, "requestParameters": {"a": word}}),
        _ => json!({"message": word, "log": inner.to_string(), "level": "info", "source": "ec2.amazonaws.com", "name": word}),
    })
}

fn envelope(kind: usize, inner: &Json) -> Json {
    let text = inner.to_string();
    match kind {
        0 => json!({"Type": "Notification", "Message": text}),
        1 => json!({"Records": [{"messageId": "m", "body": text, "eventSource": "aws:sqs"}, {"body": inner}]}),
        2 => json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": text}}]}),
        3 => json!({"logEvents": [{"id": "1", "timestamp": 1, "message": text}], "owner": "111122223333"}),
        4 => {
            json!({"Events": [{"EventId": "1", "EventName": "n", "EventSource": "ec2.amazonaws.com", "CloudTrailEvent": text}]})
        }
        5 => json!({"hits": {"hits": [{"_id": "1", "_source": inner}, {"fields": {"message": [text]}}]}}),
        6 => json!({"result": {"_raw": text, "host": "h"}}),
        7 => json!({"data": {"aws": inner, "integration": "aws"}}),
        8 => json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": text}}]}]}]}),
        9 if inner.is_object() => json!({"message": format!("@cee: {text}")}),
        10 => json!({"schema": {"type": "string"}, "payload": text}),
        11 => {
            json!({"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.ec2", "detail": inner})
        }
        12 => json!([[inner, 1], text]),
        _ => json!({"event.original": text, "agent": {"type": "filebeat"}}),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_of_other_kinds_carry_none_in_whatever_envelope(notice in notice(), kinds in vec(0..14_usize, 0..4)) {
        let mut event = kinds.iter().fold(notice, |inner, kind| envelope(*kind, &inner));
        if event.is_array() {
            event = json!({"Records": event});
        }
        let text = event.to_string();
        prop_assert!(!Record::is_any(&Event::parse(text.as_bytes()).unwrap()), "{}", text);
    }

    /// The property above says something only if a record is found where the notice stands.
    #[test]
    fn records_are_found_in_every_envelope(form in 0..17_usize, kinds in vec(0..14_usize, 0..4)) {
        let forms = forms();
        let mut event = kinds.iter().fold(forms[form % forms.len()].clone(), |inner, kind| envelope(*kind, &inner));
        let objects = |kind: &usize| match kind { 1 | 3 | 4 | 6 | 7 => 2, 2 | 5 => 3, 8 => 5, 12 => 0, _ => 1 };
        let mut deep = kinds.iter().map(objects).sum::<usize>();
        if event.is_array() {
            event = json!({"Records": event});
            deep += 1;
        }
        let text = event.to_string();
        let found = Record::is_any(&Event::parse(text.as_bytes()).unwrap());
        prop_assert_eq!(found, deep <= ENVELOPES_DEEP_MAX, "{}", text);
    }
}
