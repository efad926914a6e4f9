//! What the languages of rules mean: by the cases in `tests/compile/`, and by a second evaluator on random rules.

#[path = "support/plain.rs"]
mod plain;

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};
use trommel::compile::ir::{
    Condition, Expression, Field, Fields, Fold, Function, Kind, Metadata, Number, Piece, Query, Relation, Rule, Test,
    TextPattern,
};
use trommel::compile::problem::{Problem, What};
use trommel::compile::{eql, esql, kql, pack, sigma};
use trommel_engine::Engine;

fn rule(id: usize, condition: Condition) -> Rule {
    Rule {
        metadata: Metadata { id: id.to_string(), name: id.to_string(), ..Metadata::default() },
        expand: Vec::new(),
        condition,
        columns: Vec::new(),
        severities: Vec::new(),
        risk_scores: Vec::new(),
        event_id: None,
        notices: Vec::new(),
    }
}

fn image(conditions: &[Condition]) -> Vec<u8> {
    let rules: Vec<Rule> = conditions.iter().enumerate().map(|(id, condition)| rule(id, condition.clone())).collect();
    pack::write(&rules, pack::Options { triage: false, needles: false }).image
}

/// Is the rule of which a line has all but the title, and the log source if it has none.
fn of_sigma(line: &str) -> Result<Query, Problem> {
    let source = if line.contains("logsource:") { "" } else { "logsource: {product: any}, " };
    let text = line.replacen('{', &format!("{{title: case, {source}"), 1);
    let rule = sigma::rules(&text, &sigma::Sources::built_in()).remove(0).rule?;
    Ok(Query { expand: rule.expand, condition: rule.condition, columns: rule.columns, fields: Vec::new() })
}

/// Runs one case: the lines of a file in `tests/compile/`.
fn run_case(text: &str) -> Result<(), String> {
    let mut lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let first = lines.next().ok_or("no query")?;
    let (language, query) = first.split_once(": ").ok_or("no query")?;
    let compiled = match language {
        "eql" => eql::compile(query, "event.category"),
        "kql" => kql::compile(query),
        "esql" => esql::compile(query),
        "sigma" => of_sigma(query),
        other => return Err(format!("no language {other}")),
    };
    let mut expectations = 0;
    for line in lines {
        expectations += 1;
        let (sort, rest) = line.split_once(' ').ok_or(format!("no expectation: {line}"))?;
        match (sort, &compiled) {
            ("yes" | "no", Ok(Query { condition, expand, .. })) => {
                let rule = Rule { expand: expand.clone(), ..rule(0, condition.clone()) };
                let image = pack::write(&[rule], pack::Options { triage: false, needles: false }).image;
                let mut engine = Engine::new(&image).map_err(|corrupt| corrupt.0.to_owned())?;
                let findings = engine.evaluate(rest.as_bytes(), None).map_err(|(_, stop)| format!("{stop}: {rest}"))?;
                if findings.is_empty() == (sort == "yes") {
                    return Err(format!("expected {sort}: {rest}"));
                }
            }
            ("refused", Err(problem)) => match &problem.what {
                What::Refusal { construct, .. } if construct == rest => {}
                what => return Err(format!("refused {rest}, but {what:?}")),
            },
            ("mistake", Err(problem)) => match &problem.what {
                What::Mistake { message, .. } if message == rest => {}
                what => return Err(format!("mistake {rest}, but {what:?}")),
            },
            (_, Err(problem)) => return Err(format!("{:?} at {:?}", problem.what, problem.span)),
            (other, Ok(_)) => return Err(format!("compiles, and should not: {other} {rest}")),
        }
    }
    if expectations == 0 { Err("nothing is expected".into()) } else { Ok(()) }
}

#[test]
fn every_case_comes_out_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compile");
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        count += 1;
        if let Err(why) = run_case(&fs::read_to_string(&path).unwrap()) {
            wrong.push(format!("{}: {why}", path.file_stem().unwrap().to_string_lossy()));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 150, "{count} cases");
}

const PATHS: [&str; 4] = ["a", "b", "o.x", "o.y"];
const TEXTS: [&str; 12] =
    ["", "x", "X", "xyz", "cmd.exe", r"C:\Temp\cmd.exe", "/bin/xyz", "Äk", "5", "1.5", "true", "xy xyz abcd"];

fn path() -> impl Strategy<Value = Field> {
    prop::sample::select(&PATHS[..]).prop_map(|path| Field { paths: vec![path.to_owned()] })
}

fn pattern() -> impl Strategy<Value = TextPattern> {
    let piece = prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(|text| Piece::Text(text.to_owned())),
        1 => prop::sample::select(&["c", "z", "/", "\\", ".exe", "ab", "\u{212a}"][..]).prop_map(|text| Piece::Text(text.to_owned())),
        2 => Just(Piece::Many),
        1 => Just(Piece::One),
    ];
    prop::collection::vec(piece, 0..4).prop_map(TextPattern)
}

fn test() -> impl Strategy<Value = Test> {
    let fold = prop::sample::select(&[Fold::Exact, Fold::Simple][..]);
    let relation = prop::sample::select(&[Relation::Equal, Relation::Less, Relation::GreaterOrEqual][..]);
    prop_oneof![
        1 => Just(Test::Exists),
        8 => (prop::collection::vec(pattern(), 1..9), fold).prop_map(|(patterns, fold)| Test::Text(patterns, fold)),
        2 => (relation.clone(), -2_i64..7).prop_map(|(relation, n)| Test::Number(relation, Number::Whole(n))),
        1 => (relation, prop::sample::select(&TEXTS[..])).prop_map(|(relation, text)| Test::Order(relation, text.into())),
        1 => any::<bool>().prop_map(Test::Boolean),
    ]
}

fn expression() -> impl Strategy<Value = Expression> {
    let call = |function, arguments| Expression::Call(function, arguments);
    let length = path().prop_map(move |field| call(Function::LengthUtf16, vec![Expression::Field(field, Kind::Text)]));
    let number = prop_oneof![
        (0_i64..7).prop_map(|n| Expression::Number(Number::Whole(n))),
        path().prop_map(|field| Expression::Field(field, Kind::Number)),
        length,
    ];
    let number =
        prop_oneof![number.clone(), (number.clone(), number).prop_map(move |(a, b)| call(Function::Add, vec![a, b]))];
    let text = prop_oneof![
        path().prop_map(|field| Expression::Field(field, Kind::Text)),
        prop::sample::select(&TEXTS[..]).prop_map(|text| Expression::Text(text.into())),
    ];
    let text =
        prop_oneof![text.clone(), (text.clone(), text).prop_map(move |(a, b)| call(Function::Concat, vec![a, b]))];
    let leaf = prop_oneof![
        (number.clone(), number.clone()).prop_map(move |(a, b)| call(Function::Less, vec![a, b])),
        (number.clone(), number).prop_map(move |(a, b)| call(Function::Equal, vec![a, b])),
        (text.clone(), text.clone()).prop_map(move |(a, b)| call(Function::Equal, vec![a, b])),
        (text.clone(), test()).prop_map(|(of, test)| Expression::Test(Box::new(of), test)),
        text.prop_map(move |of| call(Function::IsNull, vec![of])),
    ];
    leaf.prop_recursive(2, 8, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |parts| call(Function::And, parts)),
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |parts| call(Function::Or, parts)),
            inner.prop_map(move |inner| call(Function::Not, vec![inner])),
        ]
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        8 => (path(), test()).prop_map(|(field, test)| Condition::Any(Fields::One(field), test)),
        1 => test().prop_map(|test| Condition::Any(Fields::All, test)),
        1 => (pattern(), test()).prop_map(|(name, test)| Condition::Any(Fields::Named(name), test)),
        2 => expression().prop_map(Condition::Script),
        2 => expression().prop_map(Condition::Single),
        1 => any::<bool>().prop_map(Condition::Constant),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Condition::Or),
            inner.prop_map(|inner| Condition::Not(Box::new(inner))),
        ]
    })
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        6 => prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        3 => (-2_i64..7).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    prop_oneof![3 => scalar.clone(), 1 => prop::collection::vec(scalar, 0..3).prop_map(Value::from)]
}

fn event() -> impl Strategy<Value = Value> {
    let member = (prop::sample::select(&["a", "b", "o.x", "c"][..]), value());
    let inner = prop::collection::vec((prop::sample::select(&["x", "y"][..]), value()), 0..3);
    let lists = prop::collection::vec(inner, 0..3);
    (prop::collection::vec(member, 0..4), lists).prop_map(|(members, objects)| {
        let mut event = json!({});
        for (key, value) in members {
            event[key] = value;
        }
        let objects: Vec<Value> = objects.into_iter().map(|members| members.into_iter().collect()).collect();
        if !objects.is_empty() {
            event["o"] = objects.into();
        }
        event
    })
}

proptest! {
    #[test]
    fn the_engine_agrees_with_the_plain_evaluator(
        conditions in prop::collection::vec(condition(), 1..12),
        events in prop::collection::vec(event(), 1..6),
    ) {
        let image = image(&conditions);
        let mut engine = Engine::new(&image).unwrap();
        for event in &events {
            let expected: Vec<u32> = conditions
                .iter()
                .enumerate()
                .filter(|(_, condition)| plain::truth(condition, event) == Some(true))
                .map(|(nth, _)| nth as u32)
                .collect();
            let found: Vec<u32> =
                engine.evaluate(event.to_string().as_bytes(), None).unwrap().iter().map(|finding| finding.rule).collect();
            prop_assert_eq!(found, expected, "{}", event);
        }
    }

    /// Whatever happens to an image, the engine ends with an answer or with a reason.
    #[test]
    fn a_broken_image_harms_nobody(
        conditions in prop::collection::vec(condition(), 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        event in event(),
    ) {
        let mut image = image(&conditions);
        for (at, byte) in damage {
            let at = at.index(image.len());
            image[at] = byte;
        }
        if let Ok(mut engine) = Engine::new(&image) {
            for rule in 0..engine.rules().min(8) {
                let _ = engine.about(rule);
            }
            let _ = engine.evaluate(event.to_string().as_bytes(), None);
            let _ = engine.reads(event.to_string().as_bytes());
        }
    }

    #[test]
    fn any_text_is_a_query_or_a_problem(text in "(process where |any where )?[a-z:=!<>()\"* \\\\0-9\u{e9}/?~.`,{}-]{0,60}") {
        for compiled in [eql::compile(&text, "event.category"), kql::compile(&text)] {
            if let Err(problem) = compiled {
                prop_assert!(problem.span.start <= text.len() + 1);
            }
        }
    }
}
