//! Reads Java's, Ruby's and PCRE's regexes: their common part, turned into the syntax that `regex-syntax` reads.
//!
//! Classes such as `\d` are ASCII in these languages and Unicode in that one, so they are written out. What has another
//! meaning there, or none, is refused.

use regex_syntax::{ParserBuilder, hir};

use super::super::problem::{Problem, Reason};
use super::{Dialect, Flags, NESTING_MAX, Parsed, mistake};

/// Parses a pattern.
pub(super) fn parse(pattern: &str, dialect: Dialect, flags: Flags) -> Result<Parsed, Problem> {
    let lines = flags.multi_line || dialect == Dialect::Ruby;
    let mut translation = Translation { pattern, dialect, lines, at: 0, out: String::new(), places: Vec::new() };
    translation.all()?;
    let Translation { out, places, .. } = translation;
    let back = |at: usize| places.get(at).copied().unwrap_or(pattern.len());
    let mut builder = ParserBuilder::new();
    builder
        .nest_limit(NESTING_MAX)
        .utf8(false)
        .case_insensitive(flags.ignore_case)
        // Ruby's `(?m)` is everyone else's `(?s)`, and its `^` and `$` are always at lines.
        .multi_line(lines)
        .dot_matches_new_line(flags.dot_all);
    let hir = builder.build().parse(&out).map_err(|error| {
        let (span, message) = match &error {
            regex_syntax::Error::Parse(error) => (error.span(), error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (error.span(), error.kind().to_string()),
            _ => return mistake(0..pattern.len(), "no regex"),
        };
        mistake(back(span.start.offset)..back(span.end.offset), message)
    })?;
    let mut names = Vec::new();
    groups(&hir, &mut names);
    Ok(Parsed { hir, names })
}

fn groups(hir: &hir::Hir, names: &mut Vec<(String, u16)>) {
    match hir.kind() {
        hir::HirKind::Capture(group) => {
            if let (Some(name), Ok(index)) = (&group.name, u16::try_from(group.index)) {
                names.push((name.to_string(), index));
            }
            groups(&group.sub, names);
        }
        hir::HirKind::Repetition(repetition) => groups(&repetition.sub, names),
        hir::HirKind::Concat(parts) | hir::HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| groups(part, names));
        }
        _ => {}
    }
}

/// Writes the pattern anew, and keeps where each byte of the new one came from.
struct Translation<'a> {
    pattern: &'a str,
    dialect: Dialect,
    /// `^` and `$` match at lines.
    lines: bool,
    at: usize,
    out: String,
    places: Vec<usize>,
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = " \\t\\n\\x0B\\f\\r";
const HEX: &str = "0-9A-Fa-f";
const BLANK: &str = " \\t\u{a0}\u{1680}\u{180e}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}";

impl Translation<'_> {
    fn rest(&self) -> &str {
        &self.pattern[self.at..]
    }

    fn put(&mut self, text: &str) {
        self.places.resize(self.places.len() + text.len(), self.at);
        self.out.push_str(text);
    }

    fn take(&mut self, from: &str, to: &str) {
        self.put(to);
        self.at += from.len();
    }

    fn refuse<T>(&self, construct: &str) -> Result<T, Problem> {
        Err(Problem::refusal(self.at..self.at + construct.len(), Reason::Construct, construct))
    }

    fn all(&mut self) -> Result<(), Problem> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => self.escape(false)?,
                '[' => self.class(0)?,
                '(' => self.group()?,
                '*' | '+' | '?' | '}' => self.repetition(c)?,
                '{' if !self.is_repetition() => self.take("{", "\\{"),
                '{' => {
                    let end = self.rest().find('}').map_or(1, |end| end);
                    let text = self.rest()[..end].to_owned();
                    // `{,3}` starts at nothing, in Ruby.
                    let written = text.replacen("{,", "{0,", 1);
                    self.take(&text, &written);
                }
                // Java's and PCRE's `$` is none that `regex-syntax` knows: the program's writer takes this one for it.
                '$' if !self.lines => self.take("$", "(?Rm:$)"),
                c => {
                    let text = c.to_string();
                    self.take(&text, &text);
                }
            }
        }
        Ok(())
    }

    /// Says whether a brace starts a repetition rather than being itself.
    fn is_repetition(&self) -> bool {
        let rest = &self.rest()[1..];
        let inner = rest.split('}').next().unwrap_or_default();
        rest.contains('}')
            && inner.bytes().all(|b| b.is_ascii_digit() || b == b',')
            && inner.bytes().filter(|&b| b == b',').count() <= 1
            && inner.bytes().any(|b| b.is_ascii_digit())
            && (self.dialect == Dialect::Ruby || !inner.starts_with(','))
    }

    fn repetition(&mut self, c: char) -> Result<(), Problem> {
        let text = c.to_string();
        self.take(&text, &text);
        if self.rest().starts_with('+') && !(self.dialect == Dialect::Ruby && c == '}') {
            return self.possessive();
        }
        Ok(())
    }

    /// Takes a possessive repetition as a greedy one where that is the same: where what follows cannot take what the
    /// repetition took, which is known of `\d` and `\w` before a character outside of them, or at the pattern's end.
    fn possessive(&mut self) -> Result<(), Problem> {
        let after = self.rest()[1..].strip_prefix('\\').map_or(&self.rest()[1..], |escaped| escaped);
        let escaped = self.rest()[1..].starts_with('\\');
        let next = after.chars().next();
        let outside = |inside: fn(char) -> bool| match next {
            None => true,
            Some(c) if escaped => !c.is_ascii_alphanumeric() && !inside(c),
            Some(c) => !inside(c) && !r"[(.?*+{|^$)".contains(c),
        };
        let repeated = &self.pattern[..self.at - 1];
        let apart = (repeated.ends_with("\\d") && outside(|c| c.is_ascii_digit()))
            || (repeated.ends_with("\\w") && outside(|c| c.is_ascii_alphanumeric() || c == '_'));
        if !apart {
            return self.refuse("+");
        }
        self.at += 1;
        Ok(())
    }

    fn group(&mut self) -> Result<(), Problem> {
        for construct in ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?(", "(?|", "(?R", "(?P=", "(?P>", "(?&", "(*"] {
            if self.rest().starts_with(construct) {
                return self.refuse(construct);
            }
        }
        if self.rest().starts_with("(?#") {
            let end = self.rest().find(')').map_or(self.rest().len(), |end| end + 1);
            self.at += end;
            return Ok(());
        }
        if self.rest().starts_with("(?") && !self.rest().starts_with("(?<") && !self.rest().starts_with("(?P<") {
            let end = self.rest().find([':', ')']).map_or(self.rest().len(), |end| end + 1);
            let flags = self.rest()[..end].to_owned();
            let mut written = String::new();
            for c in flags.chars() {
                match c {
                    'm' if self.dialect == Dialect::Ruby => written.push('s'),
                    'm' if !self.lines => return self.refuse(&flags),
                    'i' | 's' | 'm' | 'x' | '-' | '(' | '?' | ':' | ')' => written.push(c),
                    _ => return self.refuse(&flags),
                }
            }
            self.take(&flags, &written);
            return Ok(());
        }
        self.take("(", "(");
        Ok(())
    }

    fn class(&mut self, depth: u32) -> Result<(), Problem> {
        if depth > NESTING_MAX {
            return self.refuse("[");
        }
        let start = self.at;
        self.take("[", "[");
        if self.rest().starts_with('^') {
            self.take("^", "^");
        }
        if self.rest().starts_with(']') {
            self.take("]", "\\]");
        }
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(mistake(start..self.pattern.len(), "a class without its `]`"));
            };
            match c {
                ']' => {
                    self.take("]", "]");
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '[' if self.rest().starts_with("[:") => {
                    let end = self.rest().find(":]").map_or(1, |end| end + 2);
                    let text = self.rest()[..end].to_owned();
                    self.take(&text, &text);
                }
                '[' if self.dialect == Dialect::Pcre => self.take("[", "\\["),
                '[' => self.class(depth + 1)?,
                '&' if self.rest().starts_with("&&") && self.dialect != Dialect::Pcre => self.take("&&", "&&"),
                '&' | '~' => {
                    let text = c.to_string();
                    self.take(&text, &format!("\\{text}"));
                }
                '-' if self.rest().starts_with("--") => self.take("-", "\\-"),
                c => {
                    let text = c.to_string();
                    self.take(&text, &text);
                }
            }
        }
    }

    fn escape(&mut self, in_class: bool) -> Result<(), Problem> {
        let Some(c) = self.rest()[1..].chars().next() else {
            return Err(mistake(self.at..self.pattern.len(), "a backslash without what it escapes"));
        };
        let text = format!("\\{c}");
        let set = |set: &str, not: bool| match (in_class, not) {
            (true, false) => set.to_owned(),
            (false, false) => format!("[{set}]"),
            (_, true) => format!("[^{set}]"),
        };
        let written = match c {
            'd' | 'D' => set(DIGIT, c == 'D'),
            'w' | 'W' => set(WORD, c == 'W'),
            's' | 'S' => set(SPACE, c == 'S'),
            'h' | 'H' if self.dialect == Dialect::Ruby => set(HEX, c == 'H'),
            'h' | 'H' => set(BLANK, c == 'H'),
            'R' if !in_class => "(?:\\r\\n|[\\n\\x0B\\f\\r\\u{85}\\u{2028}\\u{2029}])".into(),
            'b' if in_class => "\\x08".into(),
            'b' | 'B' => format!("(?-u:\\{c})"),
            'A' => "\\A".into(),
            'Z' => "(?:\\r?\\n)?\\z".into(),
            'e' => "\\x1B".into(),
            '/' => "/".into(),
            'Q' if !in_class => {
                let quoted = &self.rest()[2..];
                let end = quoted.find("\\E").unwrap_or(quoted.len());
                let literal = regex_syntax::escape(&quoted[..end]);
                let length = 2 + end + if quoted[end..].is_empty() { 0 } else { 2 };
                self.put(&literal);
                self.at += length;
                return Ok(());
            }
            '1'..='9' | 'k' | 'g' | 'G' | 'K' | 'X' | 'c' => return self.refuse(&text),
            'x' | 'u' | 'p' | 'P' | 'z' | 'n' | 'r' | 't' | 'f' | 'v' | 'a' => text.clone(),
            '0' => return self.refuse(&text),
            c if c.is_ascii_alphabetic() => return self.refuse(&text),
            c => regex_syntax::escape(&c.to_string()),
        };
        self.take(&text, &written);
        Ok(())
    }
}
