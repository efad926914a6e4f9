//! A call as text with gaps, in both forms: what AWS writes, and what Elastic's integration makes of it.

use serde_json::Value;

use crate::calls::Call;

/// The letters behind `%` in a template.
const LETTERS: &[u8] = b"axhgkvrn";

/// What fills the gaps, in the order of [`LETTERS`].
pub(crate) type Gaps = [String; LETTERS.len()];

/// Text with gaps.
#[derive(Debug, Default)]
pub(crate) struct Template(Vec<(String, Option<usize>)>);

impl Template {
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = text.split('%');
        let mut own = vec![(pieces.next().unwrap_or_default().to_owned(), None)];
        for piece in pieces {
            let gap = LETTERS.iter().position(|letter| piece.as_bytes().first() == Some(letter));
            own.last_mut().expect("there is a first piece").1 = Some(gap.expect("a letter of the alphabet"));
            own.push((piece[1..].to_owned(), None));
        }
        Self(own)
    }

    pub(crate) fn fill(&self, gaps: &Gaps, out: &mut String) {
        for (text, gap) in &self.0 {
            out.push_str(text);
            if let Some(gap) = gap {
                out.push_str(&gaps[*gap]);
            }
        }
    }
}

/// A JSON document in all of its forms.
#[derive(Debug)]
pub(crate) struct Document {
    /// As AWS writes it.
    pub(crate) raw: Template,
    /// Without its empty members. `None` where nothing is left.
    pub(crate) pruned: Option<Template>,
    /// As Java's maps print themselves, in quotes.
    pub(crate) java: Option<Template>,
}

impl Document {
    fn new(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).expect("a template is JSON");
        let pruned = prune(value);
        let java = pruned.as_ref().map(|value| Template::new(&Value::from(java_text(value)).to_string()));
        Self { raw: Template::new(json), pruned: pruned.map(|value| Template::new(&value.to_string())), java }
    }
}

/// A call, ready to be filled.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) service: &'static str,
    pub(crate) action: &'static str,
    pub(crate) read_only: bool,
    pub(crate) parameters: Document,
    pub(crate) response: Document,
}

impl Shape {
    pub(crate) fn new(call: &Call) -> Self {
        Self {
            service: call.service,
            action: call.action,
            read_only: call.read_only,
            parameters: Document::new(call.parameters),
            response: Document::new(call.response),
        }
    }
}

/// The value without whatever is empty, as the integration indexes it.
fn prune(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Object(members) => {
            let kept: serde_json::Map<_, _> =
                members.into_iter().filter_map(|(name, value)| Some((name, prune(value)?))).collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::Array(elements) => {
            let kept: Vec<_> = elements.into_iter().filter_map(prune).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        other => Some(other),
    }
}

fn java_text(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}={}", java_text(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(java_text).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
