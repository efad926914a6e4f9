//! The flags that say which rules are trusted, and what is read for them.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use trommel::diagnostics::printable;
use trommel::files::read_whole;
use trommel::package::{Digest, MaySign, Signers, Trust, sshsig};

use crate::messages::Hinted;

/// Who is trusted, and what must be signed.
#[derive(clap::Args)]
#[command(next_help_heading = "Trust")]
pub(crate) struct TrustArguments {
    /// Who is trusted: a file of OpenSSH's allowed_signers. A rule that carries a signature must be signed by one of
    /// them.
    #[arg(long, value_name = "FILE")]
    pub(crate) signers: Option<PathBuf>,
    /// Refuses a rule that carries no signature.
    #[arg(long, requires = "signers")]
    require_signature: bool,
    /// Lets a signer sign these rules only: ids, in which `*` stands for any text. Once given, others sign none.
    #[arg(long, value_name = "SIGNER=ID,...", requires = "signers", value_parser = may_sign)]
    may_sign: Vec<MaySign>,
    /// Refuses a component with another digest. Where several are given, any of them will do.
    #[arg(long, value_name = "sha256:HEX", value_parser = clap::value_parser!(Digest))]
    digest: Vec<Digest>,
}

fn may_sign(text: &str) -> Result<MaySign, &'static str> {
    let (principal, ids) = text.split_once('=').ok_or("expected SIGNER=ID, or SIGNER=ID,ID")?;
    Ok(MaySign { principal: principal.to_owned(), ids: ids.split(',').map(str::to_owned).collect() })
}

impl TrustArguments {
    /// Reads what the flags name.
    pub(crate) fn trust(&self) -> anyhow::Result<Trust> {
        Ok(Trust {
            signers: self.signers.as_deref().map(signers).transpose()?,
            required: self.require_signature,
            may_sign: self.may_sign.clone(),
            digests: self.digest.clone(),
        })
    }
}

/// How large a file of signers may be, and one of signatures.
const TEXT_BYTES_MAX: usize = 1 << 20;

fn signers(file: &Path) -> anyhow::Result<Signers> {
    let name = printable(&file.to_string_lossy());
    let text = read_whole(file, TEXT_BYTES_MAX).with_context(|| format!("{name}: the signers cannot be read"))?;
    let text = String::from_utf8(text).with_context(|| format!("{name}: the signers cannot be read"))?;
    let signers = Signers::read(&text).map_err(|error| {
        Hinted::new(
            format!("{name}: {error}"),
            "a line is `NAME KEYTYPE KEY`, with options before the type: see ALLOWED SIGNERS in ssh-keygen(1)",
        )
    })?;
    Ok(signers)
}

/// Reads the signatures that lie beside a rule, if any do.
pub(crate) fn detached(rule: &Path) -> anyhow::Result<Vec<Vec<u8>>> {
    let file = beside(rule);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let name = printable(&file.to_string_lossy());
    let text = read_whole(&file, TEXT_BYTES_MAX).with_context(|| format!("{name}: the signature cannot be read"))?;
    sshsig::unarmored(&String::from_utf8_lossy(&text)).with_context(|| name)
}

/// Where the signatures beside a rule lie.
pub(crate) fn beside(rule: &Path) -> PathBuf {
    let mut file = rule.as_os_str().to_owned();
    file.push(".sig");
    file.into()
}
