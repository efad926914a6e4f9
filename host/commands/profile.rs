//! What whoever receives a component asks of it: what it is, and who answers for it. `inspect` and `diff` tell it.

use trommel::Component;
use trommel::cases::{Case, CasesError, carried};
use trommel::diagnostics::printable;
use trommel::package::{Digest, Refusal, Signers, imports_and_exports, signatures};

use super::source::Found;

/// A component, as it is received.
pub(crate) struct Profile {
    /// How it was called.
    pub(crate) name: String,
    pub(crate) digest: Digest,
    /// The interface that makes a rule of it, with its version.
    pub(crate) interface: String,
    /// Who signed it, or why its signatures are worth nothing.
    pub(crate) signed: Result<Vec<Signed>, Refusal>,
    /// The tests that it carries, or why they cannot be read.
    pub(crate) tests: Result<Vec<Case>, CasesError>,
    pub(crate) component: Component,
}

/// Who signed a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The fingerprint of the key.
    pub(crate) key: String,
    /// Whose it is, if that is known.
    pub(crate) signer: Option<String>,
}

impl Profile {
    pub(crate) fn new(name: String, found: &Found, component: Component, signers: Option<&Signers>) -> Self {
        let signed = signatures(&found.bytes, &found.detached).map(|signatures| {
            let signed = |signature: &trommel::package::Signature| Signed {
                key: signature.fingerprint(),
                signer: signers.and_then(|signers| signature.signer(signers)).map(str::to_owned),
            };
            signatures.iter().map(signed).collect()
        });
        Self {
            name,
            digest: Digest::of(&found.bytes),
            interface: interface(&found.bytes),
            signed,
            tests: carried::cases(&found.bytes),
            component,
        }
    }

    /// Who signed it, for people.
    pub(crate) fn signed_by(&self) -> String {
        match &self.signed {
            Ok(signed) if signed.is_empty() => "nobody".into(),
            Ok(signed) => signed.iter().map(Signed::to_string).collect::<Vec<_>>().join(", "),
            Err(refusal) => printable(&format!("worth nothing: {refusal}")),
        }
    }

    /// How many tests it carries, for people.
    pub(crate) fn tests(&self) -> String {
        match &self.tests {
            Ok(tests) if tests.is_empty() => "none".into(),
            Ok(tests) => tests.len().to_string(),
            Err(why) => printable(&why.to_string()),
        }
    }

    /// What it imports, for people.
    pub(crate) fn imports(&self) -> String {
        match self.component.imports() {
            [] => "none".into(),
            names => format!("WASI, with nothing granted: {}", printable(&names.join(", "))),
        }
    }
}

fn interface(bytes: &[u8]) -> String {
    let exports = imports_and_exports(bytes).map(|(_, exports)| exports).unwrap_or_default();
    exports.into_iter().find(|name| name.starts_with("trommel:")).unwrap_or_default()
}

impl std::fmt::Display for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.signer {
            Some(signer) => f.write_str(&printable(signer)),
            None => write!(f, "the key {}", self.key),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use trommel::metadata::Metadata;

    /// A rule, to be changed.
    pub(in crate::commands) fn rule(id: &str) -> Metadata {
        let json = serde_json::json!({
            "id": id, "name": "A rule", "version": "1.2.0", "authors": [], "license": "MIT", "severity": "low",
            "risk_score": 21, "tags": [], "references": [],
            "threats": [{
                "tactic": {"id": "TA0010", "name": "Exfiltration"},
                "techniques": [{"id": "T1537", "name": "Transfer Data to Cloud Account"}],
            }],
            "columns": [{"name": "a", "kind": "text"}], "needles": ["needle"],
            "settings_schema": r#"{"properties":{"most":{"default":1},"old":{}}}"#,
        });
        serde_json::from_value(json).expect("metadata")
    }
}
