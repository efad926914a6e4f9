//! The data of an adapter: settings, needles, and the rule's part of every alert.
//!
//! What lies where is told to the adapter as numbers, by the names that the `.wat` files import.

use std::collections::BTreeMap;

use super::Target;
use crate::metadata::{Metadata, Severity};
use crate::output::alert::Alerts;
use crate::prefilter::Escapes;

/// How many bytes the list of a host's buffers takes: 64 of 12, as `rule.wat` has it.
const BUFFERS_BYTES: usize = 64 * 12;
/// Fewer needles have a table of 256 numbers, more have one of 4,096.
const SMALL_TABLE_NEEDLES_MAX: usize = 24;
/// What stands before an event's alerts in it.
const MEMBER: &str = "\"trommel\":[";
/// What takes the place of a record that could not be had.
const LOST: &str = "{\"trommel_error\":\"a record was lost: there was no memory to take it\"}\0";

/// The data, and where in them everything lies.
pub(super) struct Baked {
    pub(super) bytes: Vec<u8>,
    pub(super) numbers: BTreeMap<&'static str, u32>,
}

impl Baked {
    pub(super) fn of(rules: &[Metadata], settings: &[(u32, String)], pages: u64, target: Target) -> Self {
        let mut baked = Self { bytes: Vec::new(), numbers: BTreeMap::new() };
        baked.number("pages", pages as u32);
        // At the beginning, because the table of needles tells the place of one from a step by its being 256 or more.
        baked.piece("buffers", &[0; BUFFERS_BYTES]);
        match target {
            Target::FluentBit => {
                baked.piece("empty", b"\0");
                baked.text("lost", "lost_len", LOST);
                baked.text("member", "member_len", MEMBER);
            }
            Target::ProxyWasm => {
                baked.proxy_wasm();
                baked.configuration(rules);
            }
            Target::AzureIotOperations { .. } => {
                baked.piece("returned", &[0; 8]);
                baked.text("member", "member_len", MEMBER);
                baked.text("settings_key", "settings_key_len", "settings");
                baked.configuration(rules);
            }
            Target::Core => {}
        }
        baked.text("severity_key", "severity_key_len", SEVERITY_KEY);
        baked.text("risk_key", "risk_key_len", RISK_KEY);
        baked.settings(settings);
        baked.rules(rules);
        baked.needles(rules);
        // The allocator is asked for whole words.
        baked.bytes.resize(baked.bytes.len().next_multiple_of(8), 0);
        baked.number("bytes", baked.bytes.len() as u32);
        baked
    }

    fn number(&mut self, name: &'static str, number: u32) {
        self.numbers.insert(name, number);
    }

    /// Adds bytes, at a whole word, and returns where they lie.
    fn add(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        let at = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn piece(&mut self, name: &'static str, bytes: &[u8]) {
        let at = self.add(bytes);
        self.number(name, at);
    }

    fn text(&mut self, name: &'static str, len: &'static str, text: &str) {
        self.piece(name, text.as_bytes());
        self.number(len, text.len() as u32);
    }

    fn table(&mut self, name: &'static str, table: &[u32]) {
        let bytes: Vec<u8> = table.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.piece(name, &bytes);
    }

    fn settings(&mut self, settings: &[(u32, String)]) {
        let mut table = vec![settings.len() as u32];
        for (rule, text) in settings {
            table.extend([*rule, self.add(text.as_bytes()), text.len() as u32]);
        }
        self.table("settings", &table);
    }

    fn rules(&mut self, rules: &[Metadata]) {
        let mut severities = Vec::new();
        for severity in SEVERITIES {
            let name = severity.to_string();
            severities.extend([self.add(name.as_bytes()), name.len() as u32]);
        }
        self.table("severities", &severities);
        let mut table = Vec::new();
        for rule in rules {
            let alerts = Alerts::of(rule);
            for part in [&alerts.head, &alerts.tail] {
                table.extend([self.add(part.as_bytes()), part.len() as u32]);
            }
            table.extend([rule.severity as u32, u32::from(rule.risk_score)]);
        }
        self.table("rules", &table);
        self.number("rules_len", rules.len() as u32);
    }

    /// What a proxy is asked for and told.
    fn proxy_wasm(&mut self) {
        self.piece("returned", &[0; 8]);
        self.piece("held", &[0; 12]);
        for (name, len, text) in PROXY_TEXTS {
            self.text(name, len, text);
        }
        let plain = headers(&[("content-type", "application/x-ndjson")]);
        self.text("one_header", "one_header_len", &plain);
        // The last value follows, and its length is put in its place.
        let open = headers(&[("content-type", "application/x-ndjson"), ("trommel-unjudged", "")]);
        self.text("two_headers", "two_headers_len", &open[..open.len() - 1]);
    }

    /// What is needed to take settings from the host.
    fn configuration(&mut self, rules: &[Metadata]) {
        for (name, len, text) in CONFIGURATION_TEXTS {
            self.text(name, len, text);
        }
        let mut table = Vec::new();
        for rule in rules {
            let id = serde_json::to_string(&rule.id).expect("texts are JSON");
            table.extend([self.add(id.as_bytes()), id.len() as u32]);
        }
        self.table("ids", &table);
    }

    fn needles(&mut self, rules: &[Metadata]) {
        let mut needles: Vec<&str> = rules.iter().flat_map(|rule| &rule.needles).map(String::as_str).collect();
        needles.sort_unstable();
        needles.dedup();
        let shortest = needles.iter().map(|needle| needle.len()).min().unwrap_or(0);
        // A needle of one byte is in every event.
        let searches = shortest > 1 && rules.iter().all(|rule| !rule.needles.is_empty());
        if !searches {
            needles.clear();
        }
        self.number("searches", u32::from(searches));
        self.number("shortest", shortest as u32);

        let (hidden, slash) = Escapes::hiding(needles.iter().copied()).characters();
        self.piece("hidden", &hidden.map(u8::from));
        self.number("slash", u32::from(slash));

        let bits = if needles.len() <= SMALL_TABLE_NEEDLES_MAX { 8 } else { 12 };
        self.number("table_shift", 32 - bits);
        let mut table = vec![shortest.saturating_sub(1) as u32; if searches { 1 << bits } else { 0 }];
        let mut last: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for needle in needles {
            for (at, pair) in needle.as_bytes()[..shortest].windows(2).enumerate() {
                let step = shortest - 2 - at;
                let slot = slot([pair[0], pair[1]], bits);
                table[slot] = table[slot].min(step as u32);
                if step == 0 {
                    last.entry(slot).or_default().push(needle);
                }
            }
        }
        for (slot, needles) in last {
            let list = needles.iter().flat_map(|needle| std::iter::once(needle.len() as u8).chain(needle.bytes()));
            let list: Vec<u8> = list.chain([0]).collect();
            table[slot] = self.add(&list);
        }
        self.table("table", &table);
    }
}

/// In which place of the table of needles two bytes are. `rule.wat` multiplies by the same number.
fn slot(pair: [u8; 2], bits: u32) -> usize {
    (u32::from(u16::from_le_bytes(pair)).wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize
}

/// What a proxy is asked for and told in words, by the names that `proxy_wasm.wat` imports.
const PROXY_TEXTS: [(&str, &str, &str); 6] = [
    ("root_id", "root_id_len", "plugin_root_id"),
    ("log_id", "log_id_len", "trommel_log"),
    ("property", "property_len", "trommel"),
    ("unjudged", "unjudged_len", "trommel: an event of a body cannot be judged: "),
    ("no_memory", "no_memory_len", "trommel: a body is not judged: there is no memory for it\n"),
    ("other", "other_len", "trommel: another filter with the same vm_id has another configuration: give each a vm_id"),
];

/// What is said of settings that a host gives, by the names that `configure.wat` imports.
const CONFIGURATION_TEXTS: [(&str, &str, &str); 2] = [
    ("refused", "refused_len", "trommel: settings refused: "),
    (
        "not_by_id",
        "not_by_id_len",
        "trommel: the configuration is refused: it must be an object that has rules' settings by their ids",
    ),
];

/// Headers as proxies take them: their number, the lengths, and the texts with a 0 behind each.
fn headers(headers: &[(&str, &str)]) -> String {
    let mut bytes = (headers.len() as u32).to_le_bytes().to_vec();
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend((text.len() as u32).to_le_bytes());
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(text.bytes().chain([0]));
    }
    String::from_utf8(bytes).expect("lengths are small")
}

/// The severities, in the order of their numbers.
const SEVERITIES: [Severity; 5] =
    [Severity::Informational, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
/// What stands before a severity in an alert, and before a risk score.
const SEVERITY_KEY: &str = r#","severity":""#;
const RISK_KEY: &str = r#"","risk_score":"#;
