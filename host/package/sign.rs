//! Signing, by `ssh-keygen`, as git does it: keys in files, in agents and on security keys work alike, and no secret
//! enters this process.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::sections::{self, SIGNATURES_MAX, SectionsError};
use super::sshsig::{self, Message, NAMESPACE, Sshsig, SshsigError};
use super::trust::{Refusal, signatures};

/// Why a file is not signed.
#[derive(Debug)]
#[non_exhaustive]
pub enum SignError {
    /// `ssh-keygen` cannot be started.
    NoProgram(io::Error),
    /// `ssh-keygen` made no signature, and said so itself.
    Refused,
    /// What it made is no signature that would be taken.
    Useless(SshsigError),
    /// What it made does not fit the file.
    DoesNotFit,
    /// The file cannot be taken apart, or has signatures that do not fit it.
    File(Refusal),
    /// The key has signed the file already.
    Already(String),
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProgram(error) => write!(f, "ssh-keygen cannot be started: {error}"),
            Self::Refused => f.write_str("ssh-keygen did not sign"),
            Self::Useless(error) => error.fmt(f),
            Self::DoesNotFit => f.write_str("what ssh-keygen made does not fit the file"),
            Self::File(refusal) => refusal.fmt(f),
            Self::Already(key) => write!(f, "it is signed with the key {key} already"),
        }
    }
}

impl std::error::Error for SignError {}

impl SignError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoProgram(_) => Some("it comes with OpenSSH: openssh-client on Debian"),
            Self::Useless(SshsigError::KeyType(_)) => Some("`ssh-keygen -t ed25519` makes a key that is taken"),
            Self::File(_) => Some("build it again, and sign what was built"),
            _ => None,
        }
    }
}

/// Signs a file with the key in `key`: a private key, or a public one whose private half an agent has. `detached` are
/// the signatures that lie beside the file already. The answer is the signature, without armor.
pub fn sign(bytes: &[u8], detached: &[Vec<u8>], key: &Path) -> Result<Vec<u8>, SignError> {
    let parts = sections::split(bytes).map_err(|error| SignError::File(Refusal::Sections(error)))?;
    let before = signatures(bytes, detached).map_err(SignError::File)?;
    if before.len() == SIGNATURES_MAX {
        return Err(SignError::File(Refusal::Sections(SectionsError::TooMany)));
    }
    let made = ssh_keygen(parts.message, key)?;
    let signature = Sshsig::read(&made).map_err(SignError::Useless)?;
    if !signature.fits(&Message::new(parts.message)) {
        return Err(SignError::DoesNotFit);
    }
    let fingerprint = sshsig::fingerprint(signature.key());
    if before.iter().any(|before| before.fingerprint() == fingerprint) {
        return Err(SignError::Already(fingerprint));
    }
    Ok(made)
}

/// What it has to ask and to say goes to the terminal.
fn ssh_keygen(message: &[u8], key: &Path) -> Result<Vec<u8>, SignError> {
    let mut child = Command::new("ssh-keygen")
        .args(["-Y", "sign", "-n", NAMESPACE, "-f"].map(OsString::from))
        .arg(key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(SignError::NoProgram)?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    // It reads all before it writes. Where it stops before, its end says so.
    let _ = stdin.write_all(message);
    drop(stdin);
    let output = child.wait_with_output().map_err(SignError::NoProgram)?;
    if !output.status.success() {
        return Err(SignError::Refused);
    }
    let armored = String::from_utf8_lossy(&output.stdout);
    let mut signatures = sshsig::unarmored(&armored).map_err(SignError::Useless)?;
    Ok(signatures.swap_remove(0))
}
