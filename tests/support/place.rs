//! Folders in which the program runs as for a user of its own, and what of it can be seen from outside.

#![allow(dead_code, reason = "each test uses its part")]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Ran, run, trommel};

/// How long a process may take for what takes it moments.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder for a run, with a cache and a place for temporary files of its own.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    /// `trommel run` here, by this program.
    pub(crate) fn command(&self, mut command: Command, args: &[&str]) -> Command {
        self.here(&mut command).arg("run").args(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn here<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        let folder = self.0.path();
        command.current_dir(folder).env("XDG_CACHE_HOME", folder).env("HOME", folder).env("TMPDIR", folder.join("tmp"))
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(&mut self.command(trommel(), args), b"{}\n")
    }

    pub(crate) fn spawn(&self, program: Command, args: &[&str]) -> Child {
        self.command(program, args).spawn().expect("the program starts")
    }

    /// The files in the cache whose names end so.
    pub(crate) fn kept(&self, extension: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("trommel")).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|own| own == extension)).collect()
    }

    /// The files that have what is known of components.
    pub(crate) fn known(&self) -> Vec<PathBuf> {
        self.kept("described")
    }

    /// The files that have code.
    pub(crate) fn codes(&self) -> Vec<PathBuf> {
        self.kept("code")
    }

    pub(crate) fn left_behind(&self) -> usize {
        fs::read_dir(self.path("tmp")).unwrap().count()
    }
}

/// The compilers that run with this limit, which tells them from all others.
pub(crate) fn compilers(bytes_max: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    ids.filter(|id| {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let mut words = words.split(|byte| *byte == 0).skip(1);
        words.next() == Some(b"compile-child") && words.next() == Some(bytes_max.as_bytes())
    })
    .collect()
}

/// Waits until this holds.
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
