//! Holds the engine that lies in the program against its source, and a pack in the sandbox against the engine outside.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use trommel::build;

fn engine_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/engine")
}

/// Is the compiler as it names itself: another one makes other bytes.
fn compiler() -> String {
    let rustc = Command::new("rustc").arg("-V").output().expect("rustc is there");
    String::from_utf8(rustc.stdout).unwrap().trim().to_owned()
}

/// `BLESS=1` writes the engine anew. Of another compiler than the one that is named beside it, the bytes are others, and
/// nothing is compared; the engine is built all the same.
#[test]
fn the_engine_is_what_its_source_says() {
    let folder = engine_folder();
    let out = tempfile::tempdir().unwrap();
    let built = build::build(&folder, Some(out.path()), &mut |_| {}).expect("the engine is built");
    let bytes = fs::read(&built.core).unwrap();
    let (engine, named) = (folder.join("engine.wasm"), folder.join("engine.rustc.txt"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&engine, &bytes).unwrap();
        fs::write(&named, compiler() + "\n").unwrap();
    }
    if fs::read_to_string(named).unwrap().trim() == compiler() {
        assert!(
            fs::read(engine).unwrap() == bytes,
            "guest/engine/engine.wasm is not what its source compiles to: BLESS=1 cargo test --release --test engine"
        );
    }
}
