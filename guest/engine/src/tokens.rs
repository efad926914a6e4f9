//! Cuts texts into tokens, as the analysers of fields of the type `text` do.
//!
//! The compiler cuts the texts of conditions with the same code.

/// Cuts as Lucene's standard tokenizer does, for all that a log may hold: at word boundaries of Unicode. Lowercased.
pub const STANDARD: u32 = 0;
/// Cuts at whatever is neither an ASCII word character nor a hyphen. Lowercased.
pub const POWERSHELL: u32 = 1;

/// The longest token of the standard analyser, in characters: longer ones are cut.
const TOKEN_CHARS_MAX: usize = 255;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Letter,
    Digit,
    /// Joins whatever it touches.
    Underscore,
    /// Joins letters.
    MidLetter,
    /// Joins digits.
    MidNumber,
    /// Joins letters, and digits.
    MidBoth,
    /// Is a token of its own.
    Alone,
    Other,
}

fn sort(c: char) -> Sort {
    match c {
        '_' | '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{202f}' => Sort::Underscore,
        ':' | '\u{b7}' | '\u{387}' | '\u{5f4}' | '\u{2027}' => Sort::MidLetter,
        ',' | ';' | '\u{37e}' | '\u{589}' | '\u{60c}' | '\u{66c}' => Sort::MidNumber,
        '.' | '\'' | '\u{2018}' | '\u{2019}' | '\u{2024}' => Sort::MidBoth,
        '\u{3040}'..='\u{309f}'
        | '\u{2e80}'..='\u{2fdf}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3fffd}' => Sort::Alone,
        c if c.is_ascii_digit() => Sort::Digit,
        c if c.is_ascii_alphabetic() => Sort::Letter,
        c if c.is_ascii() => Sort::Other,
        c if c.is_numeric() => Sort::Digit,
        c if c.is_alphabetic() => Sort::Letter,
        _ => Sort::Other,
    }
}

/// Hands over the tokens of a text, in their order, until it is told to stop.
pub fn each(analyzer: u32, text: &str, mut token: impl FnMut(&str) -> bool) {
    let mut lower = String::new();
    let mut hand = |raw: &str| {
        lower.clear();
        lower.extend(raw.chars().map(|c| c.to_lowercase().next().unwrap_or(c)));
        token(&lower)
    };
    if analyzer == POWERSHELL {
        let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        for raw in text.split(apart).filter(|raw| !raw.is_empty()) {
            if !hand(raw) {
                return;
            }
        }
        return;
    }
    let mut chars = text.char_indices().peekable();
    // Where the present token starts, its last sort that is no joint, and its length.
    let mut start: Option<(usize, Sort, usize)> = None;
    while let Some((at, c)) = chars.next() {
        let this = sort(c);
        let next = chars.peek().map_or(Sort::Other, |&(_, c)| sort(c));
        let last = start.map(|(_, last, _)| last);
        let joins = match this {
            Sort::Letter | Sort::Digit | Sort::Underscore => true,
            Sort::MidLetter => last == Some(Sort::Letter) && next == Sort::Letter,
            Sort::MidNumber => last == Some(Sort::Digit) && next == Sort::Digit,
            Sort::MidBoth => last == Some(next) && matches!(next, Sort::Letter | Sort::Digit),
            Sort::Alone | Sort::Other => false,
        };
        let full = start.is_some_and(|(.., length)| length == TOKEN_CHARS_MAX);
        if let Some((from, ..)) = start
            && (!joins || full)
        {
            start = None;
            // Underscores alone are no word.
            if text[from..at].contains(|c| sort(c) != Sort::Underscore) && !hand(&text[from..at]) {
                return;
            }
        }
        if this == Sort::Alone {
            if !hand(&text[at..at + c.len_utf8()]) {
                return;
            }
        } else if joins {
            let (from, last, length) = start.unwrap_or((at, this, 0));
            let last = if matches!(this, Sort::Letter | Sort::Digit | Sort::Underscore) { this } else { last };
            start = Some((from, last, length + 1));
        }
    }
    if let Some((from, ..)) = start
        && text[from..].contains(|c| sort(c) != Sort::Underscore)
    {
        hand(&text[from..]);
    }
}

/// Is the list of the tokens of a text.
pub fn list(analyzer: u32, text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    each(analyzer, text, |token| {
        tokens.push(token.to_owned());
        true
    });
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_script_blocks_at_all_but_hyphens() {
        assert_eq!(list(POWERSHELL, "[Foo.Bar]::Get-Item_2('x')"), ["foo", "bar", "get-item_2", "x"]);
    }

    #[test]
    fn cuts_words_where_unicode_does() {
        assert_eq!(
            list(STANDARD, "Can't open 10.0.0.1:80, file.txt a_b __"),
            ["can't", "open", "10.0.0.1", "80", "file.txt", "a_b"]
        );
        assert_eq!(list(STANDARD, "end. Next-one 漢字"), ["end", "next", "one", "漢", "字"]);
    }
}
