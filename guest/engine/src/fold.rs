//! Simple case folding, code point by code point: texts that differ in case alone fold to the same.
//!
//! One character folds to one: `ß` is not `ss`. The Kelvin sign folds to `k`, the long s to `s`.

use crate::fold_table::RUNS;

/// Folds a character.
#[inline]
pub fn char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let n = c as u32;
    let run = RUNS.partition_point(|&(_, last, ..)| last < n);
    match RUNS.get(run) {
        Some(&(first, _, step, delta)) if first <= n && (n - first).is_multiple_of(step) => {
            n.checked_add_signed(delta).and_then(char::from_u32).unwrap_or(c)
        }
        _ => c,
    }
}

/// Writes a text folded. What is no UTF-8 becomes U+FFFD.
pub fn bytes(text: &[u8], out: &mut Vec<u8>) {
    if text.is_ascii() {
        let start = out.len();
        out.extend_from_slice(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    for c in String::from_utf8_lossy(text).chars() {
        out.extend_from_slice(char(c).encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Is a text folded.
pub fn text(text: &str) -> String {
    text.chars().map(char).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn folds_one_to_one() {
        assert_eq!(super::text("STRASSE ẞ \u{212a} İ ſ ÄÖ"), "strasse ß k İ s äö");
        assert_eq!(super::text("Σ"), super::text("ς"));
    }

    #[test]
    fn is_the_same_on_bytes() {
        let mut out = Vec::new();
        super::bytes("AÉ\u{212a}".as_bytes(), &mut out);
        assert_eq!(out, "aék".as_bytes());
    }
}
