//! Turns the tags of a rule into tactics and techniques of MITRE ATT&CK.

use super::super::ir::Threat;

/// Tactics: the tag, the id, the name. Up to ATT&CK 18 what is Stealth now was called Defense Evasion.
const TACTICS: [(&str, &str, &str); 16] = [
    ("reconnaissance", "TA0043", "Reconnaissance"),
    ("resource-development", "TA0042", "Resource Development"),
    ("initial-access", "TA0001", "Initial Access"),
    ("execution", "TA0002", "Execution"),
    ("persistence", "TA0003", "Persistence"),
    ("privilege-escalation", "TA0004", "Privilege Escalation"),
    ("stealth", "TA0005", "Stealth"),
    ("defense-evasion", "TA0005", "Defense Evasion"),
    ("defense-impairment", "TA0112", "Defense Impairment"),
    ("credential-access", "TA0006", "Credential Access"),
    ("discovery", "TA0007", "Discovery"),
    ("lateral-movement", "TA0008", "Lateral Movement"),
    ("collection", "TA0009", "Collection"),
    ("command-and-control", "TA0011", "Command and Control"),
    ("exfiltration", "TA0010", "Exfiltration"),
    ("impact", "TA0040", "Impact"),
];

/// Reads tags. A rule names its tactics and its techniques, and not which serve which: they stand under the first tactic.
/// A technique's name is its id, since the tag has no other.
pub(super) fn threats<'a>(tags: impl Iterator<Item = &'a str>) -> Vec<Threat> {
    let mut threats: Vec<Threat> = Vec::new();
    let mut techniques: Vec<(String, String)> = Vec::new();
    for tag in tags {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let Some(word) = tag.strip_prefix("attack.") else { continue };
        if let Some((_, id, name)) = TACTICS.iter().find(|(tactic, ..)| *tactic == word) {
            if !threats.iter().any(|threat| threat.tactic.0 == *id) {
                threats.push(Threat { tactic: ((*id).to_owned(), (*name).to_owned()), techniques: Vec::new() });
            }
        } else if is_technique(word) {
            let id = word.to_ascii_uppercase();
            if !techniques.iter().any(|(known, _)| *known == id) {
                techniques.push((id.clone(), id));
            }
        }
    }
    if let Some(first) = threats.first_mut() {
        first.techniques = techniques;
    }
    threats
}

fn is_technique(word: &str) -> bool {
    let digits = |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    word.strip_prefix('t').is_some_and(|number| match number.split_once('.') {
        None => digits(number, 4),
        Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_tactics_and_techniques() {
        let tags = ["attack.credential_access", "attack.T1003.001", "attack.stealth", "attack.g0016", "cve.2021-1"];
        let threats = threats(tags.into_iter());
        let ids: Vec<_> = threats.iter().map(|threat| threat.tactic.0.as_str()).collect();
        assert_eq!(ids, ["TA0006", "TA0005"]);
        assert_eq!(threats[0].techniques, [("T1003.001".to_owned(), "T1003.001".to_owned())]);
        assert!(threats[1].techniques.is_empty());
    }
}
