//! What a rule says as it panics, kept where a host finds it that looks into the memory of the core module afterwards.
//!
//! A component cannot be entered again after a trap, and gives nothing of its memory away. A host that wants to know takes
//! the core module out of it, has that judge the event again, and asks for the words. Others lose nothing.

use std::panic::PanicHookInfo;
use std::sync::Mutex;

/// The longest words that are kept, in bytes.
const WORDS_BYTES_MAX: usize = 1 << 10;

static WORDS: Mutex<String> = Mutex::new(String::new());

/// Has panics leave their words from now on.
pub(crate) fn keep() {
    std::panic::set_hook(Box::new(note));
}

fn note(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|place| format!("panicked at {}:{}", place.file(), place.line()));
    let mut words = [place.as_deref().unwrap_or("panicked"), info.payload_as_str().unwrap_or_default()].join(": ");
    words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
    // A panic while this is held is none that anybody waits for.
    if let Ok(mut last) = WORDS.try_lock() {
        *last = words;
    }
}

/// Says where the words of the last panic lie, and how many bytes they have: the address in the upper half.
#[expect(unsafe_code, reason = "an export has a name that nothing else may have")]
#[unsafe(export_name = "trommel_last_words")]
extern "C" fn last_words() -> u64 {
    let words = WORDS.try_lock().map_or(String::new(), |mut words| std::mem::take(&mut *words)).leak();
    (words.as_ptr() as u64) << 32 | words.len() as u64
}
