//! Shows that the README tells the truth: its commands give the output that it prints, its flags are the program's, its
//! rule is one that compiles.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// How the README calls the program where it is not installed.
const FROM_SOURCE: &str = "cargo run --release -- ";

/// The front page, and the one behind it that says how rules are run.
fn readme() -> String {
    let page = |name| fs::read_to_string(support::root().join(name)).expect("the page is there");
    page("README.md") + &page("host/README.md")
}

/// The fenced blocks of one kind.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(kind) {
            blocks.push(lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect());
        } else if line.starts_with("```") {
            lines.by_ref().take_while(|line| *line != "```").for_each(drop);
        }
    }
    blocks
}

/// Runs a block's commands in a folder that looks like the project's, and gives what a terminal would show.
fn shown(block: &str, folder: &Path) -> String {
    let mut shown = String::new();
    for line in block.lines().filter(|line| line.starts_with("$ ")) {
        let command = line[2..].replace(FROM_SOURCE, "trommel ");
        let program = Path::new(env!("CARGO_BIN_EXE_trommel")).parent().expect("it lies in a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        // Both streams into one pipe, as a terminal has them.
        let output = Command::new("sh")
            .args(["-c", &format!("{{ {command}\n}} 2>&1")])
            .env("PATH", format!("{}:{path}", program.display()))
            .env("SOURCE_DATE_EPOCH", support::FOUND)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .expect("there is a shell");
        shown.push_str(line);
        shown.push('\n');
        shown.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    shown
}

#[test]
fn commands_print_what_they_print() {
    support::ebs();
    support::component("tests/rules/root-login");
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["guest", "tests", "target", "Cargo.toml"] {
        std::os::unix::fs::symlink(support::root().join(name), folder.path().join(name)).expect("a link");
    }
    let blocks = blocks(&readme(), "console");
    assert!(blocks.len() >= 3, "only {} blocks were found", blocks.len());
    for block in blocks {
        assert_eq!(shown(&block, folder.path()), block);
    }
}

fn help(arguments: &[&str]) -> String {
    support::run(support::trommel().args(arguments), b"").stdout
}

/// The names of the commands that are for people.
fn commands() -> Vec<String> {
    let all = help(&["--help"]);
    let lines = all.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn help_of_each_command_begins_with_two_examples() {
    for command in commands() {
        let help = help(&[&command, "--help"]);
        let lines: Vec<_> = help.lines().take(4).collect();
        let call = format!("trommel {command}");
        assert!(
            matches!(&lines[..], ["Examples:", one, two, ""] if one.contains(&call) && two.contains(&call)),
            "{command}: {lines:#?}"
        );
    }
}

#[test]
fn completions_and_manual_know_the_commands() {
    let commands = commands();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let text = help(&["completions", shell]);
        assert!(commands.iter().all(|command| text.contains(command.as_str())), "{shell}");
        assert!(!text.contains("compile-child"), "{shell}");
    }
    let page = help(&["man"]);
    let folder = tempfile::tempdir().expect("a folder");
    help(&["man", "--out", folder.path().to_str().expect("text")]);
    for command in commands {
        assert!(page.contains(&format!("trommel\\-{command}(1)")), "{command}");
        let page = fs::read_to_string(folder.path().join(format!("trommel-{command}.1"))).expect("it has a page");
        assert!(page.contains("SYNOPSIS"), "{command}");
    }
}

#[test]
fn flags_are_those_of_the_program() {
    let commands = commands();
    let mut flags = BTreeSet::from(["--version".to_owned()]);
    for command in &commands {
        for line in help(&[command, "--help"]).lines() {
            // A flag stands alone at the beginning of its line, perhaps behind a letter.
            let line = line.trim_start();
            let line = line.split_once(", ").filter(|(letter, _)| letter.len() == 2).map_or(line, |(_, rest)| rest);
            if line.starts_with("--") {
                flags.extend(line.split([' ', '[']).next().map(str::to_owned));
            }
        }
    }
    assert!(commands.len() >= 3 && flags.len() > 20, "{commands:?}, {flags:?}");
    let readme = readme();
    let rows = readme.lines().filter(|line| line.starts_with("| `--"));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let told: BTreeSet<_> = cells
        .flat_map(|cell| cell.split('`').filter(|text| text.starts_with("--")))
        .filter_map(|text| text.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(told, flags);
}

#[test]
fn defaults_are_those_of_the_program() {
    let help = support::run(support::trommel().args(["run", "--help"]), b"").stdout;
    for row in readme().lines().filter(|line| line.starts_with("| `--")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let [_, flag, default, ..] = &cells[..] else { continue };
        if let Ok(number) = default.parse::<u64>() {
            let name = flag.trim_matches('`').split(' ').next().unwrap_or_default();
            let (_, about) = help.split_once(&format!("{name} <")).unwrap_or_else(|| panic!("{name} is in the help"));
            let (_, said) = about.split_once("[default: ").expect("it has a default");
            assert!(said.starts_with(&format!("{number}]")), "{name}: {number}, where the help says {said:.20}");
        }
    }
}

#[test]
fn bounds_are_those_of_the_library() {
    use trommel::metadata::*;
    use trommel::{limits, prefilter};

    let bounds = [
        ("RULES_MAX", RULES_MAX),
        ("COLUMNS_MAX", COLUMNS_MAX),
        ("RULE_COLUMNS_MAX", RULE_COLUMNS_MAX),
        ("NEEDLES_MAX", NEEDLES_MAX),
        ("NEEDLES_BYTES_MAX", prefilter::NEEDLES_BYTES_MAX),
        ("NEEDLE_BYTES_MAX", prefilter::NEEDLE_BYTES_MAX),
        ("ID_BYTES_MAX", ID_BYTES_MAX),
        ("NAME_BYTES_MAX", NAME_BYTES_MAX),
        ("VERSION_BYTES_MAX", VERSION_BYTES_MAX),
        ("LABEL_BYTES_MAX", LABEL_BYTES_MAX),
        ("SCHEMA_BYTES_MAX", SCHEMA_BYTES_MAX),
        ("AUTHORS_MAX", AUTHORS_MAX),
        ("TAGS_MAX", TAGS_MAX),
        ("REFERENCES_MAX", REFERENCES_MAX),
        ("ATTACK_ENTRIES_MAX", ATTACK_ENTRIES_MAX),
        ("DOCUMENTS_BYTES_MAX", limits::DOCUMENTS_BYTES_MAX),
        ("CORE_INSTANCES_MAX", limits::CORE_INSTANCES_MAX),
        ("INSTANCE_ITEMS_MAX", limits::INSTANCE_ITEMS_MAX),
        ("INSTANCE_DATA_BYTES_MAX", limits::INSTANCE_DATA_BYTES_MAX),
        ("TYPE_DECLARATIONS_MAX", limits::TYPE_DECLARATIONS_MAX),
        ("IMPORTS_MAX", limits::IMPORTS_MAX),
        ("IMPORTED_ITEMS_MAX", limits::IMPORTED_ITEMS_MAX),
    ];
    let readme = readme();
    let rows = readme.lines().filter(|line| line.starts_with("| `") && line.contains("_MAX` |"));
    let mut told = BTreeSet::new();
    for row in rows {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        for name in cells[1].split(", ").map(|name| name.trim_matches('`')) {
            told.insert((name, cells[2].parse::<usize>().expect("a number")));
        }
    }
    assert_eq!(told, BTreeSet::from(bounds));
}

#[test]
fn rule_is_one_that_compiles() {
    let compiled = fs::read_to_string(support::root().join("tests/rules/root-login/src/lib.rs")).expect("it is there");
    assert_eq!(blocks(&readme(), "rust"), [compiled.as_str()]);
    let sdk = fs::read_to_string(support::root().join("guest/sdk/src/lib.rs")).expect("it is there");
    let docs = sdk.lines().map_while(|line| line.strip_prefix("//!"));
    let docs: String = docs.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    let shown: String = blocks(&docs, "")[0].split_inclusive('\n').filter(|line| !line.starts_with("# ")).collect();
    let (_, rule) = compiled.split_once("\n\n").expect("it has a first line");
    assert_eq!(shown, rule);
}

#[test]
fn exit_codes_are_those_of_the_help() {
    let help = support::run(support::trommel().args(["run", "--help"]), b"").stdout;
    for code in 0..=3 {
        assert!(readme().contains(&format!("| {code} | ")), "the README has no code {code}");
        assert!(help.replace('\n', " ").contains(&format!(" {code} ")), "the help has no code {code}");
    }
}
