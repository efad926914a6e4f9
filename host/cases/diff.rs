//! How what was found differs from what was expected, line by line.

use serde_json::Value;

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "is", content = "line", rename_all = "lowercase")]
pub enum Line {
    /// It was expected, and found.
    Same(String),
    /// It was expected, and not found.
    Missing(String),
    /// It was found, and not expected.
    Unexpected(String),
}

/// Lines that are compared each with each; beyond, all of one side stand before those of the other.
const COMPARED_MAX: usize = 1_000;

/// Goes from the lines that were expected to those that were found. Lines are the same if they are the same JSON: blanks
/// and the order of members say nothing.
pub fn diff(expected: &[String], found: &[String]) -> Vec<Line> {
    let parsed = |lines: &[String]| -> Vec<Result<Value, String>> {
        lines.iter().map(|line| serde_json::from_str(line).map_err(|_| line.clone())).collect()
    };
    let (left, right) = (parsed(expected), parsed(found));
    let ahead = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
    let same = |line: &String| Line::Same(line.clone());
    let mut lines: Vec<_> = expected[..ahead].iter().map(same).collect();
    let (left, right) = (&left[ahead..], &right[ahead..]);
    let (expected, found) = (&expected[ahead..], &found[ahead..]);
    if left.len() > COMPARED_MAX || right.len() > COMPARED_MAX {
        lines.extend(expected.iter().cloned().map(Line::Missing));
        lines.extend(found.iter().cloned().map(Line::Unexpected));
        return lines;
    }
    // The longest common subsequence of the rest, from each place on.
    let width = right.len() + 1;
    let mut common = vec![0_u16; (left.len() + 1) * width];
    for a in (0..left.len()).rev() {
        for b in (0..right.len()).rev() {
            common[a * width + b] = if left[a] == right[b] {
                common[(a + 1) * width + b + 1] + 1
            } else {
                common[(a + 1) * width + b].max(common[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    while a < left.len() || b < right.len() {
        if a < left.len() && b < right.len() && left[a] == right[b] {
            lines.push(same(&expected[a]));
            (a, b) = (a + 1, b + 1);
        } else if b == right.len() || a < left.len() && common[(a + 1) * width + b] >= common[a * width + b + 1] {
            lines.push(Line::Missing(expected[a].clone()));
            a += 1;
        } else {
            lines.push(Line::Unexpected(found[b].clone()));
            b += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_compared_as_json_and_in_their_order() {
        let lines = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let told = |expected: &[&str], found: &[&str]| {
            let line = |line| match line {
                Line::Same(line) => format!(" {line}"),
                Line::Missing(line) => format!("-{line}"),
                Line::Unexpected(line) => format!("+{line}"),
            };
            diff(&lines(expected), &lines(found)).into_iter().map(line).collect::<Vec<_>>().join("|")
        };
        assert_eq!(told(&[], &[]), "");
        assert_eq!(told(&[r#"{"a": 1, "b": 2}"#], &[r#"{"b":2,"a":1}"#]), r#" {"a": 1, "b": 2}"#);
        assert_eq!(told(&["1", "2", "3"], &["1", "3", "4"]), " 1|-2| 3|+4");
        assert_eq!(told(&["1"], &["2"]), "-1|+2");
        // A mistake in the file never equals what was found.
        assert_eq!(told(&["{\"a\":1"], &["{\"a\":1}"]), "-{\"a\":1|+{\"a\":1}");
        let many = vec!["1".to_owned(); COMPARED_MAX + 1];
        assert_eq!(diff(&many, &many[1..]).iter().filter(|line| !matches!(line, Line::Same(_))).count(), 1);
    }
}
