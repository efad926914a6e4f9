//! Any bytes are judged alike natively and in the sandbox.

#![no_main]

#[path = "../../support/account.rs"]
mod account;
#[path = "../../support/checks.rs"]
mod checks;
#[path = "../../support/pair.rs"]
mod pair;
#[path = "../../support/targets.rs"]
mod targets;
#[path = "../../support/through.rs"]
mod through;

use std::cell::RefCell;
use std::path::Path;

thread_local! {
    static PAIRS: RefCell<Vec<pair::Pair>> =
        RefCell::new(targets::pairs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")));
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| PAIRS.with_borrow_mut(|pairs| checks::event(pairs, bytes)));
