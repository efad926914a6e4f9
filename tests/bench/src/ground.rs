//! What stands before the first run: the program, the rules, the peers.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use memchr::memmem;

use crate::machine::first_line;
use crate::measure::{Measured, command};
use crate::packs;

/// How many components of one rule each are made.
pub(crate) const COMPONENTS: usize = 64;

/// The texts in the rule `numbered` that are written over.
const PLACES: [&str; 2] = [
    "com.example.numbered.the-id-of-this-rule-is-to-be-written-over.0000",
    "NeedleOfTheNumberedRuleThatIsToBeWrittenOverInTheCompiledFile0000",
];

/// The programs from elsewhere: their names, how their version is asked for, and how they are had.
const PEERS: [(&str, &str, &str); 4] = [
    ("rg", "--version", "apt-get install ripgrep"),
    ("jq", "--version", "apt-get install jq"),
    ("gojq", "--version", "apt-get install gojq"),
    ("jaq", "--version", "cargo install jaq"),
];

/// Everything that takes part.
pub(crate) struct Ground {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// This package's folder.
    pub(crate) bench: PathBuf,
    /// Where streams and results lie.
    pub(crate) dir: PathBuf,
    trommel: PathBuf,
    /// The rule that all races are about.
    pub(crate) ebs: PathBuf,
    pub(crate) alike_1: PathBuf,
    pub(crate) alike_64: PathBuf,
    /// Components that differ in id and needle.
    pub(crate) numbered: Vec<PathBuf>,
    /// The peers that are there, with their versions.
    pub(crate) peers: Vec<(&'static str, String)>,
}

impl Ground {
    /// Builds what is to be built, and looks for the rest.
    pub(crate) fn prepare(dir: Option<&Path>, notes: &mut Vec<String>) -> Result<Self> {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = bench.join("../..").canonicalize()?;
        let trommel = build_trommel(&root)?;
        let dir = dir.map_or_else(|| root.join("target/bench"), Path::to_owned);
        let rules = dir.join("rules");
        fs::create_dir_all(&rules)?;
        let build = |crate_dir: &str| build_rule(&trommel, &root.join(crate_dir), &rules);
        let (ebs, alike_1) = (build("guest/rules/aws-ebs-snapshot-shared")?, build("tests/rules/alike-1")?);
        let (alike_64, template) = (build("tests/rules/alike-64")?, build("tests/rules/numbered")?);
        let numbered = (0..COMPONENTS).map(|number| write_over(&template, number)).collect::<Result<_>>()?;
        let mut peers = Vec::new();
        for (name, version, how) in PEERS {
            match first_line(name, &[version]).as_str() {
                "unknown" => notes.push(format!("{name} is not installed and left out: `{how}`")),
                version => peers.push((name, version.to_owned())),
            }
        }
        Ok(Self { root, bench: bench.to_owned(), dir, trommel, ebs, alike_1, alike_64, numbered, peers })
    }

    /// `trommel run` with these rules.
    pub(crate) fn trommel<'p>(&self, rules: impl IntoIterator<Item = &'p PathBuf>) -> Measured {
        let own = command([self.trommel.as_os_str(), OsStr::new("run"), OsStr::new("--quiet")]);
        rules.into_iter().fold(own, |own, rule| own.with([OsStr::new("--rule"), rule.as_os_str()]))
    }

    /// The packs of one rule, and of many.
    pub(crate) fn packs(&self) -> Result<[PathBuf; 2]> {
        packs::compile(&self.trommel, &self.root.join("tests/elastic/snapshot-shared.toml"), &self.dir.join("rules"))
    }

    /// A program of this package.
    pub(crate) fn own(&self, name: &str) -> Result<Measured> {
        let path = std::env::current_exe()?.with_file_name(name);
        if !path.exists() {
            bail!("{}: is not built: start this with `cargo run --release`", path.display());
        }
        Ok(command([path]))
    }

    pub(crate) fn has(&self, peer: &str) -> bool {
        self.peers.iter().any(|(name, _)| *name == peer)
    }
}

/// The needle of the component with this number.
pub(crate) fn needle(number: usize) -> String {
    numbered_text(PLACES[1], number)
}

fn numbered_text(place: &str, number: usize) -> String {
    // The number stands in front, too, so that no two needles begin alike.
    let (head, tail) = (format!("{:02}", number + 10), format!("{number:04}"));
    format!("N{}{}{tail}", head, &place[3..place.len() - 4])
}

fn build_trommel(root: &Path) -> Result<PathBuf> {
    eprintln!("building trommel");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args([
        "build",
        "--release",
        "--bin",
        "trommel",
        "--message-format",
        "json-render-diagnostics",
    ]);
    let output = command.stderr(Stdio::inherit()).output().context("cargo")?;
    if !output.status.success() {
        bail!("trommel does not build");
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut executable = messages.lines().filter_map(|line| {
        let json: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(json["executable"].as_str()?))
    });
    executable.next_back().context("cargo does not say where trommel lies")
}

/// Builds a rule into a folder of this program's own.
fn build_rule(trommel: &Path, crate_dir: &Path, out: &Path) -> Result<PathBuf> {
    let output =
        Command::new(trommel).arg("build").arg(crate_dir).arg("--out").arg(out).stderr(Stdio::inherit()).output()?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || path.is_empty() {
        bail!("{}: does not build", crate_dir.display());
    }
    Ok(path.into())
}

/// Makes the component with this number out of the compiled one.
fn write_over(template: &Path, number: usize) -> Result<PathBuf> {
    let mut bytes = fs::read(template)?;
    for place in PLACES {
        let found: Vec<_> = memmem::find_iter(&bytes, place).collect();
        let [at] = found[..] else { bail!("{}: `{place}` stands {} times in it", template.display(), found.len()) };
        bytes[at..at + place.len()].copy_from_slice(numbered_text(place, number).as_bytes());
    }
    let path = template.with_file_name(format!("numbered-{number:02}.wasm"));
    fs::write(&path, bytes)?;
    Ok(path)
}
