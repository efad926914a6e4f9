//! Takes off what texts come in: percent-encoding, base64, JSON.

use crate::json;

/// Takes off percent-encoding, with `+` as a blank; nothing if the text is none.
pub(crate) fn url(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let (high, low) = (bytes.next()?, bytes.next()?);
                let digit = |b: u8| (b as char).to_digit(16);
                out.push((digit(high)? * 16 + digit(low)?) as u8);
            }
            byte => out.push(byte),
        }
    }
    Some(String::from_utf8_lossy(&out).into_owned())
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Takes off base64, with or without padding; nothing if the text is none, or not of text.
pub(crate) fn base64(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if digits.len() % 4 == 1 || padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|&b| b == byte)? as u32;
        bits = bits << 6 | digit;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(out).ok()
}

/// Writes base64, padded.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - chunk.len()));
        for nth in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * nth) & 63) as usize] as char;
            out.push(if nth > chunk.len() { '=' } else { digit });
        }
    }
    out
}

/// Is the value at a path in a text of JSON, as text: `$.a.b[0]`, `a.b`, `$['a']`. Nothing if there is none, or null.
pub(crate) fn json_path(text: &str, path: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut at = blank(bytes, 0);
    json::pass(bytes, at)?;
    let mut path = path.strip_prefix('$').unwrap_or(path);
    while !path.is_empty() {
        if let Some(rest) = path.strip_prefix('[') {
            let (inner, rest) = rest.split_once(']')?;
            path = rest;
            at = match inner.strip_prefix(['\'', '"']) {
                Some(key) => member(bytes, at, key.strip_suffix(['\'', '"'])?)?,
                None => element(bytes, at, inner.parse().ok()?)?,
            };
            continue;
        }
        path = path.strip_prefix('.').unwrap_or(path);
        let end = path.find(['.', '[']).unwrap_or(path.len());
        at = member(bytes, at, &path[..end])?;
        path = &path[end..];
    }
    let end = json::pass(bytes, at)?;
    match &bytes[at..end] {
        b"null" => None,
        [b'"', inner @ .., b'"'] => {
            let mut out = Vec::new();
            json::unescape(inner, &mut out);
            String::from_utf8(out).ok()
        }
        other => String::from_utf8(other.to_vec()).ok(),
    }
}

fn blank(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

fn member(text: &[u8], at: usize, wanted: &str) -> Option<usize> {
    if text.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = blank(text, at + 1);
    while text.get(at) == Some(&b'"') {
        let end = json::pass(text, at)?;
        let mut key = Vec::new();
        json::unescape(&text[at + 1..end - 1], &mut key);
        at = blank(text, end);
        if text.get(at) != Some(&b':') {
            return None;
        }
        at = blank(text, at + 1);
        if key == wanted.as_bytes() {
            return Some(at);
        }
        at = blank(text, json::pass(text, at)?);
        if text.get(at) != Some(&b',') {
            return None;
        }
        at = blank(text, at + 1);
    }
    None
}

fn element(text: &[u8], at: usize, wanted: usize) -> Option<usize> {
    if text.get(at) != Some(&b'[') {
        return None;
    }
    let mut at = blank(text, at + 1);
    for _ in 0..wanted {
        at = blank(text, json::pass(text, at)?);
        if text.get(at) != Some(&b',') {
            return None;
        }
        at = blank(text, at + 1);
    }
    (text.get(at) != Some(&b']')).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_url_and_base64() {
        assert_eq!(url("a%2Fb+c"), Some("a/b c".into()));
        assert_eq!(url("100%"), None);
        assert_eq!(base64("aGVsbG8="), Some("hello".into()));
        assert_eq!(base64("aGVsbG8"), Some("hello".into()));
        assert_eq!(base64("a*"), None);
        assert_eq!(to_base64(b"hello"), "aGVsbG8=");
    }

    #[test]
    fn follows_paths() {
        let text = r#" {"a": {"b": [1, {"c": "x\"y"}]}, "n": null} "#;
        assert_eq!(json_path(text, "$.a.b[1].c"), Some("x\"y".into()));
        assert_eq!(json_path(text, "a.b[0]"), Some("1".into()));
        assert_eq!(json_path(text, "$['a']['b']"), Some("[1, {\"c\": \"x\\\"y\"}]".into()));
        assert_eq!(json_path(text, "n"), None);
        assert_eq!(json_path("no", "a"), None);
    }
}
