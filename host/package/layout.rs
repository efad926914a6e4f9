//! OCI image layouts: folders of artifacts, each under its digest, and some under a name. They need no network, and any
//! tool for registries copies them from there and to there.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::artifact::{Artifact, Descriptor, MANIFEST, MANIFEST_BYTES_MAX, descriptor, layer};
use super::{Digest, PackageError};

/// Where a name lies in an index.
const NAME: &str = "org.opencontainers.image.ref.name";
/// The file that makes a layout of a folder, and how large it may be.
const MARKER: &str = "oci-layout";
const MARKER_BYTES_MAX: u64 = 1 << 10;
/// How large an index may be.
const INDEX_BYTES_MAX: u64 = 16 << 20;

/// A folder of artifacts.
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

/// Which artifact of a layout is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'n> {
    /// The only one.
    Only,
    /// The one with this name, which in a layout is any text.
    Named(&'n str),
    /// The one with this digest.
    Digest(Digest),
}

impl Layout {
    /// Opens a folder that is a layout.
    pub fn open(folder: &Path) -> Result<Self, PackageError> {
        let none = || PackageError::NoLayout(folder.to_owned());
        let marker = read(&folder.join(MARKER), MARKER_BYTES_MAX).map_err(|_| none())?;
        let marker: Value = serde_json::from_slice(&marker).map_err(|_| none())?;
        let version = marker.get("imageLayoutVersion").and_then(Value::as_str).unwrap_or_default();
        if version.starts_with("1.") { Ok(Self(folder.to_owned())) } else { Err(none()) }
    }

    /// Opens a layout, or makes an empty one. A folder with other things in it is left alone.
    pub fn open_or_make(folder: &Path) -> Result<Self, PackageError> {
        let failed = |error| PackageError::File(folder.to_owned(), error);
        if !folder.join(MARKER).exists() {
            fs::create_dir_all(folder).map_err(failed)?;
            // Another process may be about to make the same.
            let is_ours = |name: std::ffi::OsString| name.to_string_lossy().starts_with(MARKER);
            let mut files = fs::read_dir(folder).map_err(failed)?.flatten();
            if files.any(|file| !is_ours(file.file_name())) && !folder.join(MARKER).exists() {
                return Err(PackageError::NoLayout(folder.to_owned()));
            }
            Self(folder.to_owned()).replace(MARKER, br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        }
        let layout = Self::open(folder)?;
        fs::create_dir_all(layout.blobs()).map_err(failed)?;
        Ok(layout)
    }

    /// Puts an artifact here, under this name if there is one. Another that had the name loses it.
    pub fn put(&self, artifact: &Artifact, name: Option<&str>) -> Result<(), PackageError> {
        for blob in [&artifact.config, &artifact.component] {
            self.keep(blob)?;
        }
        self.keep_manifest(&artifact.manifest, name)
    }

    /// The digest of the manifest that is meant.
    pub fn find(&self, which: Which<'_>) -> Result<Digest, PackageError> {
        let index = self.index()?;
        let entries = index.get("manifests").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let fits = |entry: &&Value| match which {
            Which::Only => true,
            Which::Named(name) => name_of(entry) == Some(name),
            Which::Digest(digest) => descriptor(entry).is_some_and(|entry| entry.digest == digest),
        };
        let mut found: Vec<_> = entries.iter().filter(fits).filter_map(descriptor).map(|entry| entry.digest).collect();
        found.dedup();
        let names = || entries.iter().filter_map(name_of).map(str::to_owned).collect();
        match (&found[..], which) {
            // Names are unique, but in a layout that somebody else made.
            ([digest, ..], Which::Named(_) | Which::Digest(_)) | ([digest], Which::Only) => Ok(*digest),
            ([], _) => {
                let wanted = match which {
                    Which::Only => "artifact".to_owned(),
                    Which::Named(name) => format!("artifact with the name {name}"),
                    Which::Digest(digest) => format!("artifact with the digest {digest}"),
                };
                Err(PackageError::NotThere { wanted, names: names() })
            }
            _ => Err(PackageError::Several(names())),
        }
    }

    /// Reads the component of an artifact by the digest of its manifest.
    pub fn component(&self, manifest: Digest, bytes_max: u64) -> Result<Vec<u8>, PackageError> {
        let manifest = self.manifest(manifest)?;
        self.blob("the component", layer(&manifest)?, bytes_max)
    }

    pub(super) fn manifest(&self, digest: Digest) -> Result<Vec<u8>, PackageError> {
        let bytes = read(&self.blob_path(digest), MANIFEST_BYTES_MAX)?;
        Descriptor { digest, size: bytes.len() as u64 }.check("the manifest", &bytes)?;
        Ok(bytes)
    }

    pub(super) fn blob(&self, what: &'static str, wanted: Descriptor, max: u64) -> Result<Vec<u8>, PackageError> {
        if wanted.size > max {
            return Err(PackageError::TooLarge { what, max });
        }
        let bytes = read(&self.blob_path(wanted.digest), wanted.size)?;
        wanted.check(what, &bytes)?;
        Ok(bytes)
    }

    pub(super) fn blob_path(&self, digest: Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    fn blobs(&self) -> PathBuf {
        self.0.join("blobs/sha256")
    }

    /// Keeps a blob under its digest.
    fn keep(&self, bytes: &[u8]) -> Result<(), PackageError> {
        self.replace(&format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes)
    }

    /// Keeps a manifest, and puts it into the index.
    pub(super) fn keep_manifest(&self, manifest: &[u8], name: Option<&str>) -> Result<(), PackageError> {
        self.keep(manifest)?;
        let wanted = Descriptor::of(manifest);
        let mut entry = wanted.json(MANIFEST);
        if let Some(name) = name {
            entry["annotations"] = json!({NAME: name});
        }
        // Others may put something here at the same time.
        let marker = self.0.join(MARKER);
        let lock = File::open(&marker).and_then(|file| file.lock().map(|()| file));
        let _lock = lock.map_err(|error| PackageError::File(marker, error))?;
        let mut index = self.index()?;
        let Some(entries) = index.get_mut("manifests").and_then(Value::as_array_mut) else {
            return Err(PackageError::NoLayout(self.0.clone()));
        };
        let is_it = |entry: &Value| descriptor(entry).is_some_and(|entry| entry.digest == wanted.digest);
        entries.retain(|entry| match (name, name_of(entry)) {
            (Some(name), Some(theirs)) => name != theirs,
            // It needs no entry without a name beside one with a name.
            (Some(_), None) => !is_it(entry),
            (None, _) => true,
        });
        if name.is_some() || !entries.iter().any(is_it) {
            entries.push(entry);
        }
        self.replace("index.json", index.to_string().as_bytes())
    }

    fn index(&self) -> Result<Value, PackageError> {
        match read(&self.0.join("index.json"), INDEX_BYTES_MAX) {
            Ok(index) => serde_json::from_slice(&index).map_err(|_| PackageError::NoLayout(self.0.clone())),
            // One that was just made has none before something is put there.
            Err(PackageError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {
                Ok(json!({"schemaVersion": 2, "manifests": []}))
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a file whole, or not at all.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let path = self.0.join(name);
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let beside = self.0.join(format!("{name}.{}-{number}", std::process::id()));
        let written = File::create_new(&beside)
            .and_then(|mut file| file.write_all(bytes))
            .and_then(|()| fs::rename(&beside, &path))
            .inspect_err(|_| drop(fs::remove_file(&beside)));
        written.map_err(|error| PackageError::File(path, error))
    }
}

fn name_of(entry: &Value) -> Option<&str> {
    entry.get("annotations")?.get(NAME)?.as_str()
}

/// Reads a file that has no more than this, however long it claims to be.
fn read(path: &Path, max: u64) -> Result<Vec<u8>, PackageError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(max + 1).read_to_end(&mut bytes));
    read.and_then(|read| if read as u64 > max { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) })
        .map_err(|error| PackageError::File(path.to_owned(), error))?;
    Ok(bytes)
}
