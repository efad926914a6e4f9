//! Rules on their way from whoever wrote them to whoever runs them: signatures, and OCI artifacts.
//!
//! - A [`Digest`] names the bytes of a file.
//! - A **signature** is an SSHSIG, as `ssh-keygen -Y` makes it, over the file's bytes. It travels in the file, behind
//!   all else ([`sections`]), or beside it ([`sshsig::armored`]).
//! - [`Signers`] are OpenSSH's `allowed_signers`: who is trusted. [`Trust`] is all that is asked of a file before it runs.
//!
//! What a file does when it runs is left to the sandbox: a rule is signed because somebody answers for it, not because
//! it would be harmless.

mod digest;
pub mod sections;
pub mod sign;
mod signers;
pub mod sshsig;
mod trust;

pub use digest::{Digest, NotADigest};
pub use signers::{SignerError, Signers};
pub use trust::{MaySign, Refusal, Signature, Trust, signatures};

#[cfg(test)]
mod tests;
