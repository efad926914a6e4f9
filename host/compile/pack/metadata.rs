//! Writes what rules say of themselves.

use trommel_engine::image::METADATA_WORDS;

use super::pools::Pools;
use super::severity_number;
use crate::compile::ir::Metadata;

pub(super) fn words(metadata: &Metadata, needles: &[String], triage: bool, pools: &mut Pools) -> [u32; METADATA_WORDS] {
    let mut words = [0; METADATA_WORDS];
    let version = if metadata.version.is_empty() { "1.0.0" } else { &metadata.version };
    let triage = if triage { metadata.triage.as_str() } else { "" };
    let texts = [&metadata.id, &metadata.name, version, &metadata.description, triage, &metadata.license];
    for (words, text) in words.chunks_exact_mut(2).zip(texts) {
        let (at, length) = pools.text(text);
        words.copy_from_slice(&[at, length]);
    }
    words[12] = severity_number(metadata.severity);
    words[13] = u32::from(metadata.risk_score);
    words[14] = texts_of(&metadata.authors, pools);
    words[15] = texts_of(&metadata.tags, pools);
    words[16] = texts_of(&metadata.references, pools);
    let mut threats = Vec::new();
    for threat in &metadata.threats {
        let mut techniques = Vec::new();
        for (id, name) in &threat.techniques {
            techniques.extend(pair(id, name, pools));
        }
        threats.extend(pair(&threat.tactic.0, &threat.tactic.1, pools));
        threats.push(pools.counted(&techniques, 4));
    }
    words[17] = pools.counted(&threats, 5);
    words[18] = texts_of(needles, pools);
    words
}

fn pair(id: &str, name: &str, pools: &mut Pools) -> [u32; 4] {
    let (id, name) = (pools.text(id), pools.text(name));
    [id.0, id.1, name.0, name.1]
}

fn texts_of(texts: &[String], pools: &mut Pools) -> u32 {
    let mut words = Vec::new();
    for text in texts {
        let (at, length) = pools.text(text);
        words.extend([at, length]);
    }
    pools.counted(&words, 2)
}
