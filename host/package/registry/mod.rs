//! Registries: where artifacts are pushed to and pulled from, by the protocol of the OCI.
//!
//! Nothing that a registry says is believed that its digest does not prove. How it is called is left to `http`, and who
//! calls to `auth`.

mod auth;
mod http;

use std::io::Read as _;

use sha2::{Digest as _, Sha256};
use ureq::http::{Method, StatusCode};

use super::artifact::{Artifact, Descriptor, MANIFEST, MANIFEST_BYTES_MAX};
use super::error::PackageError;
use super::{Digest, Reference};
use http::{Answer, Call, Http, failed, same_server};

/// The types of manifests that are taken; the second is Docker's.
const MANIFESTS: &str =
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";

/// A registry, and a repository in it.
pub struct Registry {
    http: Http,
    reference: Reference,
    /// The address of the repository.
    base: String,
    authorization: Option<String>,
    /// What the repository is used for, in the words of registries.
    actions: &'static str,
}

impl Registry {
    /// The registry of a reference, to be read. `plain_http` allows to do without encryption; where the registry is on
    /// this machine, that is always allowed.
    pub fn for_pull(reference: &Reference, plain_http: bool) -> Result<Self, PackageError> {
        Self::new(reference, plain_http, "pull")
    }

    /// The registry of a reference, to be written to.
    pub fn for_push(reference: &Reference, plain_http: bool) -> Result<Self, PackageError> {
        Self::new(reference, plain_http, "pull,push")
    }

    fn new(reference: &Reference, plain_http: bool, actions: &'static str) -> Result<Self, PackageError> {
        let http = Http::new(plain_http);
        // Docker Hub answers under another name than its own.
        let (host, library) = match reference.registry() {
            "docker.io" => ("registry-1.docker.io", !reference.repository().contains('/')),
            host => (host, false),
        };
        let library = if library { "library/" } else { "" };
        let base = format!("{}://{host}/v2/{library}{}", http.scheme(host)?, reference.repository());
        Ok(Self { http, reference: reference.clone(), base, authorization: None, actions })
    }

    /// Gets the manifest: its bytes.
    pub fn manifest(&mut self) -> Result<Vec<u8>, PackageError> {
        let url = format!("{}/manifests/{}", self.base, self.reference.wanted());
        let answer = self.ask(Method::GET, &url, &[("accept", MANIFESTS)], &[])?;
        if answer.status != StatusCode::OK {
            return Err(answer.error());
        }
        let bytes = answer.bytes("the manifest", MANIFEST_BYTES_MAX)?;
        if let Some(expected) = self.reference.digest().filter(|digest| *digest != Digest::of(&bytes)) {
            return Err(PackageError::Differs { what: "the manifest", expected });
        }
        Ok(bytes)
    }

    /// Gets a blob, and writes what comes after `already`. It is right only if its digest is.
    pub(super) fn blob(
        &mut self,
        what: &'static str,
        wanted: Descriptor,
        already: &[u8],
        into: &mut dyn FnMut(Part<'_>) -> std::io::Result<()>,
    ) -> Result<(), PackageError> {
        let url = format!("{}/blobs/{}", self.base, wanted.digest);
        let range = format!("bytes={}-", already.len());
        let headers: &[_] = if already.is_empty() { &[] } else { &[("range", range.as_str())] };
        let answer = self.ask(Method::GET, &url, headers, &[])?;
        let host = answer.host.clone();
        let (mut sha, mut count) = (Sha256::new(), 0);
        match answer.status {
            StatusCode::OK => into(Part::Start).map_err(|error| failed(&host, error))?,
            StatusCode::PARTIAL_CONTENT if !already.is_empty() => {
                sha.update(already);
                count = already.len() as u64;
            }
            _ => return Err(answer.error()),
        }
        // One byte more than there should be is enough to know.
        let mut reader = answer.reader(wanted.size + 1 - count);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                // What came is kept: the next time it goes on from there.
                Err(error) => return Err(failed(&host, error)),
            };
            count += read as u64;
            if count > wanted.size {
                return Err(PackageError::TooLarge { what, max: wanted.size });
            }
            sha.update(&buffer[..read]);
            into(Part::Bytes(&buffer[..read])).map_err(|error| failed(&host, error))?;
        }
        if count < wanted.size {
            return Err(PackageError::Short { what, bytes: count, expected: wanted.size });
        }
        let found = Digest::of_hashed(sha);
        if found == wanted.digest { Ok(()) } else { Err(PackageError::Differs { what, expected: wanted.digest }) }
    }

    /// Puts an artifact there, under the reference's tag if it has one. What is there already is not sent again.
    pub fn push(&mut self, artifact: &Artifact) -> Result<(), PackageError> {
        for blob in [&artifact.config, &artifact.component] {
            self.upload(blob)?;
        }
        let name = self.reference.tag().map_or_else(|| artifact.digest().to_string(), str::to_owned);
        let url = format!("{}/manifests/{name}", self.base);
        let answer = self.ask(Method::PUT, &url, &[("content-type", MANIFEST)], &artifact.manifest)?;
        match answer.status {
            StatusCode::CREATED | StatusCode::OK => Ok(()),
            _ => Err(answer.error()),
        }
    }

    fn upload(&mut self, blob: &[u8]) -> Result<(), PackageError> {
        let digest = Digest::of(blob);
        let there = self.ask(Method::HEAD, &format!("{}/blobs/{digest}", self.base), &[], &[])?;
        if there.status == StatusCode::OK {
            return Ok(());
        }
        let start = format!("{}/blobs/uploads/", self.base);
        let answer = self.ask(Method::POST, &start, &[("content-length", "0")], &[])?;
        if answer.status != StatusCode::ACCEPTED {
            return Err(answer.error());
        }
        let location = answer.location(&start)?;
        let separator = if location.contains('?') { '&' } else { '?' };
        let url = format!("{location}{separator}digest={digest}");
        let answer = self.ask(Method::PUT, &url, &[("content-type", "application/octet-stream")], blob)?;
        if answer.status == StatusCode::CREATED { Ok(()) } else { Err(answer.error()) }
    }

    /// Calls; where the registry wants to know who calls, tells it and calls again.
    fn ask(
        &mut self,
        method: Method,
        url: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Result<Answer, PackageError> {
        let mut call = Call {
            method,
            url: url.to_owned(),
            headers: headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            authorization: self.authorization.clone().filter(|_| same_server(url, &self.base)),
            body,
        };
        let answer = self.http.call(&call)?;
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        let Some(challenge) = challenge.filter(|_| answer.status == StatusCode::UNAUTHORIZED) else {
            return Ok(answer);
        };
        if !same_server(url, &self.base) {
            return Ok(answer);
        }
        let path = self.base.split_once("/v2/").map_or("", |(_, path)| path);
        let scope = format!("repository:{path}:{}", self.actions);
        let authorization = auth::authorization(&self.http, self.reference.registry(), &challenge, &scope)?;
        self.authorization = Some(authorization.clone());
        call.authorization = Some(authorization);
        self.http.call(&call)
    }
}

/// A part of a blob that comes.
pub(super) enum Part<'b> {
    /// It comes from its start, whatever was there already.
    Start,
    /// It goes on with these bytes.
    Bytes(&'b [u8]),
}
