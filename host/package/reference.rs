//! The names of artifacts in registries.

use std::fmt;
use std::str::FromStr;

use super::{Digest, PackageError};

/// `REGISTRY/REPOSITORY:TAG`, or `@sha256:HEX` in place of the tag or behind it, which then decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// How long a repository's name may be, and a tag, as the registries have it.
const REPOSITORY_BYTES_MAX: usize = 255;
const TAG_BYTES_MAX: usize = 128;

impl Reference {
    /// The host of the registry, with its port if it has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository in the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// The same artifact, whatever becomes of the tag.
    pub fn pinned(&self, digest: Digest) -> Self {
        Self { tag: None, digest: Some(digest), ..self.clone() }
    }

    /// What a registry is asked for: the digest, or else the tag.
    #[cfg(feature = "oci")]
    pub(super) fn wanted(&self) -> String {
        self.digest.map_or_else(|| self.tag.clone().unwrap_or_default(), |digest| digest.to_string())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

impl FromStr for Reference {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let wrong = |why| PackageError::Reference { text: text.to_owned(), why };
        let (name, digest) = match text.split_once('@') {
            None => (text, None),
            Some((name, digest)) => (name, Some(digest.parse().map_err(|_| wrong("its digest is not sha256:HEX"))?)),
        };
        let (registry, path) = name.split_once('/').ok_or_else(|| wrong("it names no registry"))?;
        let (repository, tag) = path.split_once(':').map_or((path, None), |(path, tag)| (path, Some(tag)));
        if !is_registry(registry) {
            return Err(wrong("it names no registry"));
        }
        if repository.len() > REPOSITORY_BYTES_MAX || !repository.split('/').all(is_component) {
            return Err(wrong("a repository is of lower-case letters, digits and single . _ - / between them"));
        }
        if !tag.is_none_or(is_tag) {
            return Err(wrong("its tag is not of letters, digits and _ . -"));
        }
        if tag.is_none() && digest.is_none() {
            return Err(wrong("it has no tag"));
        }
        Ok(Self { registry: registry.into(), repository: repository.into(), tag: tag.map(str::to_owned), digest })
    }
}

/// Whether a name is that of a host, and no folder: it has a dot or a port, or is `localhost`.
fn is_registry(name: &str) -> bool {
    let (host, port) = match name.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => ("localhost", port.strip_prefix(':')),
            _ => return false,
        },
        None => name.split_once(':').map_or((name, None), |(host, port)| (host, Some(port))),
    };
    let label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
    };
    host.split('.').all(label)
        && (host.contains('.') || port.is_some() || host == "localhost")
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Whether it is a part of a repository's name, as the registries have it.
fn is_component(part: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    let ends = [bytes.first(), bytes.last()];
    ends.iter().all(|end| end.is_some_and(|byte| plain(*byte)))
        && bytes.iter().all(|byte| plain(*byte) || matches!(byte, b'.' | b'_' | b'-'))
        && !part.split(|character: char| plain(character as u8)).any(|between| {
            // One dot, one or two underscores, any number of dashes.
            !matches!(between, "" | "." | "_" | "__") && !between.bytes().all(|byte| byte == b'-')
        })
}

/// Whether it is a tag, as the registries have it.
pub(super) fn is_tag(tag: &str) -> bool {
    let start = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let inside = |byte: u8| start(byte) || matches!(byte, b'.' | b'-');
    tag.len() <= TAG_BYTES_MAX && tag.bytes().next().is_some_and(start) && tag.bytes().all(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_references() {
        let digest = Digest::of(b"");
        for good in
            ["ghcr.io/a:1", "localhost/a/b__c-d.e:v1.0_x-y", "host:5000/a:b", "[::1]/a:b", "127.0.0.1:1/a/b/c:d"]
        {
            for text in
                [good.to_owned(), format!("{good}@{digest}"), format!("{}@{digest}", good.rsplit_once(':').unwrap().0)]
            {
                let reference: Reference = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(reference.to_string(), text);
            }
        }
        let pinned = "ghcr.io/a/b:1".parse::<Reference>().unwrap().pinned(digest);
        assert_eq!(pinned.to_string(), format!("ghcr.io/a/b@{digest}"));
    }

    #[test]
    fn refuses_what_is_none() {
        let long = "a".repeat(300);
        for (bad, expected) in [
            ("", "no registry"),
            ("rule.wasm", "no registry"),
            ("rules/a:1", "no registry"),
            (".io/a:1", "no registry"),
            ("-a.io/a:1", "no registry"),
            ("a.io:x/a:1", "no registry"),
            ("a.io:99999/a:1", "no registry"),
            ("[::g]/a:1", "no registry"),
            ("user@a.io/a:1", "not sha256:HEX"),
            ("a.io/a", "no tag"),
            ("a.io/a:", "its tag"),
            ("a.io/a:.1", "its tag"),
            ("a.io/a:1/../b", "its tag"),
            (&format!("a.io/a:{long}"), "its tag"),
            (&format!("a.io/{long}:1"), "a repository"),
            ("a.io/A:1", "a repository"),
            ("a.io//a:1", "a repository"),
            ("a.io/../a:1", "a repository"),
            ("a.io/a..b:1", "a repository"),
            ("a.io/a?b:1", "a repository"),
            ("a.io/é:1", "a repository"),
            ("a.io/a:1@sha256:12", "not sha256:HEX"),
        ] {
            let error = bad.parse::<Reference>().expect_err(bad).to_string();
            assert!(error.contains(expected), "{bad}: {error}");
        }
    }
}
