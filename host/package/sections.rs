//! Where signatures lie in a WebAssembly file: in the last custom sections, each of which signs every byte before the
//! first of them.
//!
//! What a signature says is left to [`sshsig`](super::sshsig).

use std::fmt;

/// The name of the custom section that holds a signature.
pub const SIGNATURE_SECTION: &str = "trommel-signature";
/// How many signatures a file may carry: checking one takes time.
pub const SIGNATURES_MAX: usize = 16;

/// A file, apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'b> {
    /// What is signed: the bytes before the first signature, or all.
    pub message: &'b [u8],
    /// The signatures, as they lie in their sections.
    pub signatures: Vec<&'b [u8]>,
}

/// A file that cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionsError {
    /// It is not WebAssembly.
    NotWasm,
    /// The section at this byte does not fit into the file.
    Broken(usize),
    /// At this byte, behind a signature, begins what is no signature.
    BehindSignature(usize),
    /// There are more than [`SIGNATURES_MAX`] signatures.
    TooMany,
}

impl fmt::Display for SectionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWasm => f.write_str("it is not WebAssembly"),
            Self::Broken(at) => write!(f, "the section at byte {at} is broken"),
            Self::BehindSignature(at) => write!(f, "at byte {at}, behind a signature, is something that nobody signed"),
            Self::TooMany => write!(f, "it has more than {SIGNATURES_MAX} signatures"),
        }
    }
}

impl std::error::Error for SectionsError {}

/// Takes a file apart.
pub fn split(bytes: &[u8]) -> Result<Parts<'_>, SectionsError> {
    let mut parts = Parts { message: bytes, signatures: Vec::new() };
    for section in sections(bytes)? {
        let Section { start, end, name, payload } = section?;
        if name == Some(SIGNATURE_SECTION.as_bytes()) {
            // It could be written otherwise, with zeros in front of lengths; then the file would have two digests.
            if section_of(payload) != bytes[start..end] {
                return Err(SectionsError::Broken(start));
            }
            if parts.signatures.is_empty() {
                parts.message = &bytes[..start];
            }
            if parts.signatures.len() == SIGNATURES_MAX {
                return Err(SectionsError::TooMany);
            }
            parts.signatures.push(payload);
        } else if !parts.signatures.is_empty() {
            return Err(SectionsError::BehindSignature(start));
        }
    }
    Ok(parts)
}

/// The custom section that holds this signature.
pub fn section_of(signature: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    leb(SIGNATURE_SECTION.len(), &mut content);
    content.extend_from_slice(SIGNATURE_SECTION.as_bytes());
    content.extend_from_slice(signature);
    let mut section = vec![CUSTOM];
    leb(content.len(), &mut section);
    section.extend(content);
    section
}

/// The id of custom sections.
const CUSTOM: u8 = 0;
/// Magic number and version.
const HEADER_BYTES: usize = 8;

struct Section<'b> {
    start: usize,
    end: usize,
    /// Of a custom section.
    name: Option<&'b [u8]>,
    /// Of a custom section, what follows the name.
    payload: &'b [u8],
}

/// The sections of a file, up to the first that is broken.
fn sections(bytes: &[u8]) -> Result<impl Iterator<Item = Result<Section<'_>, SectionsError>>, SectionsError> {
    if bytes.len() < HEADER_BYTES || !bytes.starts_with(b"\0asm") {
        return Err(SectionsError::NotWasm);
    }
    let mut next = Some(HEADER_BYTES);
    Ok(std::iter::from_fn(move || {
        let start = next.filter(|start| *start < bytes.len())?;
        let section = section(bytes, start);
        next = section.as_ref().map(|section| section.end);
        Some(section.ok_or(SectionsError::Broken(start)))
    }))
}

fn section(bytes: &[u8], start: usize) -> Option<Section<'_>> {
    let (id, rest) = bytes[start..].split_first()?;
    let (length, rest) = unleb(rest)?;
    let content = rest.get(..length)?;
    let end = bytes.len() - rest.len() + length;
    if *id != CUSTOM {
        return Some(Section { start, end, name: None, payload: content });
    }
    let (length, content) = unleb(content)?;
    let (name, payload) = content.split_at_checked(length)?;
    Some(Section { start, end, name: Some(name), payload })
}

/// Reads an unsigned LEB128 of up to 32 bits.
fn unleb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((u32::try_from(value).ok()? as usize, &bytes[at + 1..]));
        }
    }
    None
}

fn leb(mut value: usize, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
