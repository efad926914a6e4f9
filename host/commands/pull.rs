//! `trommel pull`: gets a rule from a registry, or out of an OCI image layout.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
#[cfg(feature = "oci")]
use trommel::diagnostics::say;
use trommel::diagnostics::{printable, reason};
#[cfg(feature = "oci")]
use trommel::package::Store;
use trommel::package::{Layout, PackageError, Reference, Which};

use super::sandbox::SandboxArguments;
use super::source::Found;
use crate::messages::{self, Exit};

/// Gets a rule from a registry, checks it, and keeps it for later runs.
///
/// The rule is loaded as `run` loads it, and with --signers checked, before it is kept. Prints the reference by digest,
/// which --rule takes, also without network. `run` asks the registry for what was not pulled before, and for nothing
/// else: only `pull` follows a tag that has moved, and says so.
///
/// Credentials are those of the tools of containers: ~/.docker/config.json, and the helpers that it names.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel pull ghcr.io/acme/share:1.0.0 --signers allowed_signers --require-signature
  trommel pull --oci DIR --out share.wasm")]
pub(crate) struct Arguments {
    /// What: REGISTRY/REPOSITORY:TAG, or @sha256:HEX in place of the tag. With --oci a name in the layout, which may be
    /// left out where there is only one artifact.
    #[arg(value_name = "REF", required_unless_present = "oci")]
    reference: Option<String>,
    /// Reads from an OCI image layout, a folder, in place of a registry: without any network.
    #[arg(long, value_name = "DIR", requires = "out")]
    oci: Option<PathBuf>,
    /// Writes the component to this file too, and prints its path in place of the reference.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Reaches a registry without encryption that is not on this machine.
    #[arg(long, conflicts_with = "oci")]
    plain_http: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { reference, oci, out, plain_http, sandbox } = arguments;
    let reference = reference.unwrap_or_default();
    let bytes_max = sandbox.component_bytes_max() as u64;
    let name = PathBuf::from(if reference.is_empty() { "the artifact" } else { &reference });
    let cannot = |error: PackageError| messages::cannot_get(&name, &error);
    let (bytes, pinned) = match oci {
        Some(folder) => {
            let layout = Layout::open(&folder).map_err(cannot)?;
            let which = match reference.parse() {
                Ok(digest) => Which::Digest(digest),
                Err(_) if reference.is_empty() => Which::Only,
                Err(_) => Which::Named(&reference),
            };
            let manifest = layout.find(which).map_err(cannot)?;
            let found = Found::alone(layout.component(manifest, bytes_max).map_err(cannot)?);
            sandbox.check(&name, &found)?;
            (found.bytes, String::new())
        }
        None => {
            let reference: Reference = reference.parse().map_err(cannot)?;
            pull(&sandbox, &reference, plain_http, &name)?
        }
    };
    let printed = match out {
        Some(file) => {
            write(&file, &bytes)?;
            file.display().to_string()
        }
        None => pinned,
    };
    messages::answer(&format!("{printed}\n")).context("<stdout>")?;
    Ok(Exit::AllWell)
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes)
        .map_err(|error| anyhow::anyhow!("{}: {}", printable(&file.to_string_lossy()), reason(&error)))
}

/// Pulls, checks and keeps a rule. Answers with its bytes, and its reference by digest.
#[cfg(feature = "oci")]
fn pull(
    sandbox: &SandboxArguments,
    reference: &Reference,
    plain_http: bool,
    name: &Path,
) -> anyhow::Result<(Vec<u8>, String)> {
    let cannot = |error: PackageError| messages::cannot_get(name, &error);
    let store = Store::of_user().map_err(cannot)?;
    let before = store.digest_of(reference).map_err(cannot)?;
    let pulled = store.pull(reference, plain_http, sandbox.component_bytes_max() as u64).map_err(cannot)?;
    let found = Found::alone(pulled.component.clone());
    sandbox.check(name, &found)?;
    store.keep(reference, &pulled).map_err(cannot)?;
    let pinned = reference.pinned(pulled.digest()).to_string();
    if let Some(before) = before.filter(|before| *before != pulled.digest()) {
        let before = reference.pinned(before);
        say(&format!("{reference} has moved: `trommel diff {before} {pinned}` says what changed"));
    }
    Ok((found.bytes, pinned))
}

#[cfg(not(feature = "oci"))]
fn pull(_: &SandboxArguments, reference: &Reference, _: bool, name: &Path) -> anyhow::Result<(Vec<u8>, String)> {
    Err(messages::cannot_get(name, &no_network(reference)).into())
}

/// The error for what needs a registry, in a program without that feature.
#[cfg(not(feature = "oci"))]
pub(super) fn no_network(reference: &Reference) -> PackageError {
    let why = "this trommel was built without the feature `oci`".into();
    PackageError::Registry { host: reference.registry().into(), why }
}
