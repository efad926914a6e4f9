//! The JSON Schema of settings, made of what reads them.

use std::ops::RangeInclusive;

use super::{Format, Settings};
use crate::values::write_json_string;

/// A setting that was read, or would have been.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) takes: Takes,
}

/// What a setting may be, and what it is by default.
#[derive(Debug)]
pub(super) enum Takes {
    Texts(Format),
    Text(Format, &'static str),
    Choice(&'static [&'static str]),
    Boolean(bool),
    Integer(RangeInclusive<i64>, i64),
    Number(RangeInclusive<f64>, f64),
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
        let mut more = |text: &str| json.push_str(text);
        match &self.takes {
            Takes::Texts(format) => {
                more(r#","type":"array","items":"#);
                more(&["{", &text_type(format), "}"].concat());
                more(r#","default":[]"#);
            }
            Takes::Text(format, default) => {
                more(&[",", &text_type(format), r#","default":"#, &quoted(default)].concat());
            }
            Takes::Choice(words) => {
                let all: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                let default = all.first().map_or("null", String::as_str);
                more(&[r#","enum":["#, &all.join(","), r#"],"default":"#, default].concat());
            }
            Takes::Boolean(default) => more(&format!(r#","type":"boolean","default":{default}"#)),
            Takes::Integer(range, default) => {
                more(r#","type":"integer""#);
                let (least, most) = (*range.start(), *range.end());
                more(&bound("minimum", (least > i64::MIN).then_some(least)));
                more(&bound("maximum", (most < i64::MAX).then_some(most)));
                more(&bound("default", Some(*default)));
            }
            Takes::Number(range, default) => {
                more(r#","type":"number""#);
                more(&bound("minimum", Some(*range.start()).filter(|least| least.is_finite())));
                more(&bound("maximum", Some(*range.end()).filter(|most| most.is_finite())));
                more(&bound("default", Some(*default)));
            }
        }
        json.push('}');
    }
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
