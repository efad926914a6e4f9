//! Finds who copies an EBS snapshot that was shared with them, or makes a volume of it.
//!
//! AWS tells the owner: the record's caller is the account that takes, the recipient the account that owns.

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{Event, Finding, Format, Metadata, Rule, SettingError, Settings, Severity, Threat, equal};

trommel_rule::export!(SnapshotTaken);

/// What takes the data: the call, and what AWS reports.
const TAKEN: [&str; 2] = ["SharedSnapshotCopyInitiated", "SharedSnapshotVolumeCreated"];

/// The rule, as its settings make it.
#[derive(Debug, Default)]
pub struct SnapshotTaken {
    trusted_accounts: Vec<String>,
    shared_snapshots: Vec<String>,
}

/// The id of a snapshot.
const SNAPSHOT_ID: Format = Format {
    expected: "the id of a snapshot, such as snap-0a1b2c3d4e5f60718",
    pattern: "^snap-[0-9a-f]+$",
    fits: |text| {
        let hex = text.strip_prefix("snap-").unwrap_or_default();
        !hex.is_empty() && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    },
};

impl Rule for SnapshotTaken {
    fn describe() -> Metadata {
        Metadata {
            id: "io.github.trommel.aws-snapshot-taken".into(),
            name: "Shared EBS snapshot copied or mounted by another account".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Another account has copied a snapshot of yours, or made a volume of it: from now on it has \
                the data, and to take the share back does not change that. AWS writes this record into the owner's trail.\n\n\
                A snapshot can be shared for a minute, and the share itself be missed. This is the moment after."
                .into(),
            triage: "1. `taker` is the account that has the data. Find out whose it is; one of your organisation, of a \
                backup or of a security product belongs into `trusted_accounts`.\n\
                2. Look for the `ModifySnapshotAttribute` that shared `snapshot`, and for who called it.\n\
                3. Take the share back, and take all that lay on the disk as known: replace keys and passwords on it."
                .into(),
            authors: vec!["The trommel authors".into()],
            license: env!("CARGO_PKG_LICENSE").into(),
            severity: Severity::High,
            risk_score: 73,
            tags: ["Domain: Cloud", "Data Source: AWS CloudTrail", "Tactic: Exfiltration"].map(Into::into).into(),
            references: vec![
                "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html".into(),
            ],
            threats: vec![Threat::new(("TA0010", "Exfiltration"), &[("T1537", "Transfer Data to Cloud Account")])],
            columns: ["time", "action", "snapshot", "owner", "taker", "region"].map(Into::into).into(),
            needles: TAKEN.map(Into::into).into(),
            ..Metadata::default()
        }
    }

    fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        let trusted = "Accounts that may take any snapshot: your organisation, a backup.";
        let shared = "Snapshots that are shared on purpose, with whomever.";
        let rule = Self {
            trusted_accounts: settings.texts("trusted_accounts", trusted, &cloudtrail::ACCOUNT_ID),
            shared_snapshots: settings.texts("shared_snapshots", shared, &SNAPSHOT_ID),
        };
        settings.finish().map(|()| rule)
    }

    fn reads(event: &Event<'_>) -> bool {
        Record::is_any(event)
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            let is_taken = record.action().is_one_of(&TAKEN) & record.provider().equals("ec2.amazonaws.com");
            if !is_taken.holds() {
                continue;
            }
            let (taker, owner) = (record.caller_account(), record.recipient_account());
            let snapshot = record.field("serviceEventDetails.snapshotId");
            let among = |texts: &[String], one: Option<&str>| texts.iter().any(|text| Some(&**text) == one);
            // Whoever uses a snapshot of somebody else is told so too, by a record of their own: that is no loss.
            if equal(taker.single(), owner.single()).holds()
                || among(&self.trusted_accounts, taker.single())
                || among(&self.shared_snapshots, snapshot.single())
            {
                continue;
            }
            let columns = [
                ("time", record.timestamp()),
                ("action", record.action()),
                ("snapshot", snapshot),
                ("owner", owner),
                ("taker", taker),
                ("region", record.region()),
            ];
            findings.push(Finding::new(columns).of_event(record.event_id().single()));
        }
    }
}
