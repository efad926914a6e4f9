//! Many rules, a line each.

use trommel::diagnostics::printable;
use trommel::metadata::Metadata;

const HEADINGS: [&str; 7] = ["ID", "VERSION", "SEVERITY", "RISK", "NEEDLES", "ATTACK", "NAME"];

/// The table: columns are as wide as what is in them, but for the last.
pub(super) fn table(rules: &[&Metadata]) -> String {
    let rows = std::iter::once(HEADINGS.map(str::to_owned)).chain(rules.iter().map(|rule| {
        [
            printable(&rule.id),
            printable(&rule.version),
            rule.severity.to_string(),
            rule.risk_score.to_string(),
            rule.needles.len().to_string(),
            printable(&rule.attack_ids().join(" ")),
            printable(&rule.name),
        ]
    }));
    let rows: Vec<_> = rows.collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..HEADINGS.len() - 1).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (cell, width) in row.iter().zip(&widths) {
            text += &format!("{cell:width$}  ");
        }
        text += &row[HEADINGS.len() - 1];
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::profile::tests::rule;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let (one, mut other) = (rule("one"), rule("a-longer-id"));
        other.name = "Not\u{1b}[2J shown".into();
        let text = table(&[&one, &other]);
        assert_eq!(
            text,
            "ID           VERSION  SEVERITY  RISK  NEEDLES  ATTACK        NAME\n\
             one          1.2.0    low       21    1        TA0010 T1537  A rule\n\
             a-longer-id  1.2.0    low       21    1        TA0010 T1537  Not\\u{1b}[2J shown\n"
        );
    }
}
