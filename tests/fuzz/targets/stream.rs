//! A stream loses no line, however it is read and whatever the rules do.

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

use std::path::Path;
use std::sync::OnceLock;

static COMPONENTS: OnceLock<Vec<through::Named>> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let root = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    checks::stream(COMPONENTS.get_or_init(|| targets::components(&root())), bytes);
});
