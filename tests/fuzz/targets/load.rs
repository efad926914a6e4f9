//! Any bytes are a component or are refused.

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

use std::sync::OnceLock;

static SANDBOX: OnceLock<trommel::Sandbox> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::load(SANDBOX.get_or_init(targets::small_sandbox), bytes));
