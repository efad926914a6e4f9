//! One call in every form.

use serde_json::{Value as Json, json};

pub(super) fn forms() -> Vec<Json> {
    let identity = json!({"type": "AssumedRole", "principalId": "p", "arn": "arn:1", "accountId": "1", "accessKeyId": "k",
        "sessionContext": {"sessionIssuer": {"arn": "arn:2", "userName": "issuer"}}});
    let parameters = json!({"a": {"b": "x", "c": ""}, "d": ["y", "z"]});
    let raw = json!({
        "eventVersion": "1.10", "userIdentity": identity, "eventTime": "2024-01-02T03:04:05Z", "eventSource": "a.amazonaws.com",
        "eventName": "n", "awsRegion": "r", "sourceIPAddress": "192.0.2.1", "userAgent": "u", "errorCode": "e",
        "requestParameters": parameters, "responseElements": {"f": "g"}, "additionalEventData": {"h": "i"},
        "eventID": "id", "recipientAccountId": "2",
    });
    let texts = |record: &Json, names: &[&str]| {
        let mut record = record.clone();
        names.iter().for_each(|name| record[*name] = record[*name].to_string().into());
        record
    };
    let parts = ["requestParameters", "responseElements", "additionalEventData"];
    let renamed = |record: &Json, rename: &dyn Fn(&str) -> String| -> Json {
        record.as_object().unwrap().iter().map(|(name, value)| (rename(name), value.clone())).collect()
    };
    let snake = |name: &str| -> String {
        let name = name.replace("ID", "Id").replace("IPA", "IpA");
        name.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase())).collect()
    };
    let mut flat = texts(&raw, &parts);
    let flat_identity =
        [("Type", "AssumedRole"), ("PrincipalId", "p"), ("Arn", "arn:1"), ("AccountId", "1"), ("AccessKeyId", "k")];
    flat.as_object_mut().unwrap().shift_remove("userIdentity");
    let mut fivetran = renamed(&flat, &snake);
    let mut sentinel = renamed(&flat, &|name| name[..1].to_uppercase() + &name[1..]);
    for (name, value) in flat_identity {
        sentinel[format!("UserIdentity{name}")] = value.into();
        fivetran[format!("user_identity{}", snake(name))] = value.into();
    }
    sentinel["SessionIssuerArn"] = "arn:2".into();
    sentinel["AwsEventId"] = sentinel.as_object_mut().unwrap().shift_remove("EventID").unwrap();
    fivetran["user_identity_session_context_session_issuer_arn"] = "arn:2".into();
    let mut athena = renamed(&texts(&raw, &parts), &|name| name.to_lowercase());
    athena["useridentity"] = "{type=AssumedRole, principalid=p, arn=arn:1, accountid=1, accesskeyid=k, sessioncontext={sessionissuer={arn=arn:2}}}".into();
    athena["eventtime"] = "2024-01-02 03:04:05".into();
    let elastic = |texts: Json| {
        json!({
            "@timestamp": "2024-01-02T03:04:05.000Z", "cloud": {"account": {"id": "1"}, "region": "r"},
            "event": {"provider": "a.amazonaws.com", "action": "n", "id": "id"}, "user.id": "p", "user_agent.original": "u",
            "source.address": "192.0.2.1",
            "aws.cloudtrail": texts, "aws": {"cloudtrail": {"error_code": "e", "recipient_account_id": "2", "event_version": "1.10",
                "user_identity": {"type": "AssumedRole", "arn": "arn:1", "access_key_id": "k",
                    "session_context.session_issuer.arn": "arn:2"}}},
        })
    };
    let mut retained = elastic(json!({}));
    retained["event.original"] = raw.to_string().into();
    let mut dotted = raw.clone();
    dotted.as_object_mut().unwrap().retain(|name, _| !name.starts_with("request") && !name.starts_with("user"));
    for (name, value) in [
        ("requestParameters.a.b", "x"),
        ("requestParameters.d{}", "y"),
        ("requestParameters.d.1", "z"),
        ("requestParameters.a.c", ""),
        ("userIdentity.type", "AssumedRole"),
        ("userIdentity.arn", "arn:1"),
        ("userIdentity.accountId", "1"),
        ("userIdentity.principalId", "p"),
        ("userIdentity.accessKeyId", "k"),
        ("userIdentity.sessionContext.sessionIssuer.arn", "arn:2"),
        ("userAgent", "u"),
    ] {
        dotted[name] = value.into();
    }
    let prefixed: Json =
        dotted.as_object().unwrap().iter().map(|(name, value)| (format!("data.aws.{name}"), value.clone())).collect();
    let mut splunk = raw.clone();
    splunk.as_object_mut().unwrap().retain(|name, _| !parts.contains(&&**name));
    splunk["_raw"] = raw.to_string().into();
    let label = |key: &str, value: &str| json!({"key": key, "value": value});
    vec![
        raw.clone(),
        texts(&raw, &parts),
        texts(&raw, &["requestParameters", "responseElements", "additionalEventData", "userIdentity"]),
        dotted,
        prefixed,
        splunk,
        athena,
        sentinel,
        fivetran,
        elastic(
            json!({"request_parameters": "{a={b=x, c=}, d=[y, z]}", "response_elements": "{f=g}", "additional_eventdata": "{h=i}"}),
        ),
        elastic(
            json!({"request_parameters": parameters, "response_elements": r#"{"f":"g"}"#, "additional_eventdata": ["{h=i}"]}),
        ),
        elastic(
            json!({"flattened": {"request_parameters": parameters, "response_elements": {"f": "g"}, "additional_eventdata": {"h": "i"}}}),
        ),
        retained,
        json!({
            "metadata": {"uid": "id", "product": {"name": "CloudTrail", "version": "1.10"}}, "time_dt": "2024-01-02 03:04:05",
            "api": {"operation": "n", "service": {"name": "a.amazonaws.com"}, "request": {"data": parameters.to_string()},
                "response": {"error": "e", "data": {"f": "g"}}},
            "cloud": {"region": "r"}, "src_endpoint": {"ip": "192.0.2.1"}, "http_request": {"user_agent": "u"},
            "actor": {"user": {"uid": "arn:1", "uid_alt": "p", "type": "AssumedRole", "credential_uid": "k", "account": {"uid": "1"}},
                "session": {"issuer": "arn:2"}},
            "unmapped": {"recipientAccountId": "2", "additionalEventData.h": "i"},
        }),
        json!({
            "metadata": {"uid": "id", "product": {"name": "CloudTrail", "version": "1.10"}}, "time": 1_704_164_645_000_i64,
            "api": {"operation": "n", "service": {"name": "a.amazonaws.com"}, "response": {"error": "e"}},
            "cloud": {"region": "r"}, "src_endpoint": {"ip": "192.0.2.1"}, "http_request": {"user_agent": "u"},
            "actor": {"user": {"uuid": "arn:1", "uid": "p", "type": "AssumedRole", "credential_uid": "k", "account_uid": "1"},
                "session": {"issuer": "arn:2"}},
            "unmapped": {"recipientAccountId": "2", "additionalEventData": "{\"h\":\"i\"}", "responseElements.f": "g",
                "requestParameters": {"a.b": "x", "d.0": "y", "d.1": "z", "a.c": ""}},
        }),
        json!({
            "metadata": {"log_type": "AWS_CLOUDTRAIL", "product_event_type": "n", "product_log_id": "id", "product_version": "1.10",
                "event_timestamp": "2024-01-02T03:04:05Z"},
            "principal": {"ip": ["192.0.2.1"], "location": {"name": "r"}, "resource": {"type": "AssumedRole"},
                "user": {"userid": "arn:1", "product_object_id": "p", "attribute": {"labels": [
                    label("userIdentity.accountId", "1"), label("userIdentity.accessKeyId", "k"),
                    label("userIdentity.sessionContext.sessionIssuer.arn", "arn:2")]}}},
            "target": {"application": "a.amazonaws.com", "resource": {"attribute": {"labels": [
                label("Request Parameters a b", "x"), label("requestParameters.d.0", "y"), label("requestParameters.d.1", "z"),
                label("responseElements.f", "g"), label("additionalEventData.h", "i"), label("errorCode", "e")]}}},
            "network": {"http": {"user_agent": "u"}},
            "additional": {"fields": {"recipientAccountId": {"stringValue": "2"}}},
        }),
    ]
}
