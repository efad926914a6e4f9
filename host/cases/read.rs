//! Reading cases from a folder: every folder in it that holds an event is one.

use std::fs;
use std::path::Path;

use super::{CASES_BYTES_MAX, CASES_MAX, Case, CasesError};
use crate::diagnostics::reason;
use crate::files::{ReadError, read_whole};

/// Reads the cases of a folder, in the order of their names. Where there is no such folder, there are none.
///
/// # Errors
///
/// For a case that cannot be read, or whose files cannot be told apart from a mistake.
pub fn read(folder: &Path) -> Result<Vec<Case>, CasesError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(folder, reason(&error))),
    };
    let mut cases = Vec::new();
    let mut left = CASES_BYTES_MAX;
    for entry in entries {
        let path = entry.map_err(|error| wrong(folder, reason(&error)))?.path();
        // Other folders of `tests/` are the business of cargo.
        if !path.is_dir() || !FILES.iter().any(|name| path.join(name).exists()) {
            continue;
        }
        if cases.len() == CASES_MAX {
            return Err(CasesError::TooMany);
        }
        cases.push(case(&path, &mut left)?);
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

const EVENT: &str = "event.json";
const EVENTS: &str = "events.ndjson";
const FINDINGS: &str = "findings.ndjson";
const SETTINGS: &str = "settings.json";
const FILES: [&str; 4] = [EVENT, EVENTS, FINDINGS, SETTINGS];

fn case(folder: &Path, left: &mut usize) -> Result<Case, CasesError> {
    let name = folder.file_name().and_then(|name| name.to_str()).ok_or_else(|| wrong(folder, "its name is no text"))?;
    let mut text = |name: &str| text(&folder.join(name), left);
    let events = match (text(EVENT)?, text(EVENTS)?) {
        (Some(event), None) => vec![event.trim().to_owned()],
        (None, Some(events)) => lines(&events),
        (Some(_), Some(_)) => return Err(wrong(folder, format!("has {EVENT} and {EVENTS}: keep one of them"))),
        (None, None) => return Err(wrong(folder, format!("has no event: {EVENT}, or {EVENTS} for several"))),
    };
    let findings = lines(&text(FINDINGS)?.unwrap_or_default());
    let settings = text(SETTINGS)?;
    if events.is_empty() {
        return Err(wrong(&folder.join(EVENTS), "holds no event"));
    }
    Ok(Case { name: name.to_owned(), events, findings: Some(findings), settings })
}

/// The lines of a text that hold something.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The text of a file, if it is there.
fn text(path: &Path, left: &mut usize) -> Result<Option<String>, CasesError> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_whole(path, *left).map_err(|error| match error {
        ReadError::TooLarge(_) => CasesError::TooLarge,
        error => wrong(path, error.to_string()),
    })?;
    *left -= bytes.len();
    let at = |error: std::string::FromUtf8Error| format!("invalid UTF-8 at byte {}", error.utf8_error().valid_up_to());
    String::from_utf8(bytes).map(Some).map_err(|error| wrong(path, at(error)))
}

fn wrong(path: &Path, why: impl Into<String>) -> CasesError {
    CasesError::File(path.display().to_string(), why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_with_an_event_is_a_case() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(read(&folder.path().join("missing")), Ok(Vec::new()));
        write("two/events.ndjson", "{\"a\":1}\r\n\n{\"a\":2}");
        write("two/findings.ndjson", "{\"event\":2}\n");
        write("one/event.json", "{\n  \"a\": 1\n}\n");
        write("one/settings.json", "{}");
        write("support/mod.rs", "");
        write("native.rs", "");
        let cases = read(folder.path()).unwrap();
        let [one, two] = &cases[..] else { panic!("{cases:?}") };
        assert_eq!((&*one.name, &one.events[..]), ("one", &["{\n  \"a\": 1\n}".to_owned()][..]));
        assert_eq!((&one.findings, one.settings.as_deref()), (&Some(vec![]), Some("{}")));
        assert_eq!(two.events, ["{\"a\":1}", "{\"a\":2}"]);
        assert_eq!(two.findings.as_deref(), Some(&["{\"event\":2}".to_owned()][..]));
        // A case without an event, and one with two sorts of events, are mistakes and not skipped.
        write("three/settings.json", "{}");
        assert!(
            read(folder.path())
                .unwrap_err()
                .to_string()
                .ends_with("has no event: event.json, or events.ndjson for several")
        );
        write("three/event.json", "{}");
        write("three/events.ndjson", "{}");
        assert!(read(folder.path()).unwrap_err().to_string().contains("keep one of them"));
        fs::remove_file(folder.path().join("three/event.json")).unwrap();
        write("three/events.ndjson", "\n");
        assert!(read(folder.path()).unwrap_err().to_string().ends_with("holds no event"));
    }
}
