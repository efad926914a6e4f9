//! Log sources: which events a rule is about, and where they hold the fields that it names.
//!
//! The tables are `windows.yml` and `others.yml` beside this file, which tell their own form; the file of `--fields` has
//! the same one.

use std::collections::HashMap;

use super::super::ir::{Condition, Field};
use super::super::problem::Problem;
use super::selection;
use super::yaml::{self, Node, Value};

/// What is known of log sources.
#[derive(Clone, Debug)]
pub struct Sources {
    entries: Vec<Entry>,
}

/// The `logsource` of a rule.
#[derive(Clone, Debug, Default)]
pub(super) struct LogSource {
    pub(super) product: Option<String>,
    pub(super) category: Option<String>,
    pub(super) service: Option<String>,
}

#[derive(Clone, Debug)]
struct Entry {
    of: LogSource,
    prefixes: Vec<String>,
    fields: Vec<(String, Vec<String>)>,
    filter: Option<Node>,
}

impl Sources {
    /// Is what comes with trommel.
    ///
    /// # Panics
    ///
    /// Never: a test reads the tables.
    pub fn built_in() -> Self {
        let mut sources = Self { entries: Vec::new() };
        for table in [include_str!("windows.yml"), include_str!("others.yml")] {
            sources.add(table).expect("the tables are right");
        }
        sources
    }

    /// Adds the entries of a text to those that are there.
    ///
    /// # Errors
    ///
    /// The text is no such table.
    pub fn add(&mut self, text: &str) -> Result<(), Problem> {
        for document in yaml::documents(text)? {
            for node in document.items().iter().filter(|node| !node.is_null()) {
                let entry = Entry::new(node)?;
                let scope = Scope { prefixes: Vec::new(), fields: HashMap::new() };
                // A selection that does not compile is a mistake now, not with the first rule.
                entry.filter.as_ref().map(|filter| selection::compile(filter, &scope)).transpose()?;
                self.entries.push(entry);
            }
        }
        Ok(())
    }

    /// Finds where the fields of a log source's events lie, and what tells such an event: nothing if that is not known.
    pub(super) fn scope(&self, source: &LogSource) -> Result<(Scope, Option<Condition>), Problem> {
        let mut scope = Scope { prefixes: vec![String::new()], fields: HashMap::new() };
        let entries: Vec<_> = self.entries.iter().filter(|entry| entry.of.applies_to(source)).collect();
        for entry in &entries {
            if !entry.prefixes.is_empty() {
                scope.prefixes.clone_from(&entry.prefixes);
            }
            for (name, others) in &entry.fields {
                scope.fields.entry(name.clone()).or_default().extend(others.iter().cloned());
            }
        }
        let mut filters = Vec::new();
        for filter in entries.iter().filter_map(|entry| entry.filter.as_ref()) {
            filters.push(selection::compile(filter, &scope)?.condition);
        }
        let filter = if filters.len() > 1 { Some(Condition::And(filters)) } else { filters.pop() };
        Ok((scope, filter))
    }
}

impl LogSource {
    fn applies_to(&self, other: &Self) -> bool {
        let fits = |ours: &Option<String>, theirs: &Option<String>| ours.is_none() || ours == theirs;
        fits(&self.product, &other.product)
            && fits(&self.category, &other.category)
            && fits(&self.service, &other.service)
    }
}

impl Entry {
    fn new(node: &Node) -> Result<Self, Problem> {
        let Value::Map(members) = &node.value else {
            return Err(Problem::mistake(node.span.clone(), "expected a mapping: `product`, `fields`, …"));
        };
        let mut entry = Self { of: LogSource::default(), prefixes: Vec::new(), fields: Vec::new(), filter: None };
        for (key, value) in members {
            match key.text().unwrap_or_default() {
                "product" => entry.of.product = Some(text(value)?),
                "category" => entry.of.category = Some(text(value)?),
                "service" => entry.of.service = Some(text(value)?),
                "prefixes" => entry.prefixes = texts(value)?,
                "fields" => {
                    if !matches!(value.value, Value::Map(_)) {
                        return Err(Problem::mistake(
                            value.span.clone(),
                            "expected a mapping from a field to its names",
                        ));
                    }
                    for (name, others) in value.members() {
                        entry.fields.push((text(name)?, texts(others)?));
                    }
                }
                "where" => entry.filter = Some(value.clone()),
                other => {
                    return Err(Problem::mistake(key.span.clone(), format!("`{other}` has no meaning here"))
                        .with_hint("there are `product`, `category`, `service`, `prefixes`, `fields` and `where`"));
                }
            }
        }
        Ok(entry)
    }
}

fn text(node: &Node) -> Result<String, Problem> {
    node.text().map(str::to_owned).ok_or_else(|| Problem::mistake(node.span.clone(), "expected a text"))
}

fn texts(node: &Node) -> Result<Vec<String>, Problem> {
    node.items().iter().map(text).collect()
}

/// Where the fields of a rule lie.
#[derive(Debug)]
pub(super) struct Scope {
    prefixes: Vec<String>,
    fields: HashMap<String, Vec<String>>,
}

impl Scope {
    /// Is the field that a rule calls so.
    pub(super) fn field(&self, name: &str) -> Field {
        let mut paths: Vec<String> = Vec::new();
        let mut add = |path: String| {
            if !paths.contains(&path) {
                paths.push(path);
            }
        };
        self.prefixes.iter().for_each(|prefix| add(format!("{prefix}{name}")));
        for other in self.fields.get(name).into_iter().flatten() {
            if other.contains('.') {
                add(other.clone());
            } else {
                self.prefixes.iter().for_each(|prefix| add(format!("{prefix}{other}")));
            }
        }
        if paths.is_empty() {
            paths.push(name.to_owned());
        }
        Field { paths }
    }
}
