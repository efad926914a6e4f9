//! The words for what goes wrong, and the table of exit codes.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

use trommel::adapt::AdaptError;
use trommel::build::BuildError;
use trommel::diagnostics::{printable, say};
use trommel::package::sshsig::SshsigError;
use trommel::package::{PackageError, Refusal};
use trommel::{ConfigureError, FailureKind, LoadError, SandboxError};

/// The exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All well.
    AllWell = 0,
    /// Some events could not be judged.
    Unjudged = 1,
    /// Could not run, or not to the end.
    CouldNotRun = 2,
    /// There was an alert, and `--fail-on-alert` asked to tell.
    Alert = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with a way out.
#[derive(Debug)]
pub(crate) struct Hinted {
    message: String,
    hint: String,
}

impl Hinted {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Hinted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Hinted {}

impl From<AdaptError> for Hinted {
    fn from(error: AdaptError) -> Self {
        Self::new(error.to_string(), error.hint().unwrap_or_default())
    }
}

impl From<BuildError> for Hinted {
    fn from(error: BuildError) -> Self {
        Self::new(error.to_string(), error.hint().unwrap_or_default())
    }
}

/// Prints `trommel: what: why`, and the hint where there is one.
pub(crate) fn print(error: &anyhow::Error) {
    say(&format!("{error:#}"));
    if let Some(hint) = error.downcast_ref::<Hinted>().map(|hinted| &hinted.hint).filter(|hint| !hint.is_empty()) {
        for line in hint.lines() {
            say(&format!("hint: {line}"));
        }
    }
}

/// Prints what clap has to say: the help on stdout, a mistake in the command line on stderr, as any other error.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    let text = error.render().to_string();
    if !error.use_stderr() {
        use std::io::Write as _;
        let _ = std::io::stdout().lock().write_all(text.as_bytes());
        return Exit::AllWell;
    }
    line(text.replacen("error: ", "trommel: ", 1).trim_end());
    Exit::CouldNotRun
}

/// Says why no rule can run here.
pub(crate) fn no_sandbox(error: &SandboxError) -> Hinted {
    let hint = match error {
        SandboxError::NotExecutable(_) => {
            "rules are compiled to machine code; a service needs MemoryDenyWriteExecute=no, \
             see \"As a service\" in the README for a unit that is hardened otherwise"
        }
        _ => "",
    };
    Hinted::new(format!("no rule can run here: {error}"), hint)
}

/// Says why a component cannot be loaded.
pub(crate) fn cannot_load(path: &Path, error: &LoadError) -> Hinted {
    let hint = match error {
        LoadError::TooLarge(_) => "--component-bytes-max raises the limit, for a component that you trust",
        LoadError::NotWasm => {
            "a rule is a WebAssembly component, a .wasm file, or the folder of a rule crate; \
             `trommel build CRATE_DIR` makes a component of a crate"
        }
        LoadError::CoreModule => {
            "of the two files that `trommel build` writes, take the one without `.core`; \
             `wasm-tools component new` makes a component of a core module"
        }
        LoadError::Invalid(_) => "build it again, or ask its author",
        LoadError::LargeFunction(_) => "--function-bytes-max raises the limit, for a component that you trust",
        LoadError::Composed => "build the rule as one component",
        LoadError::TooMany(..) => "no rule needs as many: ask its author",
        LoadError::CompileTime(_) => "--compile-seconds-max raises the limit, for a component that you trust",
        LoadError::CompileMemory(_) => "--compile-bytes-max raises the limit, for a component that you trust",
        LoadError::Compiler(_) => "nothing of it was run; if it fails again, ask its author",
        LoadError::Imports(_) => {
            "a rule imports nothing; build a Rust rule with `trommel build`, which does not bring in WASI"
        }
        LoadError::Wasi(_) => "--wasi nothing runs it, and gives it nothing",
        LoadError::NoInterface => "see wit/README.md for what a rule exports",
        LoadError::OtherVersion(_) => {
            "build the rule against the wit/ of this version, or take the trommel of that one"
        }
        LoadError::Describe(failure) => match failure.kind {
            FailureKind::Fuel => "--load-fuel-max raises the limit, for a component that you trust",
            FailureKind::Memory => {
                "--memory-bytes-max and --table-elements-max raise the limit, for a component that you trust"
            }
            FailureKind::Stack => "--stack-bytes-max raises the limit, for a component that you trust",
            _ => "the rule is broken, or its answer larger than --metadata-bytes-max: ask its author",
        },
        LoadError::Metadata(_) => "the rule is broken: ask its author",
        _ => "",
    };
    Hinted::new(format!("{}: {}", printable(&path.to_string_lossy()), printable(&error.to_string())), hint)
}

/// Says why an artifact cannot be fetched or stored.
pub(crate) fn cannot_get(path: &Path, error: &PackageError) -> Hinted {
    let what = printable(&path.to_string_lossy());
    Hinted::new(format!("{what}: {}", printable(&error.to_string())), printable(&error.hint().unwrap_or_default()))
}

/// Says why a file is not trusted.
pub(crate) fn refused(path: &Path, refusal: &Refusal) -> Hinted {
    let hint = match refusal {
        Refusal::Digest(_) => "it is another file than the one that was pinned: `trommel diff` says what changed",
        Refusal::Unsigned => "ask its author for a signed one, or sign it yourself: trommel sign",
        Refusal::Sections(_) | Refusal::Signature(SshsigError::Damaged(_)) | Refusal::Changed(_) => {
            "do not run it; get it again from whoever signed it"
        }
        Refusal::Signature(SshsigError::KeyType(_)) => "keys of the types ssh-ed25519 and sk-ssh-ed25519 are taken",
        Refusal::Stranger(_) => "if you know whose key that is, add it to the file of signers",
        Refusal::OutOfTime { .. } => "the file of signers says when the key is valid",
        Refusal::OtherPurpose(_) => "the file of signers says what for: `trommel-rule` must be among the namespaces",
        Refusal::NotForRule { .. } => "--may-sign says who may sign which rules",
        _ => "",
    };
    Hinted::new(format!("{}: {}", printable(&path.to_string_lossy()), printable(&refusal.to_string())), hint)
}

/// Says why settings are refused.
pub(crate) fn cannot_configure(file: &Path, id: &str, error: &ConfigureError) -> Hinted {
    let file = printable(&file.to_string_lossy());
    let id = printable(id);
    match error {
        ConfigureError::Refused(errors) => {
            let mistake = |e: &trommel::metadata::SettingError| {
                let pointer = if e.pointer.is_empty() { "the whole document".into() } else { printable(&e.pointer) };
                format!("\n  {pointer}: expected {}", printable(&e.expected))
            };
            let mistakes: String = errors.iter().map(mistake).collect();
            Hinted::new(format!("{file}: settings refused by rule {id}:{mistakes}"), "")
        }
        ConfigureError::Failed(failure) => Hinted::new(
            format!("{file}: rule {id} failed on its settings: {}", printable(&failure.to_string())),
            "the rule is broken: ask its author",
        ),
    }
}

/// Prints the answer of a command on stdout. Whoever reads only its beginning (`| head`) has what they wanted.
pub(crate) fn answer(text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Prints a line on stderr as it is.
pub(crate) fn line(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
