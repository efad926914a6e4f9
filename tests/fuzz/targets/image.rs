//! Any bytes are a pack, or are refused.

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

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::image(bytes));
