//! Who is trusted: OpenSSH's `allowed_signers`, a line a key, as `ssh-keygen -Y verify` and git read it.
//!
//! Certificates are not taken, and lines with `cert-authority` trust nobody.

use std::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use wildmatch::WildMatch;

use super::sshsig::{NAMESPACE, Reader};

/// The keys of those who are trusted.
#[derive(Debug, Clone, Default)]
pub struct Signers(Vec<Signer>);

#[derive(Debug, Clone)]
struct Signer {
    /// A list, as it stands in the file.
    principals: String,
    key: Vec<u8>,
    /// Whether it may sign rules.
    for_rules: bool,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known<'s> {
    /// It is trusted, and theirs.
    Trusted(&'s str),
    /// It is theirs, and its time has not come, or is over.
    OutOfTime(&'s str, String),
    /// It is theirs, and for something else than rules.
    OtherPurpose(&'s str),
    /// It is in no line.
    No,
}

/// A mistake in a file of signers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for SignerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for SignerError {}

impl Signers {
    /// Reads the text of the file.
    pub fn read(text: &str) -> Result<Self, SignerError> {
        let mut signers = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let signer = Signer::read(line).map_err(|what| SignerError { line: at + 1, what })?;
            signers.extend(signer);
        }
        Ok(Self(signers))
    }

    /// What is known of a key at this time. A line that trusts it goes before one that does not.
    pub(super) fn know(&self, key: &[u8], at: SystemTime) -> Known<'_> {
        let mut known = Known::No;
        for signer in self.0.iter().filter(|signer| signer.key == key) {
            let now = signer.know(at);
            if matches!(now, Known::Trusted(_)) {
                return now;
            }
            if known == Known::No {
                known = now;
            }
        }
        known
    }
}

impl Signer {
    /// Reads a line. Nothing if it speaks of certificates.
    fn read(line: &str) -> Result<Option<Self>, String> {
        let (principals, rest) = field(line);
        let mut signer = Self {
            principals: principals.replace('"', ""),
            key: Vec::new(),
            for_rules: true,
            after: None,
            before: None,
        };
        let (mut kind, mut rest) = field(rest);
        let mut certificates = false;
        let incomplete = || "expected a principal, options if any, the type of a key, and the key".to_owned();
        if kind.is_empty() {
            return Err(incomplete());
        }
        // A type of keys is not a list of options: no option is called as one.
        if !is_key_type(kind) {
            for option in split(kind, ',') {
                certificates |= option.eq_ignore_ascii_case("cert-authority");
                signer.option(option)?;
            }
            (kind, rest) = field(rest);
        }
        let (key, _comment) = field(rest);
        if kind.is_empty() || key.is_empty() {
            return Err(incomplete());
        }
        signer.key = STANDARD.decode(key).map_err(|_| "the key is not base64".to_owned())?;
        if Reader(&signer.key).text() != Some(kind.as_bytes()) {
            return Err(format!("the key is not of type {kind}"));
        }
        Ok((!certificates).then_some(signer))
    }

    fn option(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" if value.is_empty() => {}
            "namespaces" => self.for_rules = list_fits(value, NAMESPACE),
            "valid-after" => self.after = Some(time(value)?),
            "valid-before" => self.before = Some(time(value)?),
            _ => return Err(format!("`{option}` is no option that is known")),
        }
        Ok(())
    }

    fn know(&self, at: SystemTime) -> Known<'_> {
        let at = Timestamp::try_from(at).unwrap_or(Timestamp::MAX);
        if !self.for_rules {
            return Known::OtherPurpose(&self.principals);
        }
        if let Some(after) = self.after.filter(|after| at < *after) {
            return Known::OutOfTime(&self.principals, format!("valid after {after}"));
        }
        if let Some(before) = self.before.filter(|before| at > *before) {
            return Known::OutOfTime(&self.principals, format!("valid before {before}"));
        }
        Known::Trusted(&self.principals)
    }
}

/// Whether a field is the type of a key, rather than options.
fn is_key_type(field: &str) -> bool {
    ["ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-", "webauthn-"].iter().any(|start| field.starts_with(start))
}

/// The first field of a line, and the rest. White space within quotes does not end it.
fn field(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    let end = outside_quotes(line, |character| character.is_ascii_whitespace()).next().unwrap_or(line.len());
    line.split_at(end)
}

fn split(list: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for end in outside_quotes(list, move |character| character == at) {
        parts.push(&list[start..end]);
        start = end + at.len_utf8();
    }
    parts.push(&list[start..]);
    parts
}

/// The places of such characters.
fn outside_quotes(text: &str, wanted: impl Fn(char) -> bool) -> impl Iterator<Item = usize> {
    let mut quoted = false;
    text.char_indices().filter_map(move |(at, character)| {
        quoted ^= character == '"';
        (!quoted && wanted(character)).then_some(at)
    })
}

/// Reads YYYYMMDD or YYYYMMDDHHMM[SS], in this system's time zone unless `Z` follows.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || format!("`{text}` is no time: write YYYYMMDD or YYYYMMDDHHMM, and Z for UTC");
    let (digits, zone) = match text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC")) {
        Some(digits) => (digits, TimeZone::UTC),
        None => (text, TimeZone::system()),
    };
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Ok(0), str::parse::<i16>).map_err(|_| wrong());
    let small = |from: usize| number(from, from + 2).map(|number| number as i8);
    let civil = DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(8)?, small(10)?, small(12)?, 0);
    let zoned = civil.and_then(|civil| civil.to_zoned(zone)).map_err(|_| wrong())?;
    Ok(zoned.timestamp())
}

/// Whether a list of patterns has the text: one fits, and none with `!` in front.
fn list_fits(list: &str, text: &str) -> bool {
    let fits = |pattern: &str| WildMatch::new(pattern).matches(text);
    let mut patterns = list.split(',').map(str::trim);
    patterns.clone().any(fits) && !patterns.any(|pattern| pattern.strip_prefix('!').is_some_and(fits))
}
