//! The rules that were pulled: kept by digest in the user's cache folder, and found there again without the network.
//!
//! It is an OCI image layout, in which an artifact has the name by which it was pulled.

use std::env;
#[cfg(feature = "oci")]
use std::fs::{self, OpenOptions};
#[cfg(feature = "oci")]
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

#[cfg(feature = "oci")]
use super::artifact::Descriptor;
use super::artifact::layer;
use super::layout::{Layout, Which};
#[cfg(feature = "oci")]
use super::registry::{Part, Registry};
use super::{Digest, PackageError, Reference};

/// The rules that were pulled.
#[derive(Debug, Clone)]
pub struct Store(Layout);

/// A rule that was pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    manifest: Vec<u8>,
    /// The component.
    pub component: Vec<u8>,
}

impl Pulled {
    /// The digest by which the registry knows it: that of its manifest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }
}

impl Store {
    /// The user's.
    pub fn of_user() -> Result<Self, PackageError> {
        let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
        Self::at(&cache.ok_or(PackageError::NoCacheFolder)?.join("trommel/oci"))
    }

    /// The one in this folder.
    pub fn at(folder: &Path) -> Result<Self, PackageError> {
        Ok(Self(Layout::open_or_make(folder)?))
    }

    /// Finds a rule that was pulled by this reference.
    pub fn find(&self, reference: &Reference, bytes_max: u64) -> Result<Option<Pulled>, PackageError> {
        let Some(digest) = self.digest_of(reference)? else { return Ok(None) };
        let manifest = self.0.manifest(digest)?;
        match self.0.blob(WHAT, layer(&manifest)?, bytes_max) {
            Ok(component) => Ok(Some(Pulled { manifest, component })),
            // Somebody cleaned up.
            Err(PackageError::File(_, error)) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The digest of the manifest that a reference stood for when it was last pulled.
    pub fn digest_of(&self, reference: &Reference) -> Result<Option<Digest>, PackageError> {
        let name = reference.to_string();
        let which = reference.digest().map_or(Which::Named(&name), Which::Digest);
        match self.0.find(which) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(PackageError::NotThere { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gets a rule from its registry. What is here of it is not fetched again. It is not found by its reference before it
    /// is [kept](Self::keep).
    #[cfg(feature = "oci")]
    pub fn pull(&self, reference: &Reference, plain_http: bool, bytes_max: u64) -> Result<Pulled, PackageError> {
        let mut registry = Registry::for_pull(reference, plain_http)?;
        let manifest = registry.manifest()?;
        let wanted = layer(&manifest)?;
        if wanted.size > bytes_max {
            return Err(PackageError::TooLarge { what: WHAT, max: bytes_max });
        }
        if let Ok(component) = self.0.blob(WHAT, wanted, bytes_max) {
            return Ok(Pulled { manifest, component });
        }
        self.fetch(&mut registry, wanted)?;
        let component = self.0.blob(WHAT, wanted, bytes_max)?;
        Ok(Pulled { manifest, component })
    }

    /// Gets a blob. Where an earlier try broke off, it goes on from there.
    #[cfg(feature = "oci")]
    fn fetch(&self, registry: &mut Registry, wanted: Descriptor) -> Result<(), PackageError> {
        let path = self.0.blob_path(wanted.digest);
        let begun = path.with_extension("part");
        let failed = |error| PackageError::File(begun.clone(), error);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&begun);
        let mut file = opened.map_err(failed)?;
        // Of two processes one waits, and then has nothing to do: its file may be the blob by now.
        file.lock().map_err(failed)?;
        if self.0.blob(WHAT, wanted, wanted.size).is_ok() {
            return Ok(());
        }
        let mut already = Vec::new();
        (&file).take(wanted.size).read_to_end(&mut already).map_err(failed)?;
        if already.len() as u64 == wanted.size {
            already.clear();
        }
        file.set_len(already.len() as u64).map_err(failed)?;
        file.seek(SeekFrom::Start(already.len() as u64)).map_err(failed)?;
        let got = registry.blob(WHAT, wanted, &already, &mut |part| match part {
            Part::Start => file.set_len(0).and_then(|()| file.rewind()),
            Part::Bytes(bytes) => file.write_all(bytes),
        });
        // Of what has another digest, nothing is of use.
        if let Err(PackageError::Differs { .. } | PackageError::TooLarge { .. }) = &got {
            let _ = fs::remove_file(&begun);
        }
        got?;
        fs::rename(&begun, &path).map_err(failed)
    }

    /// Keeps what was pulled, so that it is found by this reference.
    pub fn keep(&self, reference: &Reference, pulled: &Pulled) -> Result<(), PackageError> {
        let name = reference.to_string();
        self.0.keep_manifest(&pulled.manifest, reference.digest().is_none().then_some(name.as_str()))
    }
}

const WHAT: &str = "the component";
