//! Turns the texts of detection rules, Elastic's and Sigma's, into one component.
//!
//! - [`ir`] is what every rule text compiles to: the middle, which all others meet.
//! - A **front end** reads one language. `eql`, `kql` and `esql` each have `compile(&str) -> Result<Query, Problem>`, and
//!   `elastic` reads the TOML around them. `sigma` has `rules(&str, …)`, which answers with a rule or a problem for each
//!   document of a YAML file.
//! - The **back end** writes rules as a flat image, the pack ([`pack`]), and lays it into the engine ([`component`]).
//!
//! [`compile`] goes all the way. A rule that is not understood is refused, never half compiled.

pub mod cases;
pub mod component;
pub mod elastic;
pub mod eql;
pub mod esql;
mod fields;
mod functions;
pub mod ir;
pub mod kql;
mod number;
pub mod pack;
pub mod problem;
pub mod regex;
pub mod sigma;
mod sources;
pub mod types;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use ir::{Column, ColumnValue, Field, Notice, Rule, Severity};
use problem::Located;
pub use sources::Language;

/// What is asked of a compilation.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Takes every file for this sort of rule.
    pub from: Option<Language>,
    /// Takes only rules with one of these ids or names; all, if there are none.
    pub only: Vec<String>,
    /// Leaves out rules with one of these ids or names.
    pub skip: Vec<String>,
    /// Takes only rules with one of these tags; all, if there are none.
    pub tags: Vec<String>,
    /// Leaves out rules of a lower severity.
    pub level_min: Option<Severity>,
    /// Fields that become columns of every rule, beside its own.
    pub columns: Vec<String>,
    /// Keeps what rules say on how to treat an alert.
    pub triage: bool,
    /// Gives rules needles, where they pay.
    pub needles: bool,
    /// Files that tell of log sources of Sigma's rules, and where their events hold their fields.
    pub fields: Vec<PathBuf>,
}

/// What came of a compilation.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The component.
    pub component: Vec<u8>,
    /// The pack in it.
    pub pack: pack::Pack,
    /// The rules, in their order: id and name.
    pub rules: Vec<(String, String)>,
    /// The refused rules.
    pub refused: Vec<Located>,
    /// How many rules were left out on demand.
    pub left_out: usize,
    /// What was left out of rules, and of how many.
    pub notices: BTreeMap<Notice, usize>,
}

/// Why there is no component.
#[derive(Debug)]
#[non_exhaustive]
pub enum CompileError {
    /// A file or a folder cannot be read.
    File(PathBuf, std::io::Error),
    /// A file is no text.
    NotText(PathBuf),
    /// A file is no rule of any sort that is known.
    NoRule(PathBuf),
    /// Texts of rules are wrong: all mistakes, in the order of the files.
    Mistakes(Vec<Located>),
    /// A file of fields is wrong.
    Fields(Box<Located>),
    /// Two rules have one id.
    SameId(String, PathBuf, PathBuf),
    /// Nothing is left to compile; so many rules were refused, so many left out.
    Nothing(Vec<Located>, usize),
    /// The engine takes no pack.
    Engine(component::BrokenEngine),
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, why) => write!(f, "{}: {}", path.display(), crate::diagnostics::reason(why)),
            Self::NotText(path) => write!(f, "{}: not UTF-8", path.display()),
            Self::NoRule(path) => write!(f, "{}: no rule of Elastic's or Sigma's", path.display()),
            Self::Mistakes(mistakes) => {
                let rules = if mistakes.len() == 1 { "rule is" } else { "rules are" };
                write!(f, "{} {rules} not well-formed", mistakes.len())
            }
            Self::Fields(located) => write!(f, "{}: no file of fields", located.file.display()),
            Self::SameId(id, first, second) => {
                write!(f, "{}: has the id {id}, as {} has", second.display(), first.display())
            }
            Self::Nothing(refused, left_out) => {
                write!(f, "no rule to compile: {} refused, {left_out} left out", refused.len())
            }
            Self::Engine(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for CompileError {}

/// Compiles files, and whatever rules lie in folders, to one component. The order of paths and files in a folder has no
/// influence on the bytes: rules are ordered by their ids.
///
/// # Errors
///
/// The error tells what is wrong with which file. A rule that is refused is no error, unless no other is left.
pub fn compile(paths: &[PathBuf], options: &Options) -> Result<Compiled, CompileError> {
    let mut rules: Vec<(PathBuf, Rule)> = Vec::new();
    let (mut refused, mut mistakes) = (Vec::new(), Vec::new());
    let mut left_out = 0;
    let log_sources = log_sources(&options.fields)?;
    for source in sources::collect(paths, options.from)? {
        let outcomes = match source.language {
            Language::Elastic => {
                let outcome = elastic::rule(&source.text);
                vec![(outcome.name, outcome.rule)]
            }
            Language::Sigma => {
                let documents = sigma::rules(&source.text, &log_sources);
                documents.into_iter().map(|document| (document.name, document.rule)).collect()
            }
        };
        for (name, outcome) in outcomes {
            match outcome {
                Ok(rule) if is_wanted(&rule, options) => rules.push((source.path.clone(), rule)),
                Ok(_) => left_out += 1,
                Err(problem) => {
                    let located = Located::new(&source.path, &source.text, name.as_deref(), problem);
                    if located.is_mistake() { mistakes.push(located) } else { refused.push(located) }
                }
            }
        }
    }
    if !mistakes.is_empty() {
        return Err(CompileError::Mistakes(mistakes));
    }
    if rules.is_empty() {
        return Err(CompileError::Nothing(refused, left_out));
    }
    rules.sort_by(|(_, a), (_, b)| a.metadata.id.cmp(&b.metadata.id));
    if let Some([(first, rule), (second, _)]) =
        rules.array_windows().find(|[(_, a), (_, b)]| a.metadata.id == b.metadata.id)
    {
        return Err(CompileError::SameId(rule.metadata.id.clone(), first.clone(), second.clone()));
    }
    let mut notices = BTreeMap::new();
    let mut rules: Vec<Rule> = rules.into_iter().map(|(_, rule)| rule).collect();
    for rule in &mut rules {
        add_columns(rule, &options.columns);
        for notice in &rule.notices {
            *notices.entry(*notice).or_default() += 1;
        }
    }
    let pack = pack::write(&rules, pack::Options { triage: options.triage, needles: options.needles });
    let component = component::component(&pack.image).map_err(CompileError::Engine)?;
    let rules = rules.into_iter().map(|rule| (rule.metadata.id, rule.metadata.name)).collect();
    Ok(Compiled { component, pack, rules, refused, left_out, notices })
}

/// Is what is known of log sources, with what the user's own files add.
fn log_sources(files: &[PathBuf]) -> Result<sigma::Sources, CompileError> {
    let mut known = sigma::Sources::built_in();
    for path in files {
        let text = sources::read(path)?;
        known.add(&text).map_err(|problem| CompileError::Fields(Box::new(Located::new(path, &text, None, problem))))?;
    }
    Ok(known)
}

fn is_wanted(rule: &Rule, options: &Options) -> bool {
    let metadata = &rule.metadata;
    let named = |names: &[String]| names.iter().any(|name| *name == metadata.id || *name == metadata.name);
    (options.only.is_empty() || named(&options.only))
        && !named(&options.skip)
        && (options.tags.is_empty() || options.tags.iter().any(|tag| metadata.tags.contains(tag)))
        && options.level_min.is_none_or(|least| metadata.severity >= least)
}

fn add_columns(rule: &mut Rule, names: &[String]) {
    for name in names {
        if rule.columns.iter().all(|column| column.name != *name) {
            let value = ColumnValue::Field(Field { paths: vec![name.clone()] });
            rule.columns.push(Column { name: name.clone(), value });
        }
    }
}

#[cfg(test)]
mod testing;
