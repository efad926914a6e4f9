//! The report: alerts as one page of HTML that needs nothing else.
//!
//! What is in an alert comes from attackers. It reaches the page as JSON in a script that is data, with nothing in it
//! that HTML could take for a tag, and the page shows it as text alone. What the page looks like, and how it counts, is
//! left to `page.html`, `page.css` and `page.js`.

use std::fmt;
use std::io::{self, BufRead, Write};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::sandbox::metadata::Severity;

/// The most alerts in a report: a browser holds no more.
pub const ALERTS_MAX: u64 = 500_000;
/// The longest alert.
pub const ALERT_BYTES_MAX: usize = 64 << 20;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// How many lines were taken, and how many were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reported {
    /// Alerts in the report.
    pub alerts: u64,
    /// Lines that are no alerts.
    pub others: u64,
}

/// Why there is no report.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReportError {
    /// The alerts cannot be read.
    Read(io::Error),
    /// The report cannot be written.
    Write(io::Error),
    /// There are more than [`ALERTS_MAX`].
    TooMany,
    /// The alert on this line is longer than [`ALERT_BYTES_MAX`].
    TooLong(u64),
}

impl std::error::Error for ReportError {}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Write(error) => write!(f, "the report cannot be written: {error}"),
            Self::TooMany => write!(f, "more than {ALERTS_MAX} alerts, too many for a browser"),
            Self::TooLong(line) => write!(f, "line {line} is longer than {ALERT_BYTES_MAX} bytes"),
        }
    }
}

/// What makes a line an alert in trommel's own format.
#[derive(Deserialize)]
struct Known {
    #[serde(rename = "rule")]
    _rule: Rule,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "severity")]
    _severity: Severity,
}

/// Reads alerts, a line each, and writes the page. `other` takes the number of each line that is no alert.
pub fn report(
    mut alerts: impl BufRead,
    mut page: impl Write,
    other: &mut dyn FnMut(u64),
) -> Result<Reported, ReportError> {
    let page_with = |part: &str| PAGE.split_once(part).unwrap_or((PAGE, ""));
    let (head, tail) = page_with("@ALERTS@");
    let head =
        head.replace("@STYLE_HASH@", &hash(STYLE)).replace("@SCRIPT_HASH@", &hash(SCRIPT)).replace("@STYLE@", STYLE);
    page.write_all(head.as_bytes()).map_err(ReportError::Write)?;
    let mut reported = Reported::default();
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        number += 1;
        let most = ALERT_BYTES_MAX as u64 + 1;
        if io::Read::take(&mut alerts, most).read_until(b'\n', &mut line).map_err(ReportError::Read)? == 0 {
            break;
        }
        if line.len() > ALERT_BYTES_MAX {
            return Err(ReportError::TooLong(number));
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        let known = std::str::from_utf8(text).ok().filter(|text| serde_json::from_str::<Known>(text).is_ok());
        let Some(text) = known else {
            reported.others += 1;
            other(number);
            continue;
        };
        if reported.alerts == ALERTS_MAX {
            return Err(ReportError::TooMany);
        }
        let comma = if reported.alerts > 0 { ",\n" } else { "" };
        page.write_all(comma.as_bytes())
            .and_then(|()| page.write_all(inert(text).as_bytes()))
            .map_err(ReportError::Write)?;
        reported.alerts += 1;
    }
    let tail = tail.replace("@SCRIPT@", SCRIPT);
    page.write_all(tail.as_bytes()).and_then(|()| page.flush()).map_err(ReportError::Write)?;
    Ok(reported)
}

/// What a page's policy says of a script or a style in it, so that a browser runs no other.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// JSON that no HTML parser finds the end of a script in, and that is the same JSON: `<` and the like occur only in its
/// strings.
fn inert(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => inert.push_str(&format!("\\u{:04x}", character as u32)),
            _ => inert.push(character),
        }
    }
    inert
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_alerts_are_inert() {
        let evil = "</script><script>alert(1)</script><!-- \u{2028} &amp;";
        let alert = serde_json::json!({"user": evil, "rule": {"id": evil, "severity": "low"}}).to_string();
        let mut page = Vec::new();
        let mut others = Vec::new();
        let lines = format!("{alert}\nnope\n\n{{\"rule\":1}}\n{alert}");
        let reported = report(lines.as_bytes(), &mut page, &mut |line| others.push(line)).unwrap();
        assert_eq!(reported, Reported { alerts: 2, others: 2 });
        assert_eq!(others, [2, 4]);
        let page = String::from_utf8(page).unwrap();
        assert!(!page.contains("alert(1)</script>") && !page.contains('\u{2028}'));
        assert_eq!(page.matches("</script>").count(), 2);
        let (_, data) = page.split_once("type=\"application/json\">").unwrap();
        let (data, _) = data.split_once("</script>").unwrap();
        let data: Vec<serde_json::Value> = serde_json::from_str(data).unwrap();
        assert_eq!((data.len(), data[1]["user"].as_str()), (2, Some(evil)));
    }

    #[test]
    fn page_loads_nothing() {
        let mut page = Vec::new();
        report(&b""[..], &mut page, &mut |_| {}).unwrap();
        let page = String::from_utf8(page).unwrap();
        for word in [
            "http:",
            "https:",
            "src=",
            "href=",
            "@import",
            "url(",
            "innerHTML",
            "fetch(",
            "unsafe",
            "@STYLE",
            "@SCRIPT",
            "@ALERTS",
        ] {
            assert!(!page.contains(word), "{word}");
        }
    }
}
