//! Finds the files of rules, and tells of what sort they are.

use std::fs;
use std::path::{Path, PathBuf};

use super::{CompileError, elastic, sigma};

/// Whose rules they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Language {
    /// Elastic's: TOML around EQL, KQL or ES|QL.
    Elastic,
    /// Sigma's: YAML, a rule a document.
    Sigma,
}

/// A file of a rule.
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
    pub(super) language: Language,
}

/// How deep folders may lie in each other: a link may lead back.
const FOLDERS_DEEP_MAX: usize = 32;

/// The largest file of a rule.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Reads the files, and those in the folders whose names end like a rule's; in a folder, what is no rule is passed over.
pub(super) fn collect(paths: &[PathBuf], from: Option<Language>) -> Result<Vec<Source>, CompileError> {
    let mut sources = Vec::new();
    for path in paths {
        if path.is_dir() {
            folder(path, from, 0, &mut sources)?;
        } else {
            let text = read(path)?;
            let language = from.or_else(|| language(&text)).ok_or_else(|| CompileError::NoRule(path.clone()))?;
            sources.push(Source { path: path.clone(), text, language });
        }
    }
    Ok(sources)
}

fn folder(path: &Path, from: Option<Language>, depth: usize, sources: &mut Vec<Source>) -> Result<(), CompileError> {
    let failed = |why| CompileError::File(path.to_path_buf(), why);
    let mut entries = fs::read_dir(path)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(failed)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            if depth == FOLDERS_DEEP_MAX {
                return Err(failed(std::io::Error::other(format!(
                    "more than {FOLDERS_DEEP_MAX} folders in each other"
                ))));
            }
            folder(&entry, from, depth + 1, sources)?;
        } else if entry.extension().is_some_and(|ending| ["toml", "yml", "yaml"].iter().any(|one| ending == *one)) {
            let text = read(&entry)?;
            if let Some(language) = language(&text).filter(|language| from.is_none_or(|from| from == *language)) {
                sources.push(Source { path: entry, text, language });
            }
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<String, CompileError> {
    let failed = |why| CompileError::File(path.to_path_buf(), why);
    if fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
        return Err(failed(std::io::Error::other(format!("larger than {FILE_BYTES_MAX} bytes"))));
    }
    String::from_utf8(fs::read(path).map_err(failed)?).map_err(|_| CompileError::NotText(path.to_path_buf()))
}

/// Tells the sort of a rule by its text.
fn language(text: &str) -> Option<Language> {
    if elastic::is_rule(text) {
        return Some(Language::Elastic);
    }
    sigma::is_rule(text).then_some(Language::Sigma)
}
