//! What the figures were taken on, and with which versions.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Words for the machine and for each program that took part.
pub(crate) fn describe(root: &Path, bench: &Path, peers: &[(&'static str, String)]) -> Vec<(String, String)> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned())).unwrap_or_else(|| "unknown".into())
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kibibytes: f64 = field(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    let load = read("/proc/loadavg");
    let mut rows = vec![
        ("processor".into(), field(&read("/proc/cpuinfo"), "model name")),
        ("cores".into(), cores.to_string()),
        ("memory".into(), format!("{:.0} GiB", kibibytes / (1 << 20) as f64)),
        ("kernel".into(), format!("Linux {}", read("/proc/sys/kernel/osrelease").trim())),
        ("load before the first run".into(), load.split(' ').next().unwrap_or("unknown").into()),
        ("trommel".into(), commit(root)),
        ("rustc".into(), first_line("rustc", &["--version"])),
        ("wasmtime".into(), locked(&root.join("Cargo.lock"), "wasmtime")),
        ("vrl".into(), locked(&bench.join("Cargo.lock"), "vrl")),
    ];
    rows.extend(peers.iter().map(|(name, version)| ((*name).into(), version.clone())));
    rows
}

/// The first line that a program prints.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or("unknown").to_owned()
}

fn commit(root: &Path) -> String {
    let root = root.to_string_lossy();
    let commit = first_line("git", &["-C", &root, "rev-parse", "--short", "HEAD"]);
    let changed = first_line("git", &["-C", &root, "status", "--porcelain", "--untracked-files=no"]) != "unknown";
    format!("commit {commit}{}", if changed { ", with changes" } else { "" })
}

/// The version of a crate in a lock file.
fn locked(lock: &Path, name: &str) -> String {
    let text = fs::read_to_string(lock).unwrap_or_default();
    let wanted = format!("name = \"{name}\"");
    let mut lines = text.lines().skip_while(|line| *line != wanted).skip(1);
    let version = lines.next().and_then(|line| line.strip_prefix("version = "));
    version.map_or_else(|| "unknown".into(), |version| version.trim_matches('"').to_owned())
}
