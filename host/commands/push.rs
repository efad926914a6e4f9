//! `trommel push`: puts a rule into a registry, or into an OCI image layout.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use trommel::Component;
#[cfg(feature = "oci")]
use trommel::package::Registry;
use trommel::package::{About, Artifact, Layout, PackageError, Reference};

use super::sandbox::SandboxArguments;
use crate::messages::{self, Exit, Hinted};

/// Puts a rule into a registry, as an OCI artifact.
///
/// The rule is loaded first, as `run` loads it, and with --signers checked, so that nothing is pushed that would be
/// refused. Prints the reference of what was pushed, by digest. The same file always has the same digest.
///
/// Credentials are those of the tools of containers: ~/.docker/config.json, and the helpers that it names.
#[derive(clap::Args)]
#[command(before_help = "\
Examples:
  trommel push share.wasm ghcr.io/acme/share:1.0.0
  trommel push share.wasm --oci DIR share:1.0.0")]
pub(crate) struct Arguments {
    /// A component (.wasm), or the folder of a rule crate, which is built first.
    #[arg(value_name = "RULE")]
    rule: PathBuf,
    /// Where to: REGISTRY/REPOSITORY:TAG. With --oci any name, which may be left out.
    #[arg(value_name = "REF", required_unless_present = "oci")]
    reference: Option<String>,
    /// Writes to an OCI image layout, a folder, in place of a registry: without any network.
    #[arg(long, value_name = "DIR")]
    oci: Option<PathBuf>,
    /// Reaches a registry without encryption that is not on this machine.
    #[arg(long, conflicts_with = "oci")]
    plain_http: bool,
    #[command(flatten)]
    sandbox: SandboxArguments,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let Arguments { rule, reference, oci, plain_http, sandbox } = arguments;
    let (found, component) = sandbox.read_and_load(&rule)?;
    let cannot = |error: PackageError| messages::cannot_get(&rule, &error);
    let artifact = Artifact::new(found.bytes, &about(&rule, &component)).map_err(cannot)?;
    let pinned = match (oci, reference) {
        (Some(folder), name) => {
            let layout = Layout::open_or_make(&folder).map_err(cannot)?;
            layout.put(&artifact, name.as_deref()).map_err(cannot)?;
            format!("oci:{}@{}", folder.display(), artifact.digest())
        }
        (None, reference) => {
            let reference: Reference = reference.unwrap_or_default().parse().map_err(cannot)?;
            if reference.digest().is_some_and(|digest| digest != artifact.digest()) {
                let hint = format!("the rule has the digest {}", artifact.digest());
                return Err(Hinted::new(format!("{reference}: the rule has another digest"), hint).into());
            }
            push(&reference, plain_http, &artifact).map_err(|error| messages::cannot_get(&rule, &error))?;
            reference.pinned(artifact.digest()).to_string()
        }
    };
    messages::answer(&format!("{pinned}\n")).context("<stdout>")?;
    Ok(Exit::AllWell)
}

#[cfg(feature = "oci")]
fn push(reference: &Reference, plain_http: bool, artifact: &Artifact) -> Result<(), PackageError> {
    Registry::for_push(reference, plain_http)?.push(artifact)
}

#[cfg(not(feature = "oci"))]
fn push(reference: &Reference, _: bool, _: &Artifact) -> Result<(), PackageError> {
    Err(super::pull::no_network(reference))
}

/// What an artifact says of a rule.
fn about(rule: &Path, component: &Component) -> About {
    let title = rule.file_stem().map(|stem| format!("{}.wasm", stem.to_string_lossy())).unwrap_or_default();
    let created = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok()).map(|seconds| {
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        humantime::format_rfc3339_seconds(time).to_string()
    });
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    match component.rules() {
        [rule] => About {
            title,
            version: said(rule.version.clone()),
            description: said(rule.name.clone()),
            authors: said(rule.authors.join(", ")),
            licenses: said(rule.license.clone()),
            created,
        },
        rules => About { title, description: Some(format!("{} rules", rules.len())), created, ..About::default() },
    }
}
