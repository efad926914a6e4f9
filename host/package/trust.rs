//! What is asked of a file before it runs: who signed it, and whether it is the very file that was meant.

use std::fmt;
use std::time::SystemTime;

use wildmatch::WildMatch;

use super::Digest;
use super::sections::{self, SectionsError};
use super::signers::{Known, Signers};
use super::sshsig::{self, Message, Sshsig, SshsigError};

/// A signature that fits its file. Whether its key is trusted is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key: Vec<u8>,
}

impl Signature {
    /// The fingerprint of the key that signed.
    pub fn fingerprint(&self) -> String {
        sshsig::fingerprint(&self.key)
    }

    /// Whom the key belongs to, if it is trusted now.
    pub fn signer<'s>(&self, signers: &'s Signers) -> Option<&'s str> {
        match signers.know(&self.key, SystemTime::now()) {
            Known::Trusted(who) => Some(who),
            _ => None,
        }
    }
}

/// What is asked of a file. The default asks nothing.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Who is trusted. A file that carries a signature must then be signed by one of them.
    pub signers: Option<Signers>,
    /// Whether a file without any signature is refused.
    pub required: bool,
    /// Who may sign which rules. Empty: any signer may sign any rule.
    pub may_sign: Vec<MaySign>,
    /// The files that may run. Empty: any.
    pub digests: Vec<Digest>,
}

/// Allows a signer to sign rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaySign {
    /// One of the principals of a line of the signers.
    pub principal: String,
    /// The ids of the rules: patterns, in which `*` stands for any text.
    pub ids: Vec<String>,
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Its digest is another than the ones that were asked for.
    Digest(Digest),
    /// Nobody signed it.
    Unsigned,
    /// The signatures do not lie as they should.
    Sections(SectionsError),
    /// A signature cannot be checked.
    Signature(SshsigError),
    /// A signature, of the key with this fingerprint, does not fit the file.
    Changed(String),
    /// None of the keys, with these fingerprints, is known.
    Stranger(Vec<String>),
    /// The signer's key is trusted at other times.
    OutOfTime {
        /// The signer.
        signer: String,
        /// When it is.
        valid: String,
    },
    /// The signer's key is trusted for other things than rules.
    OtherPurpose(String),
    /// None of the signers may sign this rule.
    NotForRule {
        /// The signers.
        signers: String,
        /// The rule's id.
        rule: String,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => write!(f, "its digest is {digest}, which is not the one that was asked for"),
            Self::Unsigned => f.write_str("it is not signed"),
            Self::Sections(error) => error.fmt(f),
            Self::Signature(error) => error.fmt(f),
            Self::Changed(key) => write!(f, "it was changed after it was signed with the key {key}"),
            Self::Stranger(keys) => write!(f, "signed by a stranger, with the key {}", keys.join(" and ")),
            Self::OutOfTime { signer, valid } => write!(f, "signed by {signer}, whose key is out of its time: {valid}"),
            Self::OtherPurpose(signer) => write!(f, "signed by {signer}, whose key is not for rules"),
            Self::NotForRule { signers, rule } => write!(f, "signed by {signers}, who may not sign the rule {rule}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// The signatures of a file, in it and beside it. All of them must fit: one that does not is a sign that the file is not
/// what it was.
pub fn signatures(bytes: &[u8], detached: &[Vec<u8>]) -> Result<Vec<Signature>, Refusal> {
    let parts = sections::split(bytes).map_err(Refusal::Sections)?;
    let message = Message::new(parts.message);
    let mut signatures = Vec::new();
    for bytes in parts.signatures.into_iter().chain(detached.iter().map(Vec::as_slice)) {
        let signature = Sshsig::read(bytes).map_err(Refusal::Signature)?;
        if !signature.fits(&message) {
            return Err(Refusal::Changed(sshsig::fingerprint(signature.key())));
        }
        signatures.push(Signature { key: signature.key().to_owned() });
    }
    Ok(signatures)
}

impl Trust {
    /// Checks a file, with the signatures that lie beside it, and answers with those who signed it and are trusted.
    pub fn check(&self, bytes: &[u8], detached: &[Vec<u8>]) -> Result<Vec<String>, Refusal> {
        self.check_at(bytes, detached, SystemTime::now())
    }

    pub(super) fn check_at(&self, bytes: &[u8], detached: &[Vec<u8>], at: SystemTime) -> Result<Vec<String>, Refusal> {
        if !self.digests.is_empty() {
            let digest = Digest::of(bytes);
            if !self.digests.contains(&digest) {
                return Err(Refusal::Digest(digest));
            }
        }
        let Some(signers) = &self.signers else {
            return if self.required { Err(Refusal::Unsigned) } else { Ok(Vec::new()) };
        };
        let signatures = signatures(bytes, detached)?;
        if signatures.is_empty() {
            return if self.required { Err(Refusal::Unsigned) } else { Ok(Vec::new()) };
        }
        let mut trusted = Vec::new();
        let mut refusal = None;
        for signature in &signatures {
            match signers.know(&signature.key, at) {
                Known::Trusted(who) => trusted.push(who.to_owned()),
                Known::OutOfTime(who, valid) => {
                    refusal = Some(Refusal::OutOfTime { signer: who.to_owned(), valid });
                }
                Known::OtherPurpose(who) => refusal = Some(Refusal::OtherPurpose(who.to_owned())),
                Known::No => {}
            }
        }
        if trusted.is_empty() {
            let strangers = || signatures.iter().map(Signature::fingerprint).collect();
            return Err(refusal.unwrap_or_else(|| Refusal::Stranger(strangers())));
        }
        Ok(trusted)
    }

    /// Checks that each of the rules may be signed by one of these signers. A file that was taken without signature
    /// has no signers, and nothing is asked of its rules.
    pub fn check_rules<'r>(&self, signers: &[String], rules: impl IntoIterator<Item = &'r str>) -> Result<(), Refusal> {
        if self.may_sign.is_empty() || signers.is_empty() {
            return Ok(());
        }
        for rule in rules {
            let allows = |may: &&MaySign| may.ids.iter().any(|pattern| WildMatch::new(pattern).matches(rule));
            let principals: Vec<_> = self.may_sign.iter().filter(allows).map(|may| may.principal.as_str()).collect();
            if !signers.iter().flat_map(|list| list.split(',')).any(|signer| principals.contains(&signer.trim())) {
                return Err(Refusal::NotForRule { signers: signers.join(" and "), rule: rule.to_owned() });
            }
        }
        Ok(())
    }
}
