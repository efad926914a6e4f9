//! Writes the pack: rules as the flat image that the engine reads in place.
//!
//! Everything is stored once: equal texts, lists, tests, conditions and expressions of all rules are one. The same rules
//! give the same bytes. The image's format is `trommel_engine::image`'s.

mod conditions;
mod index;
mod metadata;
mod needles;
mod normal;
mod paths;
mod pools;
mod tests_of_values;

use trommel_engine::image::{HEADER_WORDS, MAGIC, SECTIONS, Section, VERSION};
use trommel_engine::report::sort;

use super::ir::{Column, ColumnValue, Expression, Function, Kind, RiskScore, Rule, Severity};
use super::types::Type;
use pools::Pools;

/// What is asked of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Keeps what the rules say on how to treat an alert.
    pub triage: bool,
    /// Gives rules needles, where all of them have good ones.
    pub needles: bool,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Pack {
    /// The image.
    pub image: Vec<u8>,
    /// The needles of each rule; empty if the pack has none.
    pub needles: Vec<Vec<String>>,
}

/// Writes a pack of rules.
pub fn write(rules: &[Rule], options: Options) -> Pack {
    let mut pools = Pools::default();
    let conditions: Vec<_> = rules.iter().map(|rule| normal::condition(&rule.condition)).collect();
    let index = index::Index::choose(&conditions, &mut pools);
    let needles = if options.needles { needles::choose(&conditions) } else { None }.unwrap_or_default();

    let mut heads = Vec::new();
    for (rule, condition) in rules.iter().zip(&conditions) {
        pools.judging = true;
        let expanded: Vec<u32> = rule.expand.iter().map(|expression| pools.expression(expression)).collect();
        let condition = pools.condition(condition);
        // What only a finding needs is read only then.
        pools.judging = false;
        let columns: Vec<u32> = rule.columns.iter().flat_map(|column| column_words(column, &mut pools)).collect();
        let mut severities = vec![rule.severities.len() as u32];
        for (when, severity) in &rule.severities {
            severities.extend([pools.condition(&normal::condition(when)), severity_number(*severity)]);
        }
        let mut risk_scores = vec![rule.risk_scores.len() as u32];
        for (when, score) in &rule.risk_scores {
            let when = pools.condition(&normal::condition(when));
            match score {
                RiskScore::Fixed(score) => risk_scores.extend([when, 0, u32::from(*score)]),
                RiskScore::Of(field) => risk_scores.extend([when, 1, pools.slot(field)]),
            }
        }
        let event_id = rule.event_id.as_ref().map_or(0, |field| pools.slot(field) + 1);
        heads.extend([
            condition,
            pools.list(&expanded),
            expanded.len() as u32,
            pools.list(&columns),
            rule.columns.len() as u32,
            pools.list(&severities),
            pools.list(&risk_scores),
            event_id,
            0,
            0,
        ]);
    }
    let metadata: Vec<u32> = rules
        .iter()
        .enumerate()
        .flat_map(|(nth, rule)| {
            let needles = needles.get(nth).map(Vec::as_slice).unwrap_or_default();
            metadata::words(&rule.metadata, needles, options.triage, &mut pools)
        })
        .collect();
    let (entries, always) = index.write(&mut pools);
    let (paths, report_paths) = paths::write(&mut pools);

    let mut sections: [Vec<u8>; SECTIONS] = Default::default();
    let mut put = |section: Section, words: &[u32]| {
        sections[section as usize] = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    };
    put(Section::Words, &pools.words);
    put(Section::Conditions, pools.conditions.as_flattened());
    put(Section::Tests, pools.tests.as_flattened());
    put(Section::Expressions, pools.expressions.as_flattened());
    put(Section::Regexes, pools.regexes.as_flattened());
    put(Section::Slots, &pools.slot_flags());
    put(Section::Paths, &paths);
    put(Section::ReportPaths, &report_paths);
    put(Section::Names, pools.names.as_flattened());
    put(Section::Rules, &heads);
    put(Section::Index, &entries);
    put(Section::Always, &always);
    put(Section::Metadata, &metadata);
    sections[Section::Text as usize] = pools.text;
    Pack { image: lay_out(&sections), needles }
}

fn lay_out(sections: &[Vec<u8>; SECTIONS]) -> Vec<u8> {
    let mut header = vec![MAGIC, VERSION];
    let mut at = 4 * HEADER_WORDS;
    for section in sections {
        header.extend([at as u32, section.len() as u32]);
        at += section.len().next_multiple_of(4);
    }
    let mut image: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    for section in sections {
        image.extend_from_slice(section);
        image.resize(image.len().next_multiple_of(4), 0);
    }
    image
}

fn severity_number(severity: Severity) -> u32 {
    match severity {
        Severity::Informational => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

fn column_words(column: &Column, pools: &mut Pools) -> [u32; 5] {
    let (name, length) = pools.text(&column.name);
    match &column.value {
        ColumnValue::Field(field) => {
            let of = field.paths.first().map_or(Type::Keyword, |path| Type::of(path));
            let sort = match of {
                Type::Boolean => sort::BOOLEAN,
                Type::Whole | Type::Float => sort::NUMBER,
                Type::Object => sort::OBJECT,
                _ => sort::TEXT,
            };
            [name, length, 0, pools.slot(field), sort]
        }
        ColumnValue::Expression(expression) => [name, length, 1, pools.expression(expression), sort_of(expression)],
    }
}

/// Is what an expression comes to, for all that can be told.
fn sort_of(expression: &Expression) -> u32 {
    match expression {
        Expression::Boolean(_) | Expression::Test(..) | Expression::Condition(_) => sort::BOOLEAN,
        Expression::Number(_) | Expression::Field(_, Kind::Number) => sort::NUMBER,
        Expression::Field(_, Kind::Boolean) => sort::BOOLEAN,
        Expression::Call(function, arguments) => match function {
            Function::And
            | Function::Or
            | Function::Not
            | Function::IsNull
            | Function::Equal
            | Function::EqualFolded
            | Function::Less
            | Function::LessOrEqual
            | Function::ToBoolean
            | Function::Contains
            | Function::ContainsFolded
            | Function::StartsWith
            | Function::StartsWithFolded
            | Function::EndsWith
            | Function::EndsWithFolded
            | Function::MvContains => sort::BOOLEAN,
            Function::Add
            | Function::Subtract
            | Function::Multiply
            | Function::Divide
            | Function::Modulo
            | Function::Negate
            | Function::ToFloat
            | Function::ToWhole
            | Function::ToNumber
            | Function::ToNumberBased
            | Function::Length
            | Function::LengthBytes
            | Function::LengthUtf16
            | Function::IndexOf
            | Function::IndexOfFolded
            | Function::Locate
            | Function::MvCount
            | Function::Abs
            | Function::ToTime => sort::NUMBER,
            Function::Coalesce
            | Function::MvFirst
            | Function::MvLast
            | Function::MvMin
            | Function::MvMax
            | Function::Greatest
            | Function::Least => arguments.first().map_or(sort::TEXT, sort_of),
            Function::Case => arguments.get(1).map_or(sort::TEXT, sort_of),
            _ => sort::TEXT,
        },
        _ => sort::TEXT,
    }
}

#[cfg(test)]
mod tests;
