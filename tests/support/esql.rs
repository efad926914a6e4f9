//! The query that the first rule stands for, read in the most obvious way: step by step over values that are built,
//! whatever it costs.

use serde_json::{Map, Value, json};

/// Every scalar to which the dotted name leads, as text. Lists are gone through.
fn field(value: &Value, name: &str) -> Vec<String> {
    fn walk(value: &Value, way: &str, name: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (own, value) in members.iter().filter(|(own, _)| !own.is_empty()) {
                    walk(value, &if way.is_empty() { own.clone() } else { format!("{way}.{own}") }, name, found);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| walk(element, way, name, found)),
            _ if way != name => {}
            Value::Null => {}
            Value::String(text) => found.push(text.clone()),
            scalar => found.push(scalar.to_string()),
        }
    }
    let mut found = Vec::new();
    walk(value, "", name, &mut found);
    found
}

fn single(values: &[String]) -> Option<&str> {
    if let [value] = values { Some(value) } else { None }
}

fn column(values: &[String]) -> Value {
    match values {
        [] => Value::Null,
        [value] => value.as_str().into(),
        values => values.into(),
    }
}

/// snapshotId, attributeType, operationType and userId.
fn dissect(text: &str) -> Option<[String; 4]> {
    let rest = text.strip_prefix('{').filter(|rest| !rest.is_empty())?;
    let (_, rest) = rest.split_once('=')?;
    let (snapshot, rest) = rest.split_once(',')?;
    let (_, rest) = rest.split_once('=')?;
    let (attribute, rest) = rest.split_once(',')?;
    let (_, rest) = rest.split_once("={")?;
    let (operation, rest) = rest.split_once("={")?;
    let (_, rest) = rest.split_once("=[{")?;
    let (_, rest) = rest.split_once('=')?;
    let (user, _) = rest.split_once("}]}}}")?;
    Some([snapshot, attribute, operation, user].map(str::to_owned))
}

/// The row that the query keeps of a document in Elastic's form.
pub(crate) fn document(document: &Value) -> Option<String> {
    let get = |name| field(document, name);
    let is = |name, text| single(&get(name)) == Some(text);
    let kept = is("event.provider", "ec2.amazonaws.com")
        && is("event.action", "ModifySnapshotAttribute")
        && is("event.outcome", "success");
    if !kept {
        return None;
    }
    let mut dissected = [const { Vec::new() }; 4];
    for values in get("aws.cloudtrail.request_parameters").iter().filter_map(|text| dissect(text)) {
        dissected.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    let [snapshot, attribute, operation, user] = dissected;
    let account = get("cloud.account.id");
    if single(&operation)? != "add" || single(&account)? == single(&user)? {
        return None;
    }
    let row = json!({
        "@timestamp": column(&get("@timestamp")),
        "aws.cloudtrail.user_identity.arn": column(&get("aws.cloudtrail.user_identity.arn")),
        "cloud.account.id": column(&account),
        "event.action": column(&get("event.action")),
        "snapshotId": column(&snapshot),
        "attributeType": column(&attribute),
        "operationType": column(&operation),
        "userId": column(&user),
    });
    Some(row.to_string())
}

/// The row that the query keeps of the document that the integration makes of a raw record.
pub(crate) fn record(record: &Value) -> Option<String> {
    // Without both, nothing tells that it is a record.
    let is_service = |host: &String| host.ends_with(".amazonaws.com") || host.ends_with(".amazonaws.com.cn");
    if !field(record, "eventSource").iter().any(is_service) || field(record, "eventName").is_empty() {
        return None;
    }
    let failed = ["errorCode", "errorMessage"].iter().any(|name| java_text(&record[*name]).is_some());
    let time = match single(&field(record, "eventTime")) {
        Some(time) if time.ends_with('Z') && !time.contains('.') => json!(time.replace('Z', ".000Z")),
        _ => record["eventTime"].clone(),
    };
    let mut made = Map::new();
    for (name, value) in [
        ("@timestamp", time),
        ("aws.cloudtrail.user_identity.arn", record["userIdentity"]["arn"].clone()),
        ("cloud.account.id", record["userIdentity"]["accountId"].clone()),
        ("event.action", record["eventName"].clone()),
        ("event.provider", record["eventSource"].clone()),
        ("event.outcome", json!(if failed { "failure" } else { "success" })),
        ("aws.cloudtrail.request_parameters", json!(java_text(&record["requestParameters"]))),
    ] {
        if value != "" {
            made.insert(name.into(), value);
        }
    }
    document(&Value::Object(made))
}

/// A Java `HashMap`, as far as the order of its members goes.
struct HashMap {
    slots: Vec<Vec<(String, Option<String>)>>,
    count: usize,
}

impl HashMap {
    fn slot(&self, key: &str) -> usize {
        let hash = key.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
        let hash = (hash ^ ((hash as u32) >> 16) as i32) as u32;
        hash as usize & (self.slots.len() - 1)
    }

    fn put(&mut self, key: String, value: Option<String>) {
        let slot = self.slot(&key);
        self.slots[slot].push((key, value));
        self.count += 1;
        if self.count > self.slots.len() * 3 / 4 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![Vec::new(); old.len() * 2];
            for (key, value) in old.into_iter().flatten() {
                let slot = self.slot(&key);
                self.slots[slot].push((key, value));
            }
        }
    }
}

/// `toString()` of a value, once null, `""` and what holds nothing else were dropped. Numbers are whole ones.
pub(crate) fn java_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(elements) => {
            let texts: Vec<String> = elements.iter().filter_map(java_text).collect();
            (!texts.is_empty()).then(|| format!("[{}]", texts.join(", ")))
        }
        Value::Object(members) => {
            let mut map = HashMap { slots: vec![Vec::new(); 16], count: 0 };
            for (key, value) in members {
                map.put(key.clone(), java_text(value));
            }
            let left = map.slots.into_iter().flatten().filter_map(|(key, value)| Some(format!("{key}={}", value?)));
            let texts: Vec<String> = left.collect();
            (!texts.is_empty()).then(|| format!("{{{}}}", texts.join(", ")))
        }
    }
}

/// Says whether an event is a document in Elastic's form already.
pub(crate) fn is_document(event: &Value) -> bool {
    !field(event, "event.action").is_empty()
        && !field(event, "aws.cloudtrail.request_parameters").is_empty()
        && field(event, "eventName").is_empty()
}
