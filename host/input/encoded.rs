//! What AWS hands to a function packed: base64, and gzip in it. CloudWatch's subscriptions, Kinesis, Firehose.

use std::io::Read as _;

use super::decode::Gzip;
use super::unwrap::text_at;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// With padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where the base64 lies: in a CloudWatch event, a Kinesis record, a Firehose record.
const PATHS: [&[&str]; 3] = [&["awslogs", "data"], &["kinesis", "data"], &["data"]];

/// What an object holds as base64.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Nothing that could be an event.
    None,
    /// JSON.
    Json(Vec<u8>),
    /// More bytes than may be held.
    TooLong,
}

/// Whether a text lies where base64 would. Of an array of records one tells for all.
pub(crate) fn may_hold(object: &[u8]) -> bool {
    PATHS.iter().any(|path| text_at(object, path).is_some())
}

/// Unpacks what an object holds, up to a number of bytes.
pub(crate) fn payload(object: &[u8], bytes_max: usize) -> Payload {
    let Some(text) = PATHS.iter().find_map(|path| text_at(object, path)) else { return Payload::None };
    // What cannot be an event is not decoded to its end: the beginning of base64 shows the first bytes.
    let begins_well = BASE64.decode(text.as_bytes().get(..4).unwrap_or_default()).is_ok_and(|head| {
        head.starts_with(&[0x1F, 0x8B]) || head.trim_ascii_start().first().is_none_or(|byte| b"{[".contains(byte))
    });
    if !begins_well {
        return Payload::None;
    }
    let Ok(bytes) = BASE64.decode(text.as_bytes()) else { return Payload::None };
    let json = if bytes.starts_with(&[0x1F, 0x8B]) {
        let mut unpacked = Vec::new();
        // Broken data is read as far as it goes; its reader reports where it breaks off.
        let _ = Gzip::new(&bytes[..]).take(bytes_max as u64 + 1).read_to_end(&mut unpacked);
        unpacked
    } else {
        bytes
    };
    match json.trim_ascii_start().first() {
        Some(b'{' | b'[') if json.len() > bytes_max => Payload::TooLong,
        Some(b'{' | b'[') => Payload::Json(json),
        _ => Payload::None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_what_is_json() {
        let json = br#"{"a":1}"#;
        for (before, behind) in [
            (r#"{"awslogs":{"data":""#, r#""}}"#),
            (r#"{"kinesis":{"partitionKey":"1","data":""#, r#""},"eventSource":"aws:kinesis"}"#),
            (r#"{"recordId":"1","data":""#, r#""}"#),
        ] {
            for bytes in [json.to_vec(), gzip(json), b"\n {\"a\":1}".to_vec()] {
                let object = format!("{before}{}{behind}", BASE64.encode(&bytes).replace('/', "\\/"));
                assert!(may_hold(object.as_bytes()));
                let Payload::Json(found) = payload(object.as_bytes(), 100) else { panic!("{object}") };
                assert_eq!(found.trim_ascii_start(), json);
            }
        }
        for data in ["plain text", "", "AAAA", "e", "{\\\"a\\\":1}"] {
            assert_eq!(payload(format!(r#"{{"data":"{data}"}}"#).as_bytes(), 100), Payload::None, "{data}");
        }
        for (len, expected) in [(10, Payload::None), (12, Payload::Json(b"{".to_vec()))] {
            let broken = BASE64.encode(&gzip(json)[..len]);
            assert_eq!(payload(format!(r#"{{"data":"{broken}"}}"#).as_bytes(), 100), expected, "at {len}");
        }
    }

    #[test]
    fn a_bomb_is_too_long() {
        let bomb = gzip(format!("{{\"a\":\"{}\"}}", "0".repeat(100 << 20)).as_bytes());
        let object = format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, BASE64.encode(&bomb));
        let start = std::time::Instant::now();
        assert_eq!(payload(object.as_bytes(), 1 << 20), Payload::TooLong);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }
}
