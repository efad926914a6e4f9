//! Where a rule comes from: a file, the folder of a crate, an OCI layout, a registry.

use std::path::{Path, PathBuf};

use trommel::LoadError;
use trommel::diagnostics::{printable, say};
use trommel::files::{ReadError, read_whole};
use trommel::package::{Digest, Layout, PackageError, Reference, Store, Which};

use super::trust;
use crate::messages::{self, Hinted};

/// What is in front of a layout's folder.
const LAYOUT: &str = "oci:";

/// Where a rule comes from.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    File(PathBuf),
    Layout(PathBuf, Artifact),
    Registry(Reference),
}

/// Which artifact of a layout is meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Artifact {
    Only,
    Named(String),
    Digest(Digest),
}

/// A rule's bytes, and the signatures that do not lie in them.
pub(crate) struct Found {
    pub(crate) bytes: Vec<u8>,
    pub(crate) detached: Vec<Vec<u8>>,
}

impl Source {
    /// What a rule's argument names. A crate is built. What there is on this machine goes before a registry.
    pub(crate) fn of(rule: &Path) -> anyhow::Result<Self> {
        if rule.is_dir() {
            let component = trommel::build::component(rule, &mut |note| say(note));
            return Ok(Self::File(component.map_err(Hinted::from)?));
        }
        let text = rule.to_string_lossy();
        if let Some(layout) = text.strip_prefix(LAYOUT).filter(|_| !rule.exists()) {
            return layout_of(layout);
        }
        match text.parse() {
            Ok(reference) if !rule.exists() => Ok(Self::Registry(reference)),
            _ => Ok(Self::File(rule.to_owned())),
        }
    }

    /// Reads the rule, no further than the limit, and the signatures beside it. `rule` is how it is called.
    pub(crate) fn read(&self, rule: &Path, bytes_max: usize) -> anyhow::Result<Found> {
        let cannot = |error| messages::cannot_get(rule, &error);
        let bytes = match self {
            Self::File(file) => {
                return Ok(Found { bytes: read_file(file, bytes_max)?, detached: trust::detached(file)? });
            }
            Self::Layout(folder, artifact) => {
                let layout = Layout::open(folder).map_err(cannot)?;
                let manifest = layout.find(artifact.which()).map_err(cannot)?;
                layout.component(manifest, bytes_max as u64).map_err(cannot)?
            }
            Self::Registry(reference) => from_registry(reference, bytes_max as u64).map_err(cannot)?,
        };
        Ok(Found::alone(bytes))
    }
}

impl Found {
    /// A rule that can have no signatures but those in it.
    pub(crate) fn alone(bytes: Vec<u8>) -> Self {
        Self { bytes, detached: Vec::new() }
    }
}

impl Artifact {
    pub(crate) fn which(&self) -> Which<'_> {
        match self {
            Self::Only => Which::Only,
            Self::Named(name) => Which::Named(name),
            Self::Digest(digest) => Which::Digest(*digest),
        }
    }
}

/// Reads `DIR`, `DIR:NAME` or `DIR@sha256:HEX`.
fn layout_of(text: &str) -> anyhow::Result<Source> {
    if Path::new(text).is_dir() {
        return Ok(Source::Layout(text.into(), Artifact::Only));
    }
    if text.starts_with("//") {
        return Err(Hinted::new(
            format!("{LAYOUT}{text}: a folder is expected behind oci:"),
            "a rule in a registry is written without it, as ghcr.io/acme/share:1.0.0",
        )
        .into());
    }
    if let Some((folder, digest)) = text.rsplit_once('@')
        && let Ok(digest) = digest.parse()
    {
        return Ok(Source::Layout(folder.into(), Artifact::Digest(digest)));
    }
    Ok(match text.rsplit_once(':') {
        Some((folder, name)) => Source::Layout(folder.into(), Artifact::Named(name.to_owned())),
        None => Source::Layout(text.into(), Artifact::Only),
    })
}

/// The rule as it was pulled, or else pulled now.
fn from_registry(reference: &Reference, bytes_max: u64) -> Result<Vec<u8>, PackageError> {
    let store = Store::of_user()?;
    if let Some(pulled) = store.find(reference, bytes_max)? {
        return Ok(pulled.component);
    }
    #[cfg(feature = "oci")]
    {
        let pulled = store.pull(reference, false, bytes_max)?;
        store.keep(reference, &pulled)?;
        say(&format!("pulled {}", reference.pinned(pulled.digest())));
        Ok(pulled.component)
    }
    #[cfg(not(feature = "oci"))]
    Err(super::pull::no_network(reference))
}

/// Reads the file of a rule, no further than the limit.
pub(crate) fn read_file(file: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    Ok(read_whole(file, bytes_max).map_err(|error| match error {
        ReadError::TooLarge(max) => messages::cannot_load(file, &LoadError::TooLarge(max)),
        error => Hinted::new(
            format!("{}: the rule cannot be read: {error}", printable(&file.to_string_lossy())),
            "a rule is a component, a .wasm file, or the folder of a rule crate",
        ),
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_sources_apart() {
        let digest = Digest::of(b"");
        let layout = |folder: &str, artifact| Source::Layout(folder.into(), artifact);
        let of = |text: &str| Source::of(Path::new(text)).expect(text);
        for file in ["rule.wasm", "./rules/share.wasm", "rules/share:1", "ghcr.io/acme/share", "/ghcr.io/acme/share:1"]
        {
            assert_eq!(of(file), Source::File(file.into()));
        }
        for reference in ["ghcr.io/acme/share:1.0.0", "localhost/share:a", "127.0.0.1:5000/share:1", "[::1]:5/a:b"] {
            assert!(matches!(of(reference), Source::Registry(read) if read.to_string() == reference), "{reference}");
        }
        assert!(matches!(of(&format!("ghcr.io/acme/share@{digest}")), Source::Registry(_)));
        assert_eq!(of("oci:rules"), layout("rules", Artifact::Only));
        assert_eq!(of("oci:/a/b:1.0.0"), layout("/a/b", Artifact::Named("1.0.0".into())));
        assert_eq!(of(&format!("oci:a:b@{digest}")), layout("a:b", Artifact::Digest(digest)));
        assert!(Source::of(Path::new("oci://ghcr.io/acme/share:1")).is_err());
    }
}
