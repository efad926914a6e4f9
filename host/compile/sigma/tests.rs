use super::*;
use crate::compile::ir::{Notice, Severity};
use crate::compile::problem::{Reason, What};
use crate::compile::testing::{findings, fires_rule};

/// A rule around a detection, of a log source that nothing is known of.
fn rule(detection: &str) -> String {
    let detection: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: Test\nlogsource:\n  product: some\nlevel: high\ndetection:\n{detection}")
}

fn compile(text: &str) -> Result<Rule, Problem> {
    let mut documents = rules(text, &Sources::built_in());
    assert_eq!(documents.len(), 1);
    documents.remove(0).rule
}

/// Says whether a selection fits an event.
fn fits(selection: &str, event: &str) -> bool {
    let selection: String = selection.lines().map(|line| format!("\n  {line}")).collect();
    let rule = compile(&rule(&format!("sel:{selection}\ncondition: sel"))).unwrap_or_else(|problem| {
        panic!("{selection}: {problem:?}");
    });
    fires_rule(&rule, event)
}

#[test]
fn the_tables_are_right() {
    Sources::built_in();
}

#[test]
fn compares_texts_without_case() {
    assert!(fits("a: Straße", r#"{"a":"STRAßE"}"#));
    assert!(!fits("a: straße", r#"{"a":"strasse"}"#));
    assert!(fits("a|cased: Ab", r#"{"a":"Ab"}"#) && !fits("a|cased: Ab", r#"{"a":"AB"}"#));
    assert!(fits("a: [x, Y]", r#"{"a":["q","y"]}"#));
    assert!(
        fits("a: 4688", r#"{"a":4688}"#) && fits("a: '4688'", r#"{"a":4688}"#) && fits("a: 4688", r#"{"a":"4688"}"#)
    );
    assert!(fits("a: true", r#"{"a":"True"}"#) && fits("a: 'true'", r#"{"a":true}"#));
    assert!(fits("a.b: x", r#"{"a.b":"x"}"#) && fits("a.b: x", r#"{"a":[{"b":"x"}]}"#));
}

#[test]
fn wildcards_act_and_can_be_escaped() {
    assert!(fits(r"a: 'C:\*\cmd.ex?'", r#"{"a":"C:*\\cmd.exe"}"#));
    assert!(!fits(r"a: 'C:\*\cmd.ex?'", r#"{"a":"C:\\x\\cmd.exe"}"#));
    assert!(fits(r"a: 'C:\\*\cmd.ex?'", r#"{"a":"C:\\x\\cmd.exe"}"#));
    assert!(fits(r"a|contains: '\Temp\'", r#"{"a":"c:\\temp\\x"}"#));
    assert!(fits(r"a|endswith: '\\'", r#"{"a":"c:\\"}"#) && !fits(r"a|startswith: '\\\\'", r#"{"a":"\\x"}"#));
    assert!(fits("a|startswith: 'x*z'", r#"{"a":"xyzq"}"#));
}

#[test]
fn null_is_missing_null_or_empty() {
    for event in ["{}", r#"{"a":null}"#, r#"{"a":""}"#, r#"{"a":[]}"#] {
        assert!(fits("a: null", event), "{event}");
    }
    assert!(!fits("a: null", r#"{"a":" "}"#) && !fits("a: null", r#"{"a":0}"#));
    assert!(fits("a: ''", r#"{"a":""}"#) && !fits("a: ''", "{}"));
    assert!(fits("a: [null, x]", "{}") && fits("a: [null, x]", r#"{"a":"X"}"#));
    assert!(fits("a|exists: true", r#"{"a":""}"#) && fits("a|exists: false", "{}"));
}

#[test]
fn lists_mean_or_and_mappings_and() {
    assert!(fits("- a: 1\n  b: 2\n- c: 3", r#"{"c":3}"#) && !fits("- a: 1\n  b: 2\n- c: 3", r#"{"a":1}"#));
    assert!(fits("a|contains|all: [x, y]", r#"{"a":"y-x"}"#) && !fits("a|contains|all: [x, y]", r#"{"a":"x"}"#));
    assert!(fits("a|contains|all: [x, y]", r#"{"a":["x","y"]}"#));
    assert!(fits("a|neq: [x, y]", r#"{"a":"z"}"#) && !fits("a|neq: [x, y]", r#"{"a":"Y"}"#) && fits("a|neq: x", "{}"));
}

#[test]
fn keywords_lie_anywhere() {
    assert!(fits("- root\n- admin", r#"{"m":{"n":["the ROOT user"]}}"#));
    assert!(!fits("- root", r#"{"root":"x"}"#));
    assert!(fits("'|all': [ab, cd]", r#"{"x":"1ab","y":"cd2"}"#) && !fits("'|all': [ab, cd]", r#"{"x":"ab"}"#));
    assert!(fits("'|re': 'a.c'", r#"{"x":"zabcz"}"#));
    assert!(fits("- root\n- a: 1", r#"{"a":1}"#));
}

#[test]
fn compares_numbers_networks_and_fields() {
    assert!(fits("a|gte: 10", r#"{"a":"10"}"#) && !fits("a|gt: 9", r#"{"a":"x"}"#) && fits("a|lt: 1.5", r#"{"a":1}"#));
    assert!(fits("a|cidr: 10.0.0.0/8", r#"{"a":"10.9.8.7"}"#) && !fits("a|cidr: 10.0.0.0/8", r#"{"a":"11.0.0.1"}"#));
    assert!(fits("a|cidr: ['fe80::/10', '1.2.3.4/32']", r#"{"a":"FE80:0::1"}"#));
    assert!(fits("a|fieldref: b", r#"{"a":"X","b":["y","x"]}"#) && !fits("a|fieldref: b", r#"{"a":"x"}"#));
    assert!(fits("a|fieldref|endswith: b", r#"{"a":"c:\\X","b":"x"}"#));
}

#[test]
fn regexes_search_and_heed_case() {
    assert!(fits("a|re: 'b+c'", r#"{"a":"abbc"}"#) && !fits("a|re: 'b+c'", r#"{"a":"ABBC"}"#));
    assert!(fits("a|re|i: 'b+c'", r#"{"a":"ABBC"}"#) && fits("a|re: '(?i)b+c'", r#"{"a":"ABBC"}"#));
    assert!(fits(r"a|re|m: '^b'", r#"{"a":"a\nb"}"#) && fits(r"a|re|s: 'a.b'", r#"{"a":"a\nb"}"#));
    assert!(!fits(r"a|re: 'a.b'", r#"{"a":"a\nb"}"#));
}

#[test]
fn encodings_and_dashes_give_variants() {
    assert!(fits("a|base64offset: 'IEX ('", r#"{"a":"AAEASUVYICgx"}"#));
    assert!(fits("a|wide|base64offset|contains: 'ping'", r#"{"a":"x cABpAG4AZwA= x"}"#));
    assert!(fits("a|base64: foo", r#"{"a":"Zm9v"}"#));
    for event in ["{\"a\":\"x -f\"}", "{\"a\":\"x /f\"}", "{\"a\":\"x \u{2013}f\"}"] {
        assert!(fits("a|contains|windash: ' -f'", event), "{event}");
    }
}

#[test]
fn knows_shapes_of_windows_events() {
    let text = "title: T\nlogsource: {product: windows, category: process_creation}\ndetection:\n  a:\n    Image|endswith: '\\whoami.exe'\n    \
                CommandLine|contains: '/priv'\n  condition: a\n";
    let rule = compile(text).unwrap();
    assert!(rule.notices.is_empty());
    let image = r"C:\\Windows\\whoami.exe";
    for event in [
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Image":"IMAGE","CommandLine":"whoami /priv"}"#,
        r#"{"Event":{"System":{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1},"EventData":{"Image":"IMAGE","CommandLine":"whoami /PRIV"}}}"#,
        r##"{"Event":{"System":{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":{"#text":1}},"EventData":{"Image":"IMAGE","CommandLine":"whoami /priv"}}}"##,
        r#"{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":"1","event_data":{"Image":"IMAGE","CommandLine":"whoami /priv"}}}"#,
        r#"{"Channel":"security","EventID":"4688","NewProcessName":"IMAGE","CommandLine":"whoami /priv"}"#,
        r#"{"event":{"category":["process"],"type":["start"]},"host.os.type":"windows","process":{"executable":"IMAGE","command_line":"whoami /priv"}}"#,
        r#"{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":"1"},"process":{"executable":"IMAGE","command_line":"whoami /priv"}}"#,
    ] {
        assert!(fires_rule(&rule, &event.replace("IMAGE", image)), "{event}");
        assert!(!fires_rule(&rule, &event.replace("IMAGE", image).replace("/p", "-p").replace("/P", "-p")), "{event}");
    }
    // Another event of the same channel.
    let other =
        r#"{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":5,"Image":"IMAGE","CommandLine":"/priv"}"#;
    assert!(!fires_rule(&rule, &other.replace("IMAGE", image)));
}

#[test]
fn takes_fields_of_the_users_own() {
    let mut sources = Sources::built_in();
    sources.add("- product: some\n  where: {kind: proc}\n  prefixes: [data.]\n  fields: {a: other.name}\n").unwrap();
    let text = rule("sel: {a: x}\ncondition: sel");
    let rule = rules(&text, &sources).remove(0).rule.unwrap();
    assert!(fires_rule(&rule, r#"{"data":{"a":"x","kind":"proc"}}"#));
    assert!(fires_rule(&rule, r#"{"other.name":"x","data.kind":"PROC"}"#));
    assert!(!fires_rule(&rule, r#"{"other.name":"x"}"#) && !fires_rule(&rule, r#"{"a":"x","data.kind":"proc"}"#));
    assert!(sources.add("- prodct: x\n").is_err() && sources.add("- where: {a|b: x}\n").is_err());
}

#[test]
fn reads_what_a_rule_says_of_itself() {
    let text = "title: A  rule\nid: 0f\nlogsource: {category: x}\nauthor: A B, C (D)\nlevel: critical\nreferences: [https://x]\n\
                tags: [attack.execution, attack.t1059.001]\nfalsepositives: [None]\nfields: [u]\n\
                detection:\n  s: {b: 1, c|contains: q}\n  f: {d: 2}\n  condition: s and not f\n";
    let rule = compile(text).unwrap();
    assert_eq!((rule.metadata.id.as_str(), rule.metadata.name.as_str()), ("0f", "A rule"));
    assert_eq!(rule.metadata.authors, ["A B", "C (D)"]);
    assert_eq!((rule.metadata.severity, rule.metadata.risk_score), (Severity::Critical, 99));
    assert_eq!(rule.metadata.license, "DRL-1.1");
    assert_eq!(rule.metadata.threats[0].tactic.0, "TA0002");
    assert_eq!(rule.notices, [Notice::LogSource]);
    assert_eq!(findings(&rule, r#"{"b":1,"c":"q"}"#)[0].columns, r#"{"u":null,"b":"1","c":"q","d":null}"#);
}

#[test]
fn refuses_by_name() {
    let reason = |text: &str| match compile(text).unwrap_err().what {
        What::Refusal { reason, construct } => (reason, construct),
        What::Mistake { message, .. } => panic!("{message}"),
    };
    assert_eq!(reason("title: C\ncorrelation:\n  type: event_count\n"), (Reason::Correlation, "event_count".into()));
    assert_eq!(reason(&rule("s: {a|expand: '%x%'}\ncondition: s")), (Reason::Placeholder, "%x%".into()));
    assert_eq!(reason(&rule("s: {a: 1}\ntimeframe: 1m\ncondition: s")), (Reason::SeveralEvents, "timeframe".into()));
    assert_eq!(reason(&rule("s: {a: 1}\ncondition: s | count() > 5")), (Reason::Counts, "| count".into()));
    assert_eq!(reason(&rule("s: {a|hour: 1}\ncondition: s")), (Reason::Construct, "|hour".into()));
    assert_eq!(reason(&rule("s: {a|re: 'a(?=b)'}\ncondition: s")), (Reason::Construct, "(?=".into()));
    assert_eq!(reason("title: F\nfilter:\n  rules: any\n").0, Reason::Construct);
    assert_eq!(reason("title: F\nstatus: deprecated\n").0, Reason::Retired);
}

#[test]
fn tells_where_a_mistake_is() {
    let place = |text: &str| {
        let problem = compile(text).unwrap_err();
        assert!(matches!(problem.what, What::Mistake { .. }), "{problem:?}");
        text[problem.span].to_owned()
    };
    assert_eq!(place(&rule("s: {a: 1}\ncondition: s and filter")), "filter");
    assert_eq!(place(&rule("s: {a|containz: 1}\ncondition: s")), "a|containz");
    assert_eq!(place(&rule("s: {a|cidr: 10.0.0/8}\ncondition: s")), "10.0.0/8");
    assert_eq!(place(&rule("s: {a|re: 'b(c'}\ncondition: s")), "(");
    assert_eq!(place(&rule("s: {a|base64: 'b*'}\ncondition: s")), "'b*'");
    assert_eq!(place(&rule("s: {a|re|contains: b}\ncondition: s")), "a|re|contains");
    assert_eq!(place("title: T\nlevel: hi # x\nlogsource: {}\n"), "hi");
    assert_eq!(place(&rule("s: []\ncondition: s")), "[]");
}
