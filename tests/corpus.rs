//! Replays what fuzzing kept: see `tests/fuzz/`.

#[path = "support/account.rs"]
mod account;
#[path = "support/checks.rs"]
mod checks;
#[path = "support/pair.rs"]
mod pair;
#[path = "support/targets.rs"]
mod targets;
#[path = "support/through.rs"]
mod through;

use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Hands every file of a target's corpus to its check.
fn replay(target: &str, mut check: impl FnMut(&[u8])) {
    let folder = root().join("tests/fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for file in files {
        let path = file.expect("a file").path();
        println!("{}", path.display());
        check(&std::fs::read(&path).expect("it can be read"));
        count += 1;
    }
    assert!(count >= 10, "{target}: only {count} files");
}

#[test]
fn compile() {
    replay("compile", checks::compile);
}

#[test]
fn image() {
    replay("image", checks::image);
}

#[test]
fn event() {
    let mut pairs = targets::pairs(root());
    replay("event", |bytes| checks::event(&mut pairs, bytes));
}

#[test]
fn load() {
    let sandbox = targets::small_sandbox();
    replay("load", |bytes| checks::load(&sandbox, bytes));
}

#[test]
fn signed() {
    replay("signed", checks::signed);
}

#[test]
fn stream() {
    let components = targets::components(root());
    replay("stream", |bytes| checks::stream(&components, bytes));
}
