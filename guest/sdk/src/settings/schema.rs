//! The JSON Schema of settings, made of what reads them.

use std::ops::RangeInclusive;

use super::{Format, Settings};
use crate::values::write_json_string;

/// A setting that was read, or would have been.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    /// What it may be, and what it is by default: members of a JSON Schema.
    pub(super) takes: String,
}

/// The schema of the settings that this reads. Empty where it reads none.
pub(crate) fn schema_of(configure: impl FnOnce(Settings<'_>)) -> String {
    let Ok(settings) = Settings::parse("{}") else { return String::new() };
    let declared = settings.declared.clone();
    configure(settings);
    let declared = declared.borrow();
    if declared.is_empty() {
        return String::new();
    }
    let mut json =
        String::from(r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","properties":{"#);
    for (at, setting) in declared.iter().enumerate() {
        if at > 0 {
            json.push(',');
        }
        setting.write(&mut json);
    }
    json.push_str(r#"},"additionalProperties":false}"#);
    json
}

impl Declared {
    fn write(&self, json: &mut String) {
        write_json_string(self.name, json);
        json.push_str(r#":{"description":"#);
        write_json_string(self.about, json);
        json.push(',');
        json.push_str(&self.takes);
        json.push('}');
    }
}

pub(super) fn texts(format: &Format) -> String {
    [r#""type":"array","items":{"#, &text_type(format), r#"},"default":[]"#].concat()
}

pub(super) fn text(format: &Format, default: &str) -> String {
    [&text_type(format), r#","default":"#, &quoted(default)].concat()
}

pub(super) fn choice(words: &[&str]) -> String {
    let all: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    let default = all.first().map_or("null", String::as_str);
    [r#""enum":["#, &all.join(","), r#"],"default":"#, default].concat()
}

pub(super) fn boolean(default: bool) -> String {
    [r#""type":"boolean","default":"#, if default { "true" } else { "false" }].concat()
}

pub(super) fn integer(range: &RangeInclusive<i64>, default: i64) -> String {
    [&integer_type(range), &*bound("default", Some(default))].concat()
}

pub(super) fn integers(range: &RangeInclusive<i64>, default: &[i64]) -> String {
    let default: Vec<String> = default.iter().map(i64::to_string).collect();
    [r#""type":"array","items":{"#, &integer_type(range), r#"},"default":["#, &default.join(","), "]"].concat()
}

fn integer_type(range: &RangeInclusive<i64>) -> String {
    let (least, most) = (*range.start(), *range.end());
    let least = bound("minimum", (least > i64::MIN).then_some(least));
    let most = bound("maximum", (most < i64::MAX).then_some(most));
    [r#""type":"integer""#, &least, &most].concat()
}

pub(super) fn number(range: &RangeInclusive<f64>, default: f64) -> String {
    let least = bound("minimum", Some(*range.start()).filter(|least| least.is_finite()));
    let most = bound("maximum", Some(*range.end()).filter(|most| most.is_finite()));
    [r#""type":"number""#, &least, &most, &bound("default", Some(default))].concat()
}

fn bound<N: ToString>(name: &str, number: Option<N>) -> String {
    number.map(|number| [",\"", name, "\":", &number.to_string()].concat()).unwrap_or_default()
}

fn text_type(format: &Format) -> String {
    match format.pattern {
        "" => r#""type":"string""#.into(),
        pattern => [r#""type":"string","pattern":"#, &quoted(pattern)].concat(),
    }
}

fn quoted(text: &str) -> String {
    let mut json = String::new();
    write_json_string(text, &mut json);
    json
}
