//! The functions that work on texts. Positions count code points.

use crate::image::Function;
use crate::{decode, fold};

/// The longest text that one function makes.
const TEXT_BYTES_MAX: usize = 16 << 20;

/// What a function makes.
#[derive(Debug, PartialEq)]
pub(crate) enum Made {
    Boolean(bool),
    Number(i64),
    Text(String),
    Texts(Vec<String>),
}

/// Computes a function of texts and numbers; nothing is null.
pub(crate) fn call(function: Function, texts: &[String], numbers: &[i64]) -> Option<Made> {
    let first = texts.first().map(String::as_str);
    let second = texts.get(1).map(String::as_str);
    let folded = |text: Option<&str>| text.map(fold::text);
    let text = |text: String| (text.len() <= TEXT_BYTES_MAX).then_some(Made::Text(text));
    match function {
        Function::Length => Some(Made::Number(first?.chars().count() as i64)),
        Function::LengthBytes => Some(Made::Number(first?.len() as i64)),
        Function::LengthUtf16 => Some(Made::Number(first?.encode_utf16().count() as i64)),
        Function::Concat => text(texts.concat()),
        Function::Contains => Some(Made::Boolean(first?.contains(second?))),
        Function::ContainsFolded => Some(Made::Boolean(folded(first)?.contains(&folded(second)?))),
        Function::StartsWith => Some(Made::Boolean(first?.starts_with(second?))),
        Function::StartsWithFolded => Some(Made::Boolean(folded(first)?.starts_with(&folded(second)?))),
        Function::EndsWith => Some(Made::Boolean(first?.ends_with(second?))),
        Function::EndsWithFolded => Some(Made::Boolean(folded(first)?.ends_with(&folded(second)?))),
        Function::IndexOf => position(first?, second?, numbers.first()).map(Made::Number),
        Function::IndexOfFolded => position(&folded(first)?, &folded(second)?, numbers.first()).map(Made::Number),
        Function::Locate => {
            let from = numbers.first().map(|from| (from - 1).max(0));
            Some(Made::Number(position(first?, second?, from.as_ref()).map_or(0, |at| at + 1)))
        }
        Function::Slice => {
            let chars: Vec<char> = first?.chars().collect();
            let length = chars.len() as i64;
            let edge = |at: i64| if at < 0 { (at + length).max(0) } else { at.min(length) };
            let (from, to) = (edge(*numbers.first()?), edge(numbers.get(1).copied().unwrap_or(length)));
            text(if from < to { chars[from as usize..to as usize].iter().collect() } else { String::new() })
        }
        Function::Substring => {
            let chars: Vec<char> = first?.chars().collect();
            let length = chars.len() as i64;
            let from = match *numbers.first()? {
                0 => 0,
                from if from < 0 => from.checked_add(length)?.max(0),
                from => (from - 1).min(length),
            };
            let count = numbers.get(1).copied().unwrap_or(length);
            if count < 0 {
                return None;
            }
            let to = from.saturating_add(count).min(length);
            text(chars[from as usize..to as usize].iter().collect())
        }
        Function::Left => text(first?.chars().take(usize::try_from(*numbers.first()?).unwrap_or(0)).collect()),
        Function::Right => {
            let count = usize::try_from(*numbers.first()?).unwrap_or(0);
            text(first?.chars().skip(first?.chars().count().saturating_sub(count)).collect())
        }
        Function::Between => between(first?, first?, second?, texts.get(2)?, numbers.first()),
        Function::BetweenFolded => {
            let (search, right) = (folded(first)?, folded(texts.get(2).map(String::as_str))?);
            between(first?, &search, &folded(second)?, &right, numbers.first())
        }
        Function::ToLower => text(first?.to_lowercase()),
        Function::ToUpper => text(first?.to_uppercase()),
        Function::Trim => text(first?.trim().to_owned()),
        Function::TrimLeft => text(first?.trim_start().to_owned()),
        Function::TrimRight => text(first?.trim_end().to_owned()),
        Function::Reverse => text(first?.chars().rev().collect()),
        Function::Space => repeat(" ", *numbers.first()?),
        Function::Repeat => repeat(first?, *numbers.first()?),
        Function::UrlDecode => decode::url(first?).map(Made::Text),
        Function::FromBase64 => decode::base64(first?).map(Made::Text),
        Function::ToBase64 => text(decode::to_base64(first?.as_bytes())),
        Function::JsonExtract => decode::json_path(first?, second?).map(Made::Text),
        Function::ToNumberBased => {
            let digits = first?.trim();
            let digits = if numbers.first() == Some(&16) { digits.trim_start_matches("0x") } else { digits };
            let base = u32::try_from(*numbers.first()?).ok().filter(|base| (2..=36).contains(base))?;
            i64::from_str_radix(digits, base).ok().map(Made::Number)
        }
        Function::Split => {
            let separator = second?;
            let parts: Vec<String> = match separator {
                "" => return None,
                separator => first?.split(separator).map(str::to_owned).collect(),
            };
            Some(Made::Texts(parts))
        }
        _ => None,
    }
}

fn repeat(text: &str, count: i64) -> Option<Made> {
    let count = usize::try_from(count).ok()?;
    (text.len().checked_mul(count)? <= TEXT_BYTES_MAX).then(|| Made::Text(text.repeat(count)))
}

/// Is where a text lies in another, from 0, in code points.
fn position(text: &str, part: &str, from: Option<&i64>) -> Option<i64> {
    let skip = usize::try_from(from.copied().unwrap_or(0)).unwrap_or(0);
    let start = if skip == 0 { 0 } else { text.char_indices().nth(skip).map_or(text.len(), |(at, _)| at) };
    let at = start + text[start..].find(part)?;
    Some(text[..at].chars().count() as i64)
}

/// Is what lies between two texts; `search` is the text to look in, which has as many code points as `text`.
fn between(text: &str, search: &str, left: &str, right: &str, greedy: Option<&i64>) -> Option<Made> {
    let nothing = Some(Made::Text(String::new()));
    let Some(at) = search.find(left) else { return nothing };
    let start = at + left.len();
    let end = if greedy.is_some_and(|&greedy| greedy != 0) {
        search[start..].rfind(right)
    } else {
        search[start..].find(right)
    };
    let Some(end) = end.map(|end| start + end) else { return nothing };
    let (skip, count) = (search[..start].chars().count(), search[start..end].chars().count());
    Some(Made::Text(text.chars().skip(skip).take(count).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(function: Function, texts: &[&str], numbers: &[i64]) -> Option<Made> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        call(function, &texts, numbers)
    }

    fn made(text: &str) -> Option<Made> {
        Some(Made::Text(text.into()))
    }

    #[test]
    fn slices_from_both_ends() {
        assert_eq!(text(Function::Slice, &["process.exe"], &[-4]), made(".exe"));
        assert_eq!(text(Function::Slice, &["process.exe"], &[0, 7]), made("process"));
        assert_eq!(text(Function::Slice, &["äöü"], &[1, 2]), made("ö"));
        assert_eq!(text(Function::Slice, &["abc"], &[2, 1]), made(""));
        assert_eq!(text(Function::Substring, &["abcd"], &[2, 2]), made("bc"));
        assert_eq!(text(Function::Substring, &["abcd"], &[-3]), made("bcd"));
    }

    #[test]
    fn finds_places() {
        assert_eq!(text(Function::IndexOf, &["äbc", "c"], &[]), Some(Made::Number(2)));
        assert_eq!(text(Function::IndexOf, &["abc", "x"], &[]), None);
        assert_eq!(text(Function::Locate, &["abcabc", "c",], &[4]), Some(Made::Number(6)));
        assert_eq!(text(Function::Locate, &["abc", "x"], &[]), Some(Made::Number(0)));
    }

    #[test]
    fn takes_what_lies_between() {
        assert_eq!(text(Function::Between, &["a(b)c)", "(", ")"], &[]), made("b"));
        assert_eq!(text(Function::Between, &["a(b)c)", "(", ")"], &[1]), made("b)c"));
        assert_eq!(text(Function::BetweenFolded, &["ÄxBxÄ", "äX", "XÄ"], &[]), made("B"));
        assert_eq!(text(Function::Between, &["abc", "x", "c"], &[]), made(""));
    }
}
