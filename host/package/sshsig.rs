//! Signatures as `ssh-keygen -Y sign` makes them (OpenSSH's PROTOCOL.sshsig), with Ed25519 keys, in software or on a
//! security key.
//!
//! Whether a key may be trusted is left to [`Signers`](super::Signers).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256, Sha512};

/// What a signature must be for, so that one over something else does not pass.
pub const NAMESPACE: &str = "trommel-rule";

const MAGIC: &[u8] = b"SSHSIG";
const VERSION: u32 = 1;
const ED25519: &[u8] = b"ssh-ed25519";
const SK_ED25519: &[u8] = b"sk-ssh-ed25519@openssh.com";
const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// How long a line of an armored signature is, as OpenSSH writes it.
const LINE_CHARS: usize = 70;

/// A signature that was read, and not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sshsig<'b> {
    key: Key<'b>,
    reserved: &'b [u8],
    hash: Hash,
    signature: [u8; 64],
    /// Of a security key: whether somebody touched it, and how often it has signed.
    flags_and_counter: &'b [u8],
}

/// A public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key<'b> {
    /// As OpenSSH writes it: in a signature, in `allowed_signers`, in a `.pub` file.
    blob: &'b [u8],
    point: [u8; 32],
    /// What a security key made it for.
    application: Option<&'b [u8]>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha512,
}

/// A signature that cannot be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SshsigError {
    /// It is not whole; this is where.
    Damaged(&'static str),
    /// Its key is of a type that is not taken.
    KeyType(String),
    /// It is for another purpose than rules.
    Namespace(String),
}

impl fmt::Display for SshsigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(place) => write!(f, "the signature is damaged: {place}"),
            Self::KeyType(name) => write!(f, "signed with a key of type {name}, which is not taken"),
            Self::Namespace(name) => write!(f, "the signature is for `{name}`, not for `{NAMESPACE}`"),
        }
    }
}

impl std::error::Error for SshsigError {}

impl<'b> Sshsig<'b> {
    /// Reads a signature from its bytes, without armor.
    pub fn read(bytes: &'b [u8]) -> Result<Self, SshsigError> {
        use SshsigError::{Damaged, KeyType, Namespace};
        let mut reader = Reader(bytes.strip_prefix(MAGIC).ok_or(Damaged("it does not begin as one"))?);
        if reader.number().ok_or(Damaged("it breaks off"))? != VERSION {
            return Err(Damaged("an unknown version"));
        }
        let mut text = || reader.text().ok_or(Damaged("it breaks off"));
        let (key, namespace, reserved, hash, signature) = (text()?, text()?, text()?, text()?, text()?);
        if !reader.0.is_empty() {
            return Err(Damaged("something follows it"));
        }
        let key = Key::read(key)?;
        if namespace != NAMESPACE.as_bytes() {
            return Err(Namespace(String::from_utf8_lossy(namespace).into_owned()));
        }
        let hash = match hash {
            b"sha256" => Hash::Sha256,
            b"sha512" => Hash::Sha512,
            _ => return Err(Damaged("an unknown hash")),
        };
        let mut reader = Reader(signature);
        let kind = reader.text().ok_or(Damaged("it breaks off"))?;
        if kind != key.kind() {
            return Err(KeyType(String::from_utf8_lossy(kind).into_owned()));
        }
        let signature = reader.text().and_then(|bytes| bytes.try_into().ok()).ok_or(Damaged("its length"))?;
        let flags_and_counter = reader.0;
        if flags_and_counter.len() != if key.application.is_some() { 5 } else { 0 } {
            return Err(Damaged("its length"));
        }
        Ok(Self { key, reserved, hash, signature, flags_and_counter })
    }

    /// The public key, as `allowed_signers` has it.
    pub fn key(&self) -> &'b [u8] {
        self.key.blob
    }

    /// Whether the key's owner signed this message.
    pub fn fits(&self, message: &Message<'_>) -> bool {
        let mut signed = MAGIC.to_vec();
        let (name, hash): (&[u8], &[u8]) = match self.hash {
            Hash::Sha256 => (b"sha256", message.sha256.get_or_init(|| Sha256::digest(message.bytes).into())),
            Hash::Sha512 => (b"sha512", message.sha512.get_or_init(|| Sha512::digest(message.bytes).into())),
        };
        for text in [NAMESPACE.as_bytes(), self.reserved, name, hash] {
            // None is longer than the signature, which has 32 bits for lengths itself.
            signed.extend((text.len() as u32).to_be_bytes());
            signed.extend(text);
        }
        if let Some(application) = self.key.application {
            // What a security key signs is not the message: two hashes, and what it counts between them.
            let (application, message) = (Sha256::digest(application), Sha256::digest(&signed));
            signed = [&application[..], self.flags_and_counter, &message[..]].concat();
        }
        let key = ed25519_compact::PublicKey::new(self.key.point);
        key.verify(signed, &ed25519_compact::Signature::new(self.signature)).is_ok()
    }
}

impl<'b> Key<'b> {
    fn read(blob: &'b [u8]) -> Result<Self, SshsigError> {
        let damaged = || SshsigError::Damaged("its key");
        let mut reader = Reader(blob);
        let kind = reader.text().ok_or_else(damaged)?;
        if kind != ED25519 && kind != SK_ED25519 {
            return Err(SshsigError::KeyType(String::from_utf8_lossy(kind).into_owned()));
        }
        let point = reader.text().and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
        let application = if kind == SK_ED25519 { Some(reader.text().ok_or_else(damaged)?) } else { None };
        if reader.0.is_empty() { Ok(Self { blob, point, application }) } else { Err(damaged()) }
    }

    fn kind(&self) -> &'static [u8] {
        if self.application.is_some() { SK_ED25519 } else { ED25519 }
    }
}

/// What was signed, hashed when a signature first asks for it.
pub struct Message<'b> {
    bytes: &'b [u8],
    sha256: std::cell::OnceCell<[u8; 32]>,
    sha512: std::cell::OnceCell<[u8; 64]>,
}

impl<'b> Message<'b> {
    /// These bytes.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, sha256: Default::default(), sha512: Default::default() }
    }
}

/// The fingerprint of a public key, as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(key)))
}

/// The text of a signature, as `ssh-keygen` reads it.
pub fn armored(signature: &[u8]) -> String {
    let base64 = STANDARD.encode(signature);
    let mut text = format!("{BEGIN}\n");
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(LINE_CHARS));
        text += line;
        text.push('\n');
        rest = behind;
    }
    text + END + "\n"
}

/// Reads the text of signatures, one after the other.
pub fn unarmored(text: &str) -> Result<Vec<Vec<u8>>, SshsigError> {
    let mut signatures = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let inside = rest.strip_prefix(BEGIN).and_then(|rest| rest.split_once(END));
        let (base64, behind) = inside.ok_or(SshsigError::Damaged("its armor"))?;
        let base64: String = base64.split_ascii_whitespace().collect();
        signatures.push(STANDARD.decode(base64).map_err(|_| SshsigError::Damaged("its base64"))?);
        rest = behind.trim_start();
    }
    if signatures.is_empty() { Err(SshsigError::Damaged("its armor")) } else { Ok(signatures) }
}

/// Reads what SSH writes: numbers of 32 bits, and texts behind their length.
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(super) fn text(&mut self) -> Option<&'b [u8]> {
        let length = self.number()? as usize;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }
}
