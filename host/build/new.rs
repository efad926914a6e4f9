//! Makes the folder of a new rule crate: one that builds, passes its tests and alerts on its sample as it is.
//!
//! `cargo new` makes the crate, so that a workspace around it takes it in as any other; the rest is written over that.
//! The rule itself lies in `template/`. Left to others: building and testing it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::toolchain::tool;
use super::{BuildError, BuildErrorKind, no_cargo};

/// The files of a new crate beside its `Cargo.toml`; `RULE_NAME` in them stands for the crate's name.
const TEMPLATE: [(&str, &str); 8] = [
    ("src/lib.rs", include_str!("template/lib.rs.txt")),
    ("tests/root-signs-in/event.json", include_str!("template/root.json")),
    ("tests/root-signs-in/findings.ndjson", include_str!("template/findings.ndjson")),
    ("tests/root-fails-to-sign-in/event.json", include_str!("template/failed.json")),
    ("tests/user-signs-in/event.json", include_str!("template/user.json")),
    ("tests/trusted-network/event.json", include_str!("template/root.json")),
    ("tests/trusted-network/settings.json", include_str!("template/settings.json")),
    ("README.md", include_str!("template/README.md")),
];

/// The longest name of a new rule crate, in bytes: registries take no longer one.
pub const NAME_BYTES_MAX: usize = 64;

/// The git repository or the folder from which a new crate takes the SDK, or its version in the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sdk {
    /// The version of this trommel, from the registry.
    Registry,
    /// The folder of the crate `trommel-rule`.
    Path(PathBuf),
    /// The URL of a git repository that holds the crate `trommel-rule`.
    Git(String),
}

impl Sdk {
    /// Tells a folder from the URL of a git repository.
    ///
    /// # Errors
    ///
    /// Where it is neither, or a folder without the crate `trommel-rule`.
    pub fn from_text(text: &str) -> Result<Self, BuildError> {
        let is_scp = text.split_once(':').is_some_and(|(host, path)| host.contains('@') && !path.is_empty());
        if text.contains("://") || is_scp {
            return Ok(Self::Git(text.to_owned()));
        }
        let manifest = Path::new(text).join("Cargo.toml");
        let refused = |why: &str| {
            BuildError::new(BuildErrorKind::NoSdk, format!("--sdk {text}"), why)
                .with_hint("give the folder of the crate trommel-rule, guest/sdk in trommel's repository, or a git URL")
        };
        match fs::read_to_string(&manifest) {
            Ok(text) if text.lines().any(|line| line.replace(' ', "") == "name=\"trommel-rule\"") => {}
            Ok(_) => return Err(refused("not the crate trommel-rule")),
            Err(_) => return Err(refused("no git URL, and no folder of a crate")),
        }
        let path = fs::canonicalize(text).map_err(|why| BuildError::file(Path::new(text), &why))?;
        Ok(Self::Path(path))
    }

    /// The line of a `Cargo.toml` in `dir` that says where the SDK comes from.
    fn dependency(&self, dir: &Path) -> String {
        let string = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Registry => format!("trommel-rule = \"{}\"", env!("CARGO_PKG_VERSION")),
            Self::Path(path) => {
                format!("trommel-rule = {{ path = {} }}", string(&relative(dir, path).to_string_lossy()))
            }
            Self::Git(url) => format!("trommel-rule = {{ git = {} }}", string(url)),
        }
    }
}

/// Makes a new rule crate in `dir`, which must not be there yet. Its name is that of the folder.
///
/// # Errors
///
/// For a name that no crate can have, a folder that exists, and where cargo or the system refuses.
pub fn new(dir: &Path, sdk: &Sdk) -> Result<(), BuildError> {
    let name = dir.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    check_name(name)?;
    if fs::symlink_metadata(dir).is_ok() {
        return Err(BuildError::new(BuildErrorKind::Exists, dir.display(), "is there already")
            .with_hint("take another name, or remove it first"));
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(above).map_err(|why| BuildError::file(above, &why))?;
    let made = cargo_new(above, name).and_then(|()| fill(dir, name, sdk));
    if made.is_err() {
        // Half a crate would be in the way of the next try; the first error is the one to tell.
        let _ = fs::remove_dir_all(dir);
    }
    made
}

/// Checks what would only fail when cargo reads it, or when a registry does.
fn check_name(name: &str) -> Result<(), BuildError> {
    let refused = |why: String| {
        Err(BuildError::new(BuildErrorKind::BadName, format!("{name:?}"), why)
            .with_hint("a rule's name is made of small letters, digits and hyphens: root-login"))
    };
    if name.is_empty() {
        return refused("a new rule needs a name".into());
    }
    if name.len() > NAME_BYTES_MAX {
        return refused(format!("a name of more than {NAME_BYTES_MAX} bytes"));
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return refused("a name begins with a small letter".into());
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if let Some(odd) = name.chars().find(|c| !fits(*c)) {
        return refused(format!("a name cannot hold {odd:?}"));
    }
    if name == "trommel-rule" || name == "trommel_rule" {
        return refused("the SDK has this name".into());
    }
    Ok(())
}

fn cargo_new(above: &Path, name: &str) -> Result<(), BuildError> {
    let output = tool("cargo", above)
        .args(["new", "--lib", "--quiet", "--color", "never", name])
        .output()
        .map_err(|why| no_cargo("cargo", &why))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().find_map(|line| line.strip_prefix("error: ")).unwrap_or("cargo gave no reason");
    Err(BuildError::new(BuildErrorKind::BadName, format!("{name:?}"), format!("cargo refuses it: {why}"))
        .with_hint("a rule's name is made of small letters, digits and hyphens: root-login"))
}

/// Writes what makes the plain crate in `dir` one of a rule.
fn fill(dir: &Path, name: &str, sdk: &Sdk) -> Result<(), BuildError> {
    let real = fs::canonicalize(dir).map_err(|why| BuildError::file(dir, &why))?;
    let manifest = dir.join("Cargo.toml");
    let plain = fs::read_to_string(&manifest).map_err(|why| BuildError::file(&manifest, &why))?;
    let (before, after) = plain.split_once("[dependencies]\n").unwrap_or((&plain, ""));
    let before = before.trim_end();
    let dependency = sdk.dependency(&real);
    let text =
        format!("{before}\n\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n\n[dependencies]\n{dependency}\n{after}");
    let files = TEMPLATE.map(|(path, text)| (dir.join(path), text.replace("RULE_NAME", name)));
    for (path, text) in files.into_iter().chain([(manifest, text)]) {
        let folder = path.parent().unwrap_or(dir);
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&path, text));
        written.map_err(|why| BuildError::file(&path, &why))?;
    }
    Ok(())
}

/// The way from one folder to another, both absolute and without links.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_crate_can_have_are_refused_with_a_reason() {
        let long = "x".repeat(NAME_BYTES_MAX + 1);
        for (name, why) in [
            ("", "needs a name"),
            ("Root", "begins with a small letter"),
            ("1st", "begins with a small letter"),
            ("-x", "begins with a small letter"),
            ("a b", "cannot hold ' '"),
            ("a.b", "cannot hold '.'"),
            ("trommel-rule", "the SDK has this name"),
            (&long, "more than 64 bytes"),
        ] {
            let error = check_name(name).expect_err(name);
            assert_eq!(error.kind(), BuildErrorKind::BadName);
            assert!(error.to_string().contains(why), "{error}");
        }
        for name in ["a", "root-login", "root_login2"] {
            check_name(name).expect(name);
        }
        // What only cargo knows.
        let folder = tempfile::tempdir().expect("a folder");
        let error = new(&folder.path().join("async"), &Sdk::Registry).expect_err("a keyword");
        assert_eq!(error.kind(), BuildErrorKind::BadName);
        assert!(!folder.path().join("async").exists());
    }

    #[test]
    fn the_sdk_is_a_folder_or_a_git_url() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sdk = own.join("guest/sdk");
        assert_eq!(Sdk::from_text(&sdk.to_string_lossy()), Ok(Sdk::Path(fs::canonicalize(&sdk).expect("there"))));
        for url in ["https://example.com/trommel", "ssh://git@example.com/trommel", "git@example.com:trommel.git"] {
            assert_eq!(Sdk::from_text(url), Ok(Sdk::Git(url.to_owned())));
        }
        for not in ["", "no/such/folder", &own.to_string_lossy()] {
            assert_eq!(Sdk::from_text(not).expect_err(not).kind(), BuildErrorKind::NoSdk);
        }
        let line = Sdk::Path("/a/b/sdk".into()).dependency(Path::new("/a/c/d"));
        assert_eq!(line, r#"trommel-rule = { path = "../../b/sdk" }"#);
    }
}
