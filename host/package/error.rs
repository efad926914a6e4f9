//! What goes wrong with artifacts: their references, their layouts, the registries that they come from.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::Digest;

/// Why an artifact cannot be had, or not be put somewhere.
#[derive(Debug)]
#[non_exhaustive]
pub enum PackageError {
    /// The text is no reference.
    Reference {
        /// The text.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file cannot be read or written.
    File(PathBuf, io::Error),
    /// The user has no folder in which pulled rules could be kept.
    NoCacheFolder,
    /// The folder is no OCI image layout.
    NoLayout(PathBuf),
    /// The layout has no such artifact; it has these.
    NotThere {
        /// What was wanted.
        wanted: String,
        /// The names of those that are there.
        names: Vec<String>,
    },
    /// The layout has several artifacts, with these names, and none was named.
    Several(Vec<String>),
    /// A component is needed to make an artifact.
    NotAComponent,
    /// The manifest is not that of a rule.
    Manifest(String),
    /// Something is larger than it may be.
    TooLarge {
        /// What it is.
        what: &'static str,
        /// What it may have, in bytes.
        max: u64,
    },
    /// The bytes are others than those that were asked for.
    Differs {
        /// What they are of.
        what: &'static str,
        /// The digest that they should have.
        expected: Digest,
    },
    /// There are fewer bytes than there should be.
    Short {
        /// What they are of.
        what: &'static str,
        /// How many came.
        bytes: u64,
        /// How many should.
        expected: u64,
    },
    /// A registry cannot be reached, or talks nonsense.
    Registry {
        /// The registry, or whoever it sent us to.
        host: String,
        /// What happened.
        why: String,
    },
    /// A registry answers with an error.
    Status {
        /// The registry.
        host: String,
        /// The status of HTTP.
        status: u16,
        /// Its own words.
        why: String,
    },
    /// A connection would be plain HTTP, to a host that is not this one.
    PlainHttp(String),
    /// The user's credentials for a registry cannot be had.
    Credentials {
        /// The registry.
        host: String,
        /// What happened.
        why: String,
    },
}

impl PackageError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Reference { .. } => {
                "a reference is REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@sha256:HEX, as ghcr.io/acme/share:1.0.0"
                    .into()
            }
            Self::NoCacheFolder => "set HOME, or XDG_CACHE_HOME, to a path that begins with /".into(),
            Self::NoLayout(_) => "`trommel push RULE --oci DIR` makes one; so does `skopeo copy … oci:DIR:TAG`".into(),
            Self::NotThere { names, .. } | Self::Several(names) if !names.is_empty() => {
                format!("it has {}", names.join(", "))
            }
            Self::TooLarge { .. } => {
                "--component-bytes-max raises the limit for a component, for one that you trust".into()
            }
            Self::Differs { .. } | Self::Short { .. } => {
                "it was damaged on its way, or somebody lies; try again".into()
            }
            Self::Status { status: 401 | 403, host, .. } => {
                format!("log in, with any tool of containers: docker login {host}")
            }
            Self::PlainHttp(_) => "--plain-http allows it; whoever is on the way can then read and change all".into(),
            _ => return None,
        })
    }
}

impl fmt::Display for PackageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference { text, why } => write!(f, "`{text}` is no reference: {why}"),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::NoCacheFolder => f.write_str("there is no folder for what is pulled"),
            Self::NoLayout(folder) => write!(f, "{} is no OCI image layout", folder.display()),
            Self::NotThere { wanted, .. } => write!(f, "the layout has no {wanted}"),
            Self::Several(_) => f.write_str("the layout has several artifacts"),
            Self::NotAComponent => f.write_str("it is no component"),
            Self::Manifest(why) => write!(f, "the artifact is no rule: {why}"),
            Self::TooLarge { what, max } => write!(f, "{what} is larger than {max} bytes"),
            Self::Differs { what, expected } => write!(f, "{what} does not have the digest {expected}"),
            Self::Short { what, bytes, expected } => write!(f, "{what} ended after {bytes} of {expected} bytes"),
            Self::Registry { host, why } => write!(f, "{host}: {why}"),
            Self::Status { host, status, why } if why.is_empty() => write!(f, "{host} answered with status {status}"),
            Self::Status { host, status, why } => write!(f, "{host} answered with status {status}: {why}"),
            Self::PlainHttp(host) => write!(f, "{host} would be reached without encryption"),
            Self::Credentials { host, why } => write!(f, "the credentials for {host} cannot be had: {why}"),
        }
    }
}

impl std::error::Error for PackageError {}
