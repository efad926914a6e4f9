use super::*;
use crate::compile::problem::{Located, What};
use crate::compile::testing::{findings, fires_rule};

const RULE: &str = r#"
[metadata]
updated_date = "2026/03/09"

[rule]
author = ["Ada"]
license = "Elastic License v2"
name = "A shell that mails"
rule_id = "8d7e3a51-93c2-4a39-9a5d-0d5a0a4e6c10"
risk_score = 47
severity = "medium"
type = "eql"
language = "eql"
query = '''
process where process.name == "sh" and
  process.args : "mail*"
'''
"#;

#[test]
fn reads_what_a_rule_says_of_itself() {
    let rule = rule(RULE).rule.unwrap();
    let metadata = &rule.metadata;
    assert_eq!((metadata.version.as_str(), metadata.license.as_str()), ("2026.3.9", "Elastic-2.0"));
    let names: Vec<&str> = rule.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["event.category", "process.name", "process.args"]);
    assert!(fires_rule(&rule, r#"{"event":{"category":["process"]},"process":{"name":"sh","args":["x","MAILX"]}}"#));
}

#[test]
fn a_mistake_in_a_query_has_its_place_in_the_file() {
    let text = RULE.replace("process.args :", "process.args =");
    let problem = rule(&text).rule.unwrap_err();
    let located = Located::new("a.toml".as_ref(), &text, None, problem);
    assert_eq!((located.line, located.column), (16, 16));
    assert_eq!(
        located.to_string(),
        "a.toml:16:16: `=` is nothing of EQL\n    process.args = \"mail*\"\n                 ^\n\
         hint: `==` compares, `:` ignores case"
    );
}

#[test]
fn filters_are_a_part_of_the_condition() {
    let text = format!(
        "{RULE}\n[[rule.filters]]\nmeta.negate = true\n\
         query.wildcard.\"process.parent.name\" = {{ case_insensitive = true, value = 'cron*' }}\n"
    );
    let rule = rule(&text).rule.unwrap();
    let event = |parent: &str| {
        format!(r#"{{"event.category":"process","process":{{"name":"sh","args":"mail","parent.name":"{parent}"}}}}"#)
    };
    assert!(fires_rule(&rule, &event("init")));
    assert!(!fires_rule(&rule, &event("CRONd")));
}

#[test]
fn an_unknown_filter_is_refused() {
    let text = format!("{RULE}\n[[rule.filters]]\nquery.more_like_this = {{ like = 'x' }}\n");
    let What::Refusal { construct, .. } = rule(&text).rule.unwrap_err().what else { panic!() };
    assert_eq!(construct, "more_like_this");
}

#[test]
fn takes_severity_and_risk_score_from_the_event() {
    let text = format!(
        "{RULE}\n[[rule.severity_mapping]]\nfield = \"event.severity\"\noperator = \"equals\"\nvalue = \"73\"\n\
         severity = \"high\"\n[[rule.risk_score_mapping]]\nfield = \"event.risk_score\"\noperator = \"equals\"\nvalue = \"\"\n"
    );
    let rule = rule(&text).rule.unwrap();
    let event =
        r#"{"event":{"category":"process","severity":73,"risk_score":12.7},"process":{"name":"sh","args":"mail"}}"#;
    let finding = &findings(&rule, event)[0];
    assert_eq!((finding.severity, finding.risk_score), (Some(3), Some(12)));
}

#[test]
fn refuses_rules_by_their_type() {
    for (kind, reason) in [
        ("threshold", Reason::Counts),
        ("new_terms", Reason::Past),
        ("machine_learning", Reason::MachineLearning),
        ("threat_match", Reason::Joins),
    ] {
        let outcome = rule(&RULE.replace("type = \"eql\"", &format!("type = \"{kind}\"")));
        let What::Refusal { reason: found, .. } = outcome.rule.unwrap_err().what else { panic!() };
        assert_eq!(found, reason);
    }
}

#[test]
fn an_unknown_member_is_refused() {
    let text = RULE.replace("[rule]\n", "[rule]\nthreat_query = \"x\"\n");
    let problem = rule(&text).rule.unwrap_err();
    let What::Refusal { construct, .. } = problem.what else { panic!() };
    assert_eq!(construct, "threat_query");
    assert_eq!(&text[problem.span], "threat_query");
}
