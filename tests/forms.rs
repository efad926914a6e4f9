//! The table of the forms in which CloudTrail's records arrive is the truth: each row has its case, and each case its row.

mod support;

use std::collections::BTreeSet;
use std::fs;

use support::root;

/// How many forms must be known, and how many of them found without a flag.
const FORMS_MIN: usize = 74;
const FOUND_MIN: usize = 66;
/// Folders that say of all forms at once what is not found in them.
const OF_ALL_FORMS: [&str; 2] = ["failed-in-every-form", "removed-in-every-form"];

/// The cells of a table's rows whose first cell is a folder.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect()).collect()
}

#[test]
fn each_form_is_found_in_its_case() {
    let folder = root().join("tests/cases/forms");
    let table = fs::read_to_string(folder.join("README.md")).expect("the table");
    let (found, not_found) = table.split_once("These are not found:").expect("the second table");
    let (found, not_found) = (rows(found), rows(not_found));
    let case = |name: &str, file: &str| fs::read_to_string(folder.join(name).join(file)).unwrap_or_default();
    for row in &found {
        let [name, what] = row[..] else { panic!("{row:?}") };
        assert!(!what.is_empty(), "{name}");
        assert_eq!(case(name, "args"), "run --quiet --rule $EBS\n", "{name}: without a flag");
        let alerts: Vec<serde_json::Value> =
            case(name, "out.ndjson").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let to: Vec<_> = alerts.iter().map(|alert| &alert["userId"]).collect();
        assert_eq!(to, ["444455556666", "all"], "{name}: the share, and the public one");
    }
    for row in &not_found {
        let [name, what, why] = row[..] else { panic!("{row:?}") };
        assert!(!what.is_empty() && !why.is_empty(), "{name}");
        // It is not found, and that is not silent.
        assert_eq!(case(name, "out.ndjson"), "", "{name}");
        assert_ne!((case(name, "err.txt"), case(name, "code")), (String::new(), String::new()), "{name}");
    }
    let named: Vec<&str> = found.iter().chain(&not_found).map(|row| row[0]).collect();
    let each: BTreeSet<&str> = named.iter().copied().chain(OF_ALL_FORMS).collect();
    assert_eq!(each.len(), named.len() + OF_ALL_FORMS.len(), "each form has one row");
    let entries = fs::read_dir(&folder).expect("the cases").map(|entry| entry.expect("an entry"));
    let folders: BTreeSet<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("a name"))
        .collect();
    assert_eq!(folders.iter().map(String::as_str).collect::<BTreeSet<_>>(), each, "folders and rows");
    assert!(named.len() >= FORMS_MIN && found.len() >= FOUND_MIN, "{} of {}", found.len(), named.len());
}
