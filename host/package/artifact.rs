//! A component as an OCI artifact: the layout of the CNCF for WebAssembly, which `wkg`, `oras` and Azure take as well.
//!
//! An artifact has one layer, so that whatever belongs to a rule travels in the component.

use serde_json::{Map, Value, json};
use wasmparser::{Parser, Payload};

use super::{Digest, PackageError};

/// The type of manifests.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.wasm.config.v0+json";
/// The types of layers that are taken; the first is written.
const LAYERS: [&str; 3] = [
    "application/wasm",
    // Kubewarden's.
    "application/vnd.wasm.content.layer.v1+wasm",
    // That of Istio, Envoy and Azure.
    "application/vnd.module.wasm.content.layer.v1+wasm",
];
/// How Azure's console knows an artifact.
const ARTIFACT: &str = LAYERS[2];

/// How large a manifest may be, as the registries have it.
pub const MANIFEST_BYTES_MAX: u64 = 4 << 20;

/// What an artifact says of its component, for people and consoles.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The file's name.
    pub title: String,
    /// The version of the rule.
    pub version: Option<String>,
    /// What it is, in a line.
    pub description: Option<String>,
    /// Who wrote it.
    pub authors: Option<String>,
    /// An SPDX expression.
    pub licenses: Option<String>,
    /// When it was made, RFC 3339. The same for the same file gives the same digest.
    pub created: Option<String>,
}

/// An artifact, ready to be put somewhere.
#[derive(Debug, Clone)]
pub struct Artifact {
    pub(super) manifest: Vec<u8>,
    pub(super) config: Vec<u8>,
    pub(super) component: Vec<u8>,
}

/// A part of an artifact, as its manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) digest: Digest,
    pub(super) size: u64,
}

impl Artifact {
    /// Makes an artifact of a component.
    pub fn new(component: Vec<u8>, about: &About) -> Result<Self, PackageError> {
        let (imports, exports) = imports_and_exports(&component).ok_or(PackageError::NotAComponent)?;
        let layer = Descriptor::of(&component);
        let mut config = json!({
            "created": about.created.as_deref().unwrap_or("1970-01-01T00:00:00Z"),
            "architecture": "wasm",
            "os": "wasip2",
            "layerDigests": [layer.digest.to_string()],
            "component": {"exports": exports, "imports": imports},
        });
        if let Some(authors) = &about.authors {
            config["author"] = json!(authors);
        }
        let config = config.to_string().into_bytes();
        let annotations: Map<_, _> = [
            ("version", &about.version),
            ("description", &about.description),
            ("authors", &about.authors),
            ("licenses", &about.licenses),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((format!("org.opencontainers.image.{name}"), json!(value.as_ref()?))))
        .collect();
        let mut file = layer.json(LAYERS[0]);
        file["annotations"] = json!({"org.opencontainers.image.title": about.title});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": ARTIFACT,
            "config": Descriptor::of(&config).json(CONFIG),
            "layers": [file],
            "annotations": annotations,
        });
        Ok(Self { manifest: manifest.to_string().into_bytes(), config, component })
    }

    /// The digest by which a registry knows it: that of its manifest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }
}

impl Descriptor {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), size: bytes.len() as u64 }
    }

    pub(super) fn json(&self, media_type: &str) -> Value {
        json!({"mediaType": media_type, "digest": self.digest.to_string(), "size": self.size})
    }

    /// Checks that these are the bytes.
    pub(super) fn check(&self, what: &'static str, bytes: &[u8]) -> Result<(), PackageError> {
        if (bytes.len() as u64) < self.size {
            return Err(PackageError::Short { what, bytes: bytes.len() as u64, expected: self.size });
        }
        if Self::of(bytes) == *self { Ok(()) } else { Err(PackageError::Differs { what, expected: self.digest }) }
    }
}

/// Finds the component in a manifest: its only layer.
pub(super) fn layer(manifest: &[u8]) -> Result<Descriptor, PackageError> {
    let wrong = |why: &str| PackageError::Manifest(why.to_owned());
    let manifest: Value = serde_json::from_slice(manifest).map_err(|_| wrong("its manifest is not JSON"))?;
    if manifest.get("manifests").is_some() {
        return Err(wrong("it is an index of several artifacts"));
    }
    let layers = manifest.get("layers").and_then(Value::as_array).ok_or_else(|| wrong("its manifest has no layers"))?;
    let [layer] = &layers[..] else {
        return Err(wrong(&format!("it has {} layers, where a rule has one", layers.len())));
    };
    let media_type = layer.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    if !LAYERS.contains(&media_type) {
        return Err(wrong(&format!("its layer is of type `{media_type}`, which is not WebAssembly")));
    }
    descriptor(layer).ok_or_else(|| wrong("its layer has no digest, or no size"))
}

/// Reads what a part is called by.
pub(super) fn descriptor(json: &Value) -> Option<Descriptor> {
    let digest = json.get("digest")?.as_str()?.parse().ok()?;
    Some(Descriptor { digest, size: json.get("size")?.as_u64()? })
}

/// The names that a component imports, and those that it exports. Nothing if it is no component.
pub fn imports_and_exports(component: &[u8]) -> Option<(Vec<String>, Vec<String>)> {
    if !Parser::is_component(component) {
        return None;
    }
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.ok()?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.ok()?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Some((imports, exports))
}
