//! Texts of Sigma as patterns, and the modifiers that turn one text into others: encodings and dashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::ir::{Piece, TextPattern};

/// How many texts one text may become.
pub const VARIANTS_MAX: usize = 625;

/// Where in a value a text must lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Placement {
    #[default]
    Whole,
    Anywhere,
    Start,
    End,
}

/// How a text is written as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf16Little,
    Utf16Big,
    /// Little-endian, after a byte order mark.
    Utf16Marked,
    Base64,
    Base64Offset,
}

/// Reads a text: `*` and `?` are wildcards; a backslash before one of them, or before a backslash, makes it itself, and
/// is itself before anything else.
pub(super) fn read(text: &str) -> TextPattern {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => literal.push(characters.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\')),
            '*' | '?' => {
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(if c == '*' { Piece::Many } else { Piece::One });
            }
            c => literal.push(c),
        }
    }
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    TextPattern(pieces)
}

/// Is the text of a pattern without wildcards.
pub(super) fn plain(pattern: &TextPattern) -> Option<&str> {
    match pattern.0.as_slice() {
        [Piece::Text(text)] => Some(text),
        _ => None,
    }
}

/// Lets a pattern lie where it is asked to.
pub(super) fn placed(TextPattern(mut pieces): TextPattern, placement: Placement) -> TextPattern {
    if matches!(placement, Placement::Anywhere | Placement::End) && pieces.first() != Some(&Piece::Many) {
        pieces.insert(0, Piece::Many);
    }
    if matches!(placement, Placement::Anywhere | Placement::Start) && pieces.last() != Some(&Piece::Many) {
        pieces.push(Piece::Many);
    }
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces.dedup_by(|a, b| *a == Piece::Many && *b == Piece::Many);
    if pieces.is_empty() {
        pieces.push(Piece::Text(String::new()));
    }
    TextPattern(pieces)
}

/// Writes a text in these encodings, one after the other. Bytes that are no text stand for the characters of the same
/// number, as logs write them.
pub(super) fn encoded(text: &str, encodings: &[Encoding]) -> Vec<String> {
    let mut variants = vec![text.as_bytes().to_vec()];
    for encoding in encodings {
        variants = variants.iter().flat_map(|bytes| encode(bytes, *encoding)).collect();
    }
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
    };
    variants.into_iter().map(text).collect()
}

fn encode(bytes: &[u8], encoding: Encoding) -> Vec<Vec<u8>> {
    let units = || String::from_utf8_lossy(bytes).encode_utf16().collect::<Vec<_>>();
    let little = || units().into_iter().flat_map(u16::to_le_bytes);
    match encoding {
        Encoding::Utf16Little => vec![little().collect()],
        Encoding::Utf16Big => vec![units().into_iter().flat_map(u16::to_be_bytes).collect()],
        Encoding::Utf16Marked => vec![[0xff, 0xfe].into_iter().chain(little()).collect()],
        Encoding::Base64 => vec![STANDARD.encode(bytes).into_bytes()],
        // The text may start at any of three places of what was encoded. Characters that also hold bits of what stands
        // before or after it are left out.
        Encoding::Base64Offset => (0..3)
            .map(|offset| {
                let padded: Vec<u8> = std::iter::repeat_n(b' ', offset).chain(bytes.iter().copied()).collect();
                let whole = STANDARD.encode(&padded).into_bytes();
                let start = [0, 2, 3][offset];
                let end = whole.len() - [0, 3, 2][padded.len() % 3];
                whole.get(start..end).unwrap_or_default().to_vec()
            })
            .filter(|part| !part.is_empty())
            .collect(),
    }
}

/// The characters that introduce an option on Windows.
const DASHES: [&str; 5] = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"];

/// Is the pattern with every dash or slash that introduces an option written in each way that Windows takes; nothing if
/// these are too many.
pub(super) fn dashed(pattern: &TextPattern) -> Option<Vec<TextPattern>> {
    let mut variants = vec![Vec::new()];
    for piece in &pattern.0 {
        let Piece::Text(text) = piece else {
            variants.iter_mut().for_each(|pieces| pieces.push(piece.clone()));
            continue;
        };
        variants.iter_mut().for_each(|pieces| pieces.push(Piece::Text(String::new())));
        let mut add = |options: &[&str]| {
            if options.len() > 1 {
                variants = variants.iter().flat_map(|pieces| vec![pieces.clone(); options.len()]).collect();
            }
            for (nth, pieces) in variants.iter_mut().enumerate() {
                if let Some(Piece::Text(text)) = pieces.last_mut() {
                    text.push_str(options[nth % options.len()]);
                }
            }
            variants.len() <= VARIANTS_MAX
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut before = None;
        for (at, c) in text.char_indices() {
            let after = text[at + c.len_utf8()..].chars().next();
            let introduces = matches!(c, '-' | '/') && !before.is_some_and(is_word) && after.is_some_and(is_word);
            let fits = if introduces { add(&DASHES) } else { add(&[c.encode_utf8(&mut [0; 4])]) };
            if !fits {
                return None;
            }
            before = Some(c);
        }
    }
    Some(variants.into_iter().map(TextPattern).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_wildcards_and_escapes() {
        let text = |text: &str| Piece::Text(text.into());
        assert_eq!(read(r"a\*b\?\\*").0, [text(r"a*b?\"), Piece::Many]);
        assert_eq!(read(r"C:\Temp\x\").0, [text(r"C:\Temp\x\")]);
        assert_eq!(read("").0, [text("")]);
        assert_eq!(read(r"\\\\srv").0, [text(r"\\srv")]);
    }

    #[test]
    fn writes_base64_at_three_offsets() {
        // Whatever three bytes stand before, one of the parts lies in the whole.
        let parts = encoded("curl http", &[Encoding::Base64Offset]);
        for before in ["", "a", "ab", "abc"] {
            let whole = STANDARD.encode(format!("{before}curl http://x"));
            assert!(parts.iter().any(|part| whole.contains(part.as_str())), "{whole} {parts:?}");
        }
        assert_eq!(encoded("ab", &[Encoding::Utf16Little]), ["a\0b\0"]);
        assert_eq!(encoded("ab", &[Encoding::Utf16Big, Encoding::Base64]), ["AGEAYg=="]);
    }

    #[test]
    fn writes_dashes_that_introduce_an_option() {
        let variants = dashed(&read(" -f x-y/z")).unwrap();
        assert_eq!(variants.len(), 5, "{variants:?}");
        assert!(variants.contains(&TextPattern::literal(" /f x-y/z")));
        assert_eq!(dashed(&read("/a -b")).unwrap().len(), 25);
        assert!(dashed(&read("-a -b -c -d -e")).is_none());
    }
}
