//! What is said on stderr while a stream runs: fit for a terminal, and bounded.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// How many messages of a run are told; the counts at the end have the rest.
pub const MESSAGES_MAX: u64 = 100;
/// How many characters of a text that a rule or an event made are printed.
const TEXT_CHARS_MAX: usize = 500;

/// What takes the messages of a run: [`say`] prints them.
pub type Tell = Box<dyn FnMut(&str) + Send>;

/// A [`Tell`] that several share.
pub(crate) type SharedTell = Arc<Mutex<Tell>>;

/// Lets others tell by the same.
pub(crate) fn shared(tell: Tell) -> (Tell, SharedTell) {
    let all = Arc::new(Mutex::new(tell));
    let one = all.clone();
    (Box::new(move |message| (one.lock().unwrap_or_else(PoisonError::into_inner))(message)), all)
}

/// Tells messages, up to a number of them.
pub(crate) struct Messages {
    told: u64,
    tell: Tell,
}

impl Messages {
    pub(crate) fn new(tell: Tell) -> Self {
        Self { told: 0, tell }
    }

    pub(crate) fn say(&mut self, message: &str) {
        self.told += 1;
        if self.told <= MESSAGES_MAX {
            (self.tell)(message);
        } else if self.told == MESSAGES_MAX + 1 {
            (self.tell)("further messages are left out; the counts at the end have all");
        }
    }

    /// Tells a message that must not be missed, however many were told.
    pub(crate) fn insist(&mut self, message: &str) {
        (self.tell)(message);
    }
}

/// Prints one line on stderr. There is nobody to tell that it cannot.
pub fn say(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "trommel: {message}");
}

/// The system's words for an error, without its number.
pub fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Makes a text that came from outside fit for a terminal: one line, without control characters, not too long.
pub fn printable(text: &str) -> String {
    let mut clean = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == TEXT_CHARS_MAX {
            clean.push('…');
            break;
        }
        if is_plain(character) {
            clean.push(character);
        } else {
            clean.extend(character.escape_unicode());
        }
    }
    clean
}

/// Whether a terminal shows a character and does no more. Others control it, or change how their neighbours are shown:
/// line and paragraph separators, marks of direction and width.
pub fn is_plain(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_texts_printable() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{9b}d\u{202e}é"), "a\\u{1b}[2Jb\\u{a}c\\u{9b}d\\u{202e}é");
        assert_eq!(printable(&"x".repeat(600)).chars().count(), 501);
    }
}
