//! Runs the cases in `tests/cases/`: see `tests/README.md`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Ran, run, trommel};

/// The words of `args` that stand for a rule, with the file that each is in this run.
fn rules() -> Vec<(&'static str, PathBuf)> {
    let ebs = support::ebs();
    let core = ebs.with_extension("core.wasm");
    vec![("$EBS", ebs), ("$EBS_CORE", core), ("$THREE", support::three())]
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read(folder: &Path, file: &str) -> Vec<u8> {
    fs::read(folder.join(file)).unwrap_or_default()
}

/// Writes a file of a case, or removes it where it would be empty.
fn bless(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    if text.is_empty() {
        let _ = fs::remove_file(path);
    } else {
        fs::write(path, text).unwrap();
    }
}

#[test]
fn cases() {
    let rules = rules();
    let mut failed = Vec::new();
    let mut count = 0;
    for folder in folders(&support::root().join("tests/cases")).iter().flat_map(|group| folders(group)) {
        count += 1;
        let args = fs::read_to_string(folder.join("args")).unwrap_or_else(|_| panic!("{}: no args", folder.display()));
        let mut command = trommel();
        command.current_dir(&folder).args(args.split_whitespace().map(|word| {
            rules.iter().find(|(name, _)| *name == word).map_or(word.into(), |(_, path)| path.as_os_str().to_owned())
        }));
        let mut ran = run(&mut command, &read(&folder, "in.ndjson"));
        for (name, path) in &rules {
            ran.stderr = ran.stderr.replace(&*path.to_string_lossy(), name);
        }
        let text = |file| String::from_utf8_lossy(&read(&folder, file)).into_owned();
        let expected =
            Ran { stdout: text("out.ndjson"), stderr: text("err.txt"), code: text("code").trim().parse().unwrap_or(0) };
        if ran == expected {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            bless(&folder, "out.ndjson", &ran.stdout);
            bless(&folder, "err.txt", &ran.stderr);
            bless(&folder, "code", &if ran.code == 0 { String::new() } else { format!("{}\n", ran.code) });
            continue;
        }
        failed.push(format!("{}\n expected {expected:#?}\n got {ran:#?}", folder.display()));
    }
    assert!(failed.is_empty(), "{} of {count} cases failed:\n{}", failed.len(), failed.join("\n"));
    assert!(count > 100, "only {count} cases were found");
}
