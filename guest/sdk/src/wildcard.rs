//! Patterns with `*` and `?`.

/// Whether the whole text fits the pattern: `*` is any text, also none, `?` one character, `\` makes the next plain.
pub(crate) fn fits(pattern: &str, text: &str, any_case: bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // Behind the last `*`, and the text from which that may still take a character more.
    let mut retry = None;
    loop {
        let mut rest = pattern.clone();
        let fits = match rest.next() {
            Some('*') => {
                pattern = rest;
                retry = Some((pattern.clone(), text.clone()));
                continue;
            }
            Some('?') => text.next().is_some(),
            Some(letter) => {
                let letter = if letter == '\\' { rest.next().unwrap_or(letter) } else { letter };
                text.next().is_some_and(|other| same(letter, other, any_case))
            }
            None => {
                if text.next().is_none() {
                    return true;
                }
                false
            }
        };
        if fits {
            pattern = rest;
            continue;
        }
        let Some((behind, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        (pattern, text) = (behind.clone(), from.clone());
    }
}

/// Whether two texts are the same but for the case of their letters.
pub(crate) fn same_in_any_case(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (left.chars(), right.chars());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if same(left, right, true) => {}
            _ => return false,
        }
    }
}

fn same(left: char, right: char, any_case: bool) -> bool {
    left == right
        || any_case
            && (left.eq_ignore_ascii_case(&right)
                || !(left.is_ascii() && right.is_ascii()) && left.to_lowercase().eq(right.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_text_fits() {
        for (pattern, fitting, others) in [
            ("", &[""] as &[&str], &["a"] as &[&str]),
            ("abc", &["abc"], &["ab", "abcd", "Abc", ""]),
            ("*", &["", "a", "a\nb"], &[]),
            ("**", &["", "abc"], &[]),
            ("a*", &["a", "abc"], &["ba", ""]),
            ("*c", &["c", "abc", "cc"], &["cb", ""]),
            ("a*c", &["ac", "abc", "abcbc"], &["acb", "a", "c"]),
            ("*b*", &["b", "abc"], &["ac", ""]),
            ("a?c", &["abc", "aéc"], &["ac", "abbc"]),
            ("?*?", &["ab", "abc"], &["a", ""]),
            ("*aab", &["aaab", "aabaab"], &["aaba"]),
            ("a*b*c", &["abc", "axbxbxc"], &["acb"]),
            (r"a\*b", &["a*b"], &["axb", "ab"]),
            (r"\?\\", &[r"?\"], &[r"a\", "?"]),
            (r"a\", &[r"a\"], &["a"]),
            ("arn:aws:iam::*:role/*", &["arn:aws:iam::111122223333:role/x"], &["arn:aws:iam::1:user/x"]),
        ] {
            assert!(fitting.iter().all(|text| fits(pattern, text, false)), "{pattern}");
            assert!(!others.iter().any(|text| fits(pattern, text, false)), "{pattern}");
        }
        assert!(fits("*\\POWERSHELL.*".replace('\\', r"\\").as_str(), r"C:\powershell.exe", true));
        assert!(fits("ÄÖ?", "äöß", true) && !fits("ÄÖ?", "äöß", false));
    }

    #[test]
    fn does_not_take_long() {
        let (pattern, text) = ("*a".repeat(50) + "b", "a".repeat(20_000));
        assert!(!fits(&pattern, &text, false));
    }

    #[test]
    fn any_case() {
        assert!(same_in_any_case("Straße", "sTRAßE") && same_in_any_case("", ""));
        assert!(!same_in_any_case("a", "ab") && !same_in_any_case("ab", "a") && !same_in_any_case("a", "b"));
    }
}
