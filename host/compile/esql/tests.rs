use super::*;
use crate::compile::problem::What;
use crate::compile::testing::{findings, fires, of};

fn fits(commands: &str, event: &str) -> bool {
    let query = format!("from logs-* metadata _id, _index\n{commands}");
    let query = compile(&query).unwrap_or_else(|problem| panic!("{commands}: {problem:?}"));
    fires(&query, event)
}

/// Is what a query reports of an event, or nothing if it does not fire.
fn report(commands: &str, event: &str) -> Option<String> {
    let query = compile(&format!("from x {commands}")).unwrap_or_else(|problem| panic!("{commands}: {problem:?}"));
    findings(&of(&query), event).first().map(|finding| finding.columns.clone())
}

#[test]
fn null_is_neither_true_nor_false() {
    assert!(fits(r#"| where a == "x""#, r#"{"a":"x"}"#) && fits(r#"| where a == "x""#, r#"{"a":["x"]}"#));
    assert!(!fits(r#"| where a != "x""#, "{}") && !fits(r#"| where not a == "x""#, "{}"));
    assert!(!fits(r#"| where not (a == "x" and b == 1)"#, r#"{"a":"x"}"#));
    assert!(fits(r#"| where not (a == "x" and b == 1)"#, r#"{"a":"y"}"#));
    assert!(fits(r#"| where a == "x" or b == "y""#, r#"{"b":"y"}"#));
    assert!(fits("| where a is null", "{}") && fits("| where a is null", r#"{"a":[]}"#));
    assert!(fits("| where a is not null", r#"{"a":["x","y"]}"#));
    // `and` before `or`, and `not` before both.
    assert!(fits(r#"| where a == "x" and not b == "y" or c is null"#, "{}"));
}

#[test]
fn many_values_are_null() {
    let many = r#"{"a":["x","y"],"n":[1,2]}"#;
    for condition in [r#"a == "x""#, r#"a != "x""#, r#"a in ("x")"#, r#"not a in ("z")"#, r#"a like "x*""#, "n > 0"] {
        assert!(!fits(&format!("| where {condition}"), many), "{condition}");
    }
    assert!(fits(r#"| where mv_count(a) == 2 and mv_first(a) == "x" and mv_contains(a, "y")"#, many));
    assert!(fits("| where mv_max(n) == 2", r#"{"n":["1","2"]}"#));
    assert!(!fits(r#"| where a not like "*""#, many) && fits(r#"| where a not like "*""#, "{}"));
}

#[test]
fn patterns_are_whole_and_heed_case() {
    assert!(fits(r#"| where a like "C:\\\\*\\?x""#, r#"{"a":"C:\\tmp?x"}"#));
    assert!(!fits(r#"| where a like "ab*""#, r#"{"a":"ABC"}"#));
    assert!(fits(r#"| where a like ("x*", "ab*")"#, r#"{"a":"abc"}"#));
    assert!(fits(r#"| where a rlike """.*(b|c)[0-9]+""" "#, r#"{"a":"xb12"}"#));
    assert!(!fits(r#"| where a rlike "b[0-9]""#, r#"{"a":"xb1"}"#));
    assert!(fits(r#"| where not a rlike "b.*""#, r#"{"a":"c"}"#) && !fits(r#"| where not a rlike "b.*""#, "{}"));
}

#[test]
fn types_tell_how_values_compare() {
    assert!(fits("| where destination.port in (53, 80)", r#"{"destination.port":"80"}"#));
    assert!(fits("| where process.pid >= 10 and process.pid < 1e3", r#"{"process":{"pid":10}}"#));
    assert!(fits("| where x > 5", r#"{"x":6.5}"#) && fits("| where 5 < x", r#"{"x":"6"}"#));
    assert!(fits(r#"| where event.code == "4104""#, r#"{"event.code":4104}"#));
    assert!(fits(r#"| where source.ip == "::1""#, r#"{"source.ip":"0:0:0:0:0:0:0:1"}"#));
    assert!(fits(r#"| where cidr_match(source.ip, "10.0.0.0/8", "fe80::/10")"#, r#"{"source.ip":"10.1.1.1"}"#));
    assert!(fits("| where okta.client.is_proxy", r#"{"okta":{"client":{"is_proxy":"true"}}}"#));
    assert!(fits("| where a == b", r#"{"a":"x","b":"x"}"#) && !fits("| where a == b", r#"{"a":"x","b":"X"}"#));
    assert!(fits(r#"| where @timestamp > "2024-01-01T00:00:00Z""#, r#"{"@timestamp":"2024-02-01T00:00:00.000Z"}"#));
}

#[test]
fn computes() {
    assert!(fits(r#"| eval n = length(replace(a, "[0-9]+", "")) | where n == 2"#, r#"{"a":"x12y345"}"#));
    assert!(fits(r#"| eval b = to_lower(a), c = b | where c == "äb""#, r#"{"a":"ÄB"}"#));
    assert!(fits(r#"| eval a = concat(a, "y") | where a == "xy""#, r#"{"a":"x"}"#));
    assert!(fits("| eval r = x::double / y::double | where r >= 0.75", r#"{"x":"3","y":4}"#));
    assert!(fits("| where x / y == 0", r#"{"x":3,"y":4}"#) || fits("| where x / y == 0.75", r#"{"x":3,"y":4}"#));
    let case = r#"| eval k = case(a == "x", "one", b is not null, "two", "three") | where k == "#;
    assert!(fits(&format!("{case}\"one\""), r#"{"a":"x"}"#) && fits(&format!("{case}\"two\""), r#"{"b":1}"#));
    assert!(fits(&format!("{case}\"three\""), "{}"));
    assert!(fits(r#"| where coalesce(a, b) == "x""#, r#"{"b":"x"}"#));
    assert!(fits(r#"| where trim(substring(a, 2)) == "b" and locate(a, " ") == 2"#, r#"{"a":"x b "}"#));
    assert!(fits(r#"| where from_base64(a) == "foo" and url_decode(b) == "a b""#, r#"{"a":"Zm9v","b":"a%20b"}"#));
    assert!(fits(r#"| eval b = replace(a, """(\w+)@(\w+)""", "$2.$1\\$") | where b == "y.x$""#, r#"{"a":"x@y"}"#));
    assert!(fits(r#"| where json_extract(a, "$.b[0].c") == "1""#, r#"{"a":"{\"b\":[{\"c\":\"1\"}]}"}"#));
    assert!(fits(r#"| where json_extract(_source, "a.b") == "1""#, r#"{"a":{"b":1}}"#));
}

#[test]
fn dissects() {
    let reported = |pattern: &str, text: &str| {
        report(&format!("| dissect a {pattern} | keep x, y | where x is not null"), &format!(r#"{{"a":"{text}"}}"#))
    };
    let both = |x: &str, y: &str| Some(format!(r#"{{"x":"{x}","y":"{y}"}}"#));
    assert_eq!(reported(r#""<%{x},%{y};""#, "<1,,2;3"), both("1", ",2"));
    assert_eq!(reported(r#""%{x} %{?skip} %{y}""#, "1 2 3 4"), both("1", "3 4"));
    assert_eq!(reported(r#""%{x}-%{y}""#, "1 2"), None);
    assert_eq!(reported(r#""a%{x}-%{y}""#, "b1-2"), None);
    assert_eq!(reported(r#""%{x->} %{y}""#, "1    2"), both("1", "2"));
    assert_eq!(reported(r#""%{+x} %{y} %{+x}" append_separator="+""#, "1 2 3"), both("1+3", "2"));
    assert_eq!(reported(r#""%{+x/2} %{y} %{+x/1}""#, "1 2 3"), both("31", "2"));
    assert_eq!(reported(r#""%{x} %{y} %{x}""#, "1 2 3"), both("3", "2"));
}

#[test]
fn groks() {
    let reported = |pattern: &str, text: &str| {
        report(&format!("| grok a {pattern} | where x is not null | keep x"), &format!(r#"{{"a":"{text}"}}"#))
    };
    assert_eq!(reported(r#""%{IP:x} %{WORD}""#, "at 10.0.0.1 z"), Some(r#"{"x":"10.0.0.1"}"#.into()));
    assert_eq!(reported(r#""n=%{NUMBER:x:int}""#, "n=12"), Some(r#"{"x":12}"#.into()));
    assert_eq!(reported(r#""(?<x>[a-z]+)$""#, "1ab\\n2"), Some(r#"{"x":"ab"}"#.into()));
    assert_eq!(reported(r#""""(?m)b(?<x>.*)c""""#, "ab\\nc"), Some(r#"{"x":"\n"}"#.into()));
    assert_eq!(reported(r#""k%{INT:x}", "v%{INT:x}""#, "v7"), Some(r#"{"x":"7"}"#.into()));
    let dotted = r#"| grok a "(?<E.x>\\d+)" | where `E.x` == "1" and E.x is not null"#;
    assert!(fits(dotted, r#"{"a":"q1"}"#));
}

#[test]
fn rows_columns_and_names() {
    assert_eq!(report("| mv_expand a | where a != \"x\" | keep a", r#"{"a":["x","y"]}"#), Some(r#"{"a":"y"}"#.into()));
    let renamed = report(r#"| rename a as b | where b == "1" | keep b, c*"#, r#"{"a":1,"c":2}"#);
    assert_eq!(renamed, Some(r#"{"b":"1"}"#.into()));
    assert_eq!(
        report(r#"| eval E.n = 1 + 1 | keep E.*, _id, `k/l`, missing | where `k/l` == "v""#, r#"{"k/l":"v"}"#),
        Some(r#"{"E.n":2,"k/l":"v","missing":null}"#.into())
    );
}

#[test]
fn searches_as_a_search_does() {
    assert!(fits(r#"| where match(a, "x")"#, r#"{"a":["x","y"]}"#) && fits(r#"| where not a : "x""#, "{}"));
    assert!(fits(r#"| where message : "root admin""#, r#"{"message":"The ADMIN came"}"#));
    assert!(!fits(r#"| where match(message, "root admin", {"operator": "AND"})"#, r#"{"message":"admin"}"#));
    assert!(fits(r#"| where kql("a: (x* or y) and not b: *")"#, r#"{"a":["q","xy"]}"#));
    let fuzzy = r#"| where match(p, "svchost", {"fuzziness": 1, "max_expansions": 10})"#;
    for (name, near) in [
        ("svchost", true),
        ("svch0st", true),
        ("svhost", true),
        ("svchostt", true),
        ("scvhost", true),
        ("sxxhost", false),
        ("s", false),
    ] {
        assert_eq!(fits(fuzzy, &format!(r#"{{"p":"{name}"}}"#)), near, "{name}");
    }
}

#[test]
fn refuses_in_words() {
    let refused = |query: &str| match compile(query).unwrap_err().what {
        What::Refusal { reason, construct } => (reason, construct),
        What::Mistake { message, .. } => panic!("{query}: {message}"),
    };
    assert_eq!(refused("from x | stats count(*) by a"), (Reason::Counts, "stats".into()));
    assert_eq!(refused("from x | inline stats c = count(*)"), (Reason::Counts, "inline stats".into()));
    let after = "from x | eval t = date_trunc(5 minutes, @timestamp) | stats count(*) by t";
    assert_eq!(refused(after), (Reason::Counts, "stats".into()));
    assert_eq!(refused("from x | limit 10"), (Reason::Counts, "limit".into()));
    assert_eq!(refused("from x | lookup join y on a"), (Reason::Joins, "lookup join".into()));
    assert_eq!(refused("from x | enrich p"), (Reason::Joins, "enrich".into()));
    assert_eq!(refused("from x metadata _ignored | where _ignored == \"a\""), (Reason::Unknowable, "_ignored".into()));
    assert_eq!(refused("from x | where a > now()"), (Reason::Construct, "now()".into()));
    assert_eq!(refused("from x | eval b = replace(a, \"x(?!y)\", \"\")"), (Reason::Construct, "(?!".into()));
    assert_eq!(refused("from x | dissect a \"%{*k} %{&k}\"").0, Reason::Construct);
}

#[test]
fn tells_where_a_mistake_is() {
    let place = |query: &str| {
        let problem = compile(query).unwrap_err();
        assert!(matches!(problem.what, What::Mistake { .. }), "{query}: {problem:?}");
        query[problem.span.start..problem.span.end.min(query.len())].to_owned()
    };
    assert_eq!(place("from x | were a == 1"), "were");
    assert_eq!(place("from x | where a = 1"), "=");
    assert_eq!(place(r#"from x | where a == "x\q""#), r"\q");
    assert_eq!(place(r#"from x | where a rlike "b(c""#), "(c");
    assert_eq!(place("from x | keep a | where b == 1"), "b");
    assert_eq!(place(r#"from x | where length(a) == "x""#), r#"length(a) == "x""#);
    assert_eq!(place("from x | where length(a, b) == 1"), "length(a, b)");
    assert_eq!(place("from x | dissect a \"%{?b}\""), "\"%{?b}\"");
    compile(&format!("from x | where {}a{}", "(".repeat(5_000), ")".repeat(5_000))).unwrap_err();
    let doubling: String = (0..40).map(|_| "| eval a = concat(a, a) ").collect();
    compile(&format!("from x {doubling}| where a == \"b\"")).unwrap_err();
}
