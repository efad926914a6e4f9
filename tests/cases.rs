//! Runs the cases in `tests/cases/`, each as a test of its own: see `tests/README.md`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use support::{Ran, run, trommel};

/// The words of `args` that stand for a rule, with the file that each is in this run.
fn rules() -> Vec<(&'static str, PathBuf)> {
    let ebs = support::ebs();
    let core = ebs.with_extension("core.wasm");
    let rule = |name: &str| support::component(&format!("guest/rules/{name}"));
    vec![
        ("$EBS", ebs),
        ("$EBS_CORE", core),
        ("$THREE", support::three()),
        ("$TAKEN", rule("aws-snapshot-taken")),
        ("$SHARED", rule("aws-image-or-database-shared")),
        ("$PORT", rule("aws-admin-port-open")),
        ("$ALL", rule("aws-all")),
    ]
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

/// Runs the case in this folder, and compares all that it gives.
fn case(folder: &Path, rules: &[(&'static str, PathBuf)]) -> Result<(), Failed> {
    let args = fs::read_to_string(folder.join("args")).map_err(|_| "no args")?;
    let mut command = trommel();
    command.current_dir(folder).args(args.split_whitespace().map(|word| {
        rules.iter().find(|(name, _)| *name == word).map_or(word.into(), |(_, path)| path.as_os_str().to_owned())
    }));
    let mut ran = run(&mut command, &read(folder, "in.ndjson"));
    for (name, path) in rules {
        ran.stderr = ran.stderr.replace(&*path.to_string_lossy(), name);
    }
    let text = |file| String::from_utf8_lossy(&read(folder, file)).into_owned();
    let expected =
        Ran { stdout: text("out.ndjson"), stderr: text("err.txt"), code: text("code").trim().parse().unwrap_or(0) };
    if ran == expected {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        bless(folder, "out.ndjson", &ran.stdout);
        bless(folder, "err.txt", &ran.stderr);
        bless(folder, "code", &if ran.code == 0 { String::new() } else { format!("{}\n", ran.code) });
        return Ok(());
    }
    Err(format!("expected {expected:#?}\ngot {ran:#?}").into())
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // Built before any case begins, so that each case takes the time of its run alone.
    let rules: Arc<[_]> = if arguments.list { Arc::default() } else { rules().into() };
    let root = support::root().join("tests/cases");
    let mut trials = Vec::new();
    for folder in folders(&root).iter().flat_map(|group| folders(group)) {
        let name = folder.strip_prefix(&root).expect("a folder below").to_string_lossy().into_owned();
        let rules = rules.clone();
        trials.push(Trial::test(name, move || case(&folder, &rules)));
    }
    assert!(trials.len() > 100, "only {} cases were found", trials.len());
    libtest_mimic::run(&arguments, trials).exit_code()
}
