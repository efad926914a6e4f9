//! The cases that a component carries: one custom section, [`SECTION`], which is JSON in gzip. Whoever receives the file
//! can run them.
//!
//! A component may come from a stranger: what is read of it is bounded.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Parser, Payload};

use super::{CASES_BYTES_MAX, CASES_MAX, Case, CasesError};

/// The name of the custom section.
pub const SECTION: &str = "trommel-tests";
/// The largest such section, in bytes.
pub const SECTION_BYTES_MAX: usize = 4 << 20;
/// The JSON in the section, in bytes: as text in a string, a file may have twice its bytes.
const JSON_BYTES_MAX: usize = 2 * CASES_BYTES_MAX + (1 << 20);
/// The version of the section's form.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Carried {
    version: u32,
    cases: Vec<Case>,
}

/// Adds cases to a component, unless there are none.
///
/// # Errors
///
/// Where they are more than a component may carry.
pub fn add(component: &mut Vec<u8>, cases: &[Case]) -> Result<(), CasesError> {
    if cases.is_empty() {
        return Ok(());
    }
    let broken = |error: &dyn std::fmt::Display| CasesError::Broken(error.to_string());
    let carried = Carried { version: VERSION, cases: cases.to_vec() };
    let json = serde_json::to_vec(&carried).map_err(|error| broken(&error))?;
    if json.len() > JSON_BYTES_MAX {
        return Err(CasesError::TooLarge);
    }
    // Neither time nor name: the same cases give the same bytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let gzip = encoder.write_all(&json).and_then(|()| encoder.finish()).map_err(|error| broken(&error))?;
    if gzip.len() > SECTION_BYTES_MAX {
        return Err(CasesError::TooLarge);
    }
    CustomSection { name: SECTION.into(), data: gzip.into() }.append_to_component(component);
    Ok(())
}

/// The cases that a component carries: none where it has no such section.
///
/// # Errors
///
/// Where the section is broken, too large, or there are several.
pub fn cases(component: &[u8]) -> Result<Vec<Case>, CasesError> {
    let broken = |why: &str| CasesError::Broken(why.to_owned());
    let mut depth = 0_usize;
    let mut sections = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| broken(error.message()))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(custom) if depth == 0 && custom.name() == SECTION => sections.push(custom.data()),
            _ => {}
        }
    }
    match sections[..] {
        [] => Ok(Vec::new()),
        [section] => unpack(section),
        _ => Err(broken("there are several sections of them")),
    }
}

fn unpack(gzip: &[u8]) -> Result<Vec<Case>, CasesError> {
    let broken = |why: String| CasesError::Broken(why);
    if gzip.len() > SECTION_BYTES_MAX {
        return Err(CasesError::TooLarge);
    }
    let mut json = Vec::new();
    let read = GzDecoder::new(gzip).take(JSON_BYTES_MAX as u64 + 1).read_to_end(&mut json);
    read.map_err(|error| broken(error.to_string()))?;
    if json.len() > JSON_BYTES_MAX {
        return Err(CasesError::TooLarge);
    }
    let carried: Carried = serde_json::from_slice(&json).map_err(|error| broken(error.to_string()))?;
    if carried.version != VERSION {
        return Err(broken(format!("their form has version {}; this trommel knows {VERSION}", carried.version)));
    }
    if carried.cases.len() > CASES_MAX {
        return Err(CasesError::TooMany);
    }
    Ok(carried.cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    fn case(events: &[&str]) -> Case {
        let events = events.iter().map(|&event| event.to_owned()).collect();
        Case { name: "one".into(), events, findings: Some(vec!["{}".into()]), settings: None }
    }

    /// A component with a section of this name, as it is.
    fn with_section(name: &str, data: &[u8]) -> Vec<u8> {
        let mut component = EMPTY.to_owned();
        CustomSection { name: name.into(), data: data.into() }.append_to_component(&mut component);
        component
    }

    #[test]
    fn what_is_carried_is_what_was_added() {
        let added = vec![case(&["{\"a\":\"\\u0041é\"}", "{}"]), Case { settings: Some("{}".into()), ..case(&["{}"]) }];
        let mut component = EMPTY.to_owned();
        assert_eq!(cases(&component), Ok(Vec::new()));
        add(&mut component, &[]).unwrap();
        assert_eq!(component, EMPTY);
        add(&mut component, &added).unwrap();
        assert_eq!(cases(&component), Ok(added.clone()));
        let mut again = EMPTY.to_owned();
        add(&mut again, &added).unwrap();
        assert_eq!(again, component);
        for end in 0..component.len() {
            // Must neither panic nor loop; the eight bytes alone are a component without cases.
            assert!(cases(&component[..end]).is_err() || end == EMPTY.len(), "{end}");
        }
        add(&mut component, &added).unwrap();
        assert!(cases(&component).unwrap_err().to_string().contains("several sections"));
    }

    #[test]
    fn what_a_stranger_made_of_it_is_bounded() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let blank = vec![b' '; 1 << 20];
        (0..=JSON_BYTES_MAX >> 20).for_each(|_| encoder.write_all(&blank).unwrap());
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < SECTION_BYTES_MAX);
        assert_eq!(cases(&with_section(SECTION, &bomb)), Err(CasesError::TooLarge));
        let large = vec![0; SECTION_BYTES_MAX + 1];
        assert_eq!(cases(&with_section(SECTION, &large)), Err(CasesError::TooLarge));
        assert!(matches!(cases(&with_section(SECTION, b"no gzip")), Err(CasesError::Broken(_))));
        assert_eq!(cases(&with_section("other", &large)), Ok(Vec::new()));
        assert!(matches!(cases(b"no wasm"), Err(CasesError::Broken(_))));
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(b"{\"version\":2,\"cases\":[]}").unwrap();
        let newer = cases(&with_section(SECTION, &packed.finish().unwrap())).unwrap_err();
        assert!(newer.to_string().ends_with("their form has version 2; this trommel knows 1"));
    }
}
