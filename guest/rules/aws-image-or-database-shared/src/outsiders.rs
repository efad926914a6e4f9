//! What both rules do alike: whom a share reaches that is neither the owner nor trusted, and what is said of it.

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{Finding, Metadata, SettingError, Settings, Severity, Threat, Values};

/// Shares with it are public.
pub(crate) const EVERYBODY: &str = "all";

/// The accounts and organisations with which may be shared.
#[derive(Debug, Default)]
pub(crate) struct Trusted(Vec<String>);

impl Trusted {
    pub(crate) fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        let about = "Accounts with which may be shared.";
        let trusted = settings.texts("trusted_accounts", about, &cloudtrail::ACCOUNT_ID);
        settings.finish().map(|()| Self(trusted))
    }

    /// A finding, if the share reaches somebody outside. One that makes it public is critical.
    pub(crate) fn judge(&self, record: &Record<'_>, what: Values<'_>, with: &[String]) -> Option<Finding> {
        let owner = record.owner_account();
        let is_inside = |party: &str| owner.single() == Some(party) || self.0.iter().any(|known| known == party);
        let mut outsiders: Vec<&str> = Vec::new();
        for party in with.iter().map(String::as_str).filter(|party| !party.is_empty() && !is_inside(party)) {
            if !outsiders.contains(&party) {
                outsiders.push(party);
            }
        }
        if outsiders.is_empty() {
            return None;
        }
        let is_public = outsiders.contains(&EVERYBODY);
        let columns = [
            ("time", record.timestamp()),
            ("action", record.action()),
            ("caller", record.caller_arn()),
            ("owner", owner),
            ("shared", what),
            ("with", outsiders.into_iter().collect()),
        ];
        let finding = Finding::new(columns).of_event(record.event_id().single());
        Some(if is_public { finding.rated(Severity::Critical, 99) } else { finding })
    }
}

/// What both rules say of themselves, to be completed.
pub(crate) fn metadata(id: &str, name: &str, calls: &[&str]) -> Metadata {
    let columns = ["time", "action", "caller", "owner", "shared"].map(Into::into).into_iter();
    Metadata {
        id: id.into(),
        name: name.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        triage:
            "1. `with` is who can read it now. An account of your own belongs into `trusted_accounts`; `all` means \
            that it is public: take the share back first, ask afterwards.\n\
            2. Ask `caller` whether the share was meant, and look at what else the same identity did.\n\
            3. Who was shared with may have a copy by now, which is out of reach: replace the secrets in it."
                .into(),
        authors: vec!["The trommel authors".into()],
        license: env!("CARGO_PKG_LICENSE").into(),
        severity: Severity::Medium,
        risk_score: 47,
        tags: ["Domain: Cloud", "Data Source: AWS CloudTrail", "Tactic: Exfiltration"].map(Into::into).into(),
        threats: vec![Threat::new(("TA0010", "Exfiltration"), &[("T1537", "Transfer Data to Cloud Account")])],
        columns: columns.chain([trommel_rule::Column::list("with")]).collect(),
        needles: calls.iter().map(|&call| call.into()).collect(),
        ..Metadata::default()
    }
}
