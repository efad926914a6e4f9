//! Compiles a selection: mappings of fields to values, lists of them, and keywords.

use super::super::fields::network;
use super::super::ir::{Condition, Expression, Field, Fields, Fold, Function, Kind, Number, Test, TextPattern};
use super::super::problem::{Problem, Reason};
use super::super::regex::{Dialect, Regex};
use super::modifiers::{Match, Modifiers};
use super::pattern::{self, Placement};
use super::sources::Scope;
use super::yaml::{Node, Value};

/// A selection, compiled.
pub(super) struct Compiled {
    pub(super) condition: Condition,
    /// The fields that it names, in their order, as the rule writes them.
    pub(super) fields: Vec<String>,
    /// How many tests it has.
    pub(super) tests: usize,
}

/// Compiles a selection.
pub(super) fn compile(node: &Node, scope: &Scope) -> Result<Compiled, Problem> {
    let mut compiler = Compiler { scope, fields: Vec::new(), tests: 0 };
    let condition = compiler.selection(node)?;
    Ok(Compiled { condition, fields: compiler.fields, tests: compiler.tests })
}

struct Compiler<'a> {
    scope: &'a Scope,
    fields: Vec<String>,
    tests: usize,
}

impl Compiler<'_> {
    fn selection(&mut self, node: &Node) -> Result<Condition, Problem> {
        match &node.value {
            Value::Map(members) if members.is_empty() => Err(nothing(node)),
            Value::Map(members) => {
                let items: Result<_, _> = members.iter().map(|(key, value)| self.item(key, value)).collect();
                Ok(Condition::And(items?))
            }
            Value::List(items) if items.is_empty() => Err(nothing(node)),
            Value::List(items) => {
                // Keywords that stand together are one test.
                let (keywords, others): (Vec<&Node>, Vec<&Node>) =
                    items.iter().partition(|item| matches!(item.value, Value::Scalar { .. }));
                let mut ways = Vec::new();
                if !keywords.is_empty() {
                    ways.push(self.values(None, &Modifiers::default(), &keywords)?);
                }
                for item in others {
                    ways.push(self.selection(item)?);
                }
                Ok(Condition::Or(ways))
            }
            Value::Scalar { .. } => self.values(None, &Modifiers::default(), &[node]),
        }
    }

    /// Compiles `field|modifiers: values`.
    fn item(&mut self, key: &Node, value: &Node) -> Result<Condition, Problem> {
        let text = match &key.value {
            Value::Scalar { text, .. } => text.as_str(),
            _ => return Err(Problem::mistake(key.span.clone(), "expected the name of a field")),
        };
        let (name, words) = text.split_once('|').map_or((text, None), |(name, words)| (name, Some(words)));
        let modifiers = Modifiers::read(words, key)?;
        if let Value::Map(_) = value.value {
            return Err(Problem::mistake(value.span.clone(), "expected a value, or a list of values")
                .with_hint("a field that lies in another is named with a dot: `a.b: value`"));
        }
        let values: Vec<&Node> = value.items().iter().collect();
        if values.is_empty() {
            return Err(nothing(value));
        }
        if modifiers.expand {
            let placeholder = values[0].text().unwrap_or_default();
            return Err(Problem::refusal(values[0].span.clone(), Reason::Placeholder, placeholder));
        }
        if !name.is_empty() && !self.fields.iter().any(|field| field == name) {
            self.fields.push(name.to_owned());
        }
        let field = (!name.is_empty()).then(|| self.scope.field(name));
        let condition = self.values(field, &modifiers, &values)?;
        Ok(if modifiers.not { Condition::Not(Box::new(condition)) } else { condition })
    }

    /// Compiles values of a field, or keywords, of which any must hold, or with `all` each.
    fn values(&mut self, field: Option<Field>, modifiers: &Modifiers, values: &[&Node]) -> Result<Condition, Problem> {
        let fields = field.clone().map_or(Fields::All, Fields::One);
        let fold = if modifiers.cased { Fold::Exact } else { Fold::Simple };
        let mut conditions = Vec::new();
        let mut texts = Vec::new();
        for node in values {
            self.tests += 1;
            match self.value(field.as_ref(), modifiers, node)? {
                Compared::Texts(patterns) => {
                    self.tests += patterns.len() - 1;
                    if modifiers.all {
                        conditions.push(Condition::Any(fields.clone(), Test::Text(patterns, fold)));
                    } else {
                        texts.extend(patterns);
                    }
                }
                Compared::Test(test) => conditions.push(Condition::Any(fields.clone(), test)),
                Compared::Condition(condition) => conditions.push(condition),
            }
        }
        if !texts.is_empty() {
            conditions.insert(0, Condition::Any(fields, Test::Text(texts, fold)));
        }
        Ok(match conditions.len() {
            1 => conditions.remove(0),
            _ if modifiers.all => Condition::And(conditions),
            _ => Condition::Or(conditions),
        })
    }

    fn value(&mut self, field: Option<&Field>, modifiers: &Modifiers, node: &Node) -> Result<Compared, Problem> {
        let mistake = |message: String| Problem::mistake(node.span.clone(), message);
        if node.is_null() {
            return match (field, modifiers.matching) {
                (Some(field), Match::Text(Placement::Whole)) if modifiers.encodings.is_empty() => {
                    Ok(Compared::Condition(absent(field)))
                }
                (Some(_), _) => Err(mistake("null cannot be searched: it goes with no modifier".into())),
                (None, _) => Err(mistake("a keyword cannot be null".into())),
            };
        }
        let Some(text) = node.text() else {
            return Err(mistake("expected a value, not a list or a mapping".into()));
        };
        match modifiers.matching {
            Match::Text(placement) => {
                let patterns = texts(text, modifiers, node)?;
                // A keyword lies anywhere in a value.
                let placement = if field.is_none() { Placement::Anywhere } else { placement };
                Ok(Compared::Texts(patterns.into_iter().map(|one| pattern::placed(one, placement)).collect()))
            }
            Match::Regex(flags) => {
                let regex =
                    Regex::new(text, Dialect::Pcre, flags).map_err(|problem| problem.moved(|at| node.place(at)))?;
                Ok(Compared::Test(Test::Regex(regex)))
            }
            Match::Network => {
                let network = network(text.trim()).ok_or_else(|| {
                    mistake(format!("`{text}` is no network")).with_hint("write `10.0.0.0/8` or `fe80::/10`")
                })?;
                Ok(Compared::Test(Test::Networks(vec![network])))
            }
            Match::Number(relation) => {
                let number = number(text).ok_or_else(|| mistake(format!("`{text}` is no number")))?;
                Ok(Compared::Test(Test::Number(relation, number)))
            }
            Match::Exists => {
                let wanted = match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" => true,
                    "false" | "no" => false,
                    _ => return Err(mistake("`exists` takes `true` or `false`".into())),
                };
                let Some(field) = field else {
                    return Err(mistake("`exists` needs a field".into()));
                };
                let there = Condition::Any(Fields::One(field.clone()), Test::Exists);
                Ok(Compared::Condition(if wanted { there } else { Condition::Not(Box::new(there)) }))
            }
            Match::Field(placement) => {
                let Some(field) = field else {
                    return Err(mistake("`fieldref` needs a field".into()));
                };
                if !self.fields.iter().any(|known| known == text) {
                    self.fields.push(text.to_owned());
                }
                Ok(Compared::Condition(same(field, &self.scope.field(text), placement, modifiers.cased)))
            }
        }
    }
}

/// What a value asks for.
enum Compared {
    Texts(Vec<TextPattern>),
    Test(Test),
    Condition(Condition),
}

/// Is a value's text, as the modifiers change it.
fn texts(text: &str, modifiers: &Modifiers, node: &Node) -> Result<Vec<TextPattern>, Problem> {
    let pattern = pattern::read(text);
    let patterns = if modifiers.windash {
        pattern::dashed(&pattern)
            .ok_or_else(|| Problem::refusal(node.span.clone(), Reason::TooLarge, "windash of so many dashes"))?
    } else {
        vec![pattern]
    };
    if modifiers.encodings.is_empty() {
        return Ok(patterns);
    }
    let mut encoded = Vec::new();
    for pattern in &patterns {
        let Some(plain) = pattern::plain(pattern) else {
            return Err(Problem::mistake(node.span.clone(), "a wildcard cannot be encoded")
                .with_hint(r"write `\*` for a star that is meant as such"));
        };
        encoded.extend(pattern::encoded(plain, &modifiers.encodings));
    }
    if encoded.is_empty() {
        return Err(Problem::mistake(node.span.clone(), "too short to be found in base64"));
    }
    Ok(encoded.into_iter().map(TextPattern::literal).collect())
}

/// Sigma's null: the field is missing, null or empty.
fn absent(field: &Field) -> Condition {
    let any = |test| Condition::Any(Fields::One(field.clone()), test);
    let empty = any(Test::Text(vec![TextPattern::literal("")], Fold::Exact));
    Condition::Or(vec![Condition::Not(Box::new(any(Test::Exists))), empty])
}

/// Compares two fields.
fn same(field: &Field, other: &Field, placement: Placement, cased: bool) -> Condition {
    let function = match (placement, cased) {
        (Placement::Whole, true) => Function::Equal,
        (Placement::Whole, false) => Function::EqualFolded,
        (Placement::Anywhere, true) => Function::Contains,
        (Placement::Anywhere, false) => Function::ContainsFolded,
        (Placement::Start, true) => Function::StartsWith,
        (Placement::Start, false) => Function::StartsWithFolded,
        (Placement::End, true) => Function::EndsWith,
        (Placement::End, false) => Function::EndsWithFolded,
    };
    let read = |field: &Field| Expression::Field(field.clone(), Kind::Text);
    Condition::Script(Expression::Call(function, vec![read(field), read(other)]))
}

fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    text.parse().map(Number::Whole).ok().or_else(|| {
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        text.parse().ok().filter(|number: &f64| plain && number.is_finite()).map(Number::Float)
    })
}

fn nothing(node: &Node) -> Problem {
    Problem::mistake(node.span.clone(), "nothing stands here: it would fit every event, or none")
}
