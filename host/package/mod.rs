//! Rules on their way from whoever wrote them to whoever runs them: signatures, and OCI artifacts.
//!
//! - A [`Digest`] names the bytes of a file.
//! - A **signature** is an SSHSIG, as `ssh-keygen -Y` makes it, over the file's bytes. It travels in the file, behind
//!   all else ([`sections`]), or beside it ([`sshsig::armored`]).
//! - [`Signers`] are OpenSSH's `allowed_signers`: who is trusted. [`Trust`] is all that is asked of a file before it runs.
//! - An [`Artifact`] is a component as registries hold it. It lies in a [`Layout`], which is a folder, in a `Registry`, or
//!   in the [`Store`] of what was pulled, and is called by a [`Reference`].
//!
//! What a file does when it runs is left to the sandbox: a rule is signed because somebody answers for it, not because
//! it would be harmless.

mod artifact;
mod digest;
mod error;
mod layout;
mod reference;
#[cfg(feature = "oci")]
mod registry;
pub mod sections;
pub mod sign;
mod signers;
pub mod sshsig;
mod store;
mod trust;

pub use artifact::{About, Artifact, MANIFEST_BYTES_MAX, imports_and_exports};
pub use digest::{Digest, NotADigest};
pub use error::PackageError;
pub use layout::{Layout, Which};
pub use reference::Reference;
#[cfg(feature = "oci")]
pub use registry::Registry;
pub use signers::{SignerError, Signers};
pub use store::{Pulled, Store};
pub use trust::{MaySign, Refusal, Signature, Trust, signatures};

#[cfg(test)]
mod tests;
