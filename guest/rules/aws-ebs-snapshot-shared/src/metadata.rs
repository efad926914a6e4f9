//! What the rule says of itself, to people and to hosts.

use trommel_rule::{AttackEntry, Metadata, Severity, Threat};

pub(crate) const COLUMNS: [&str; 8] = [
    "@timestamp",
    "aws.cloudtrail.user_identity.arn",
    "cloud.account.id",
    "event.action",
    "snapshotId",
    "attributeType",
    "operationType",
    "userId",
];

const DESCRIPTION: &str = "\
An EBS snapshot is a copy of a disk. Whoever has its create-volume permission can make a volume of it in an account of \
their own, and read every file on it, deleted ones included. One successful call of `ModifySnapshotAttribute` gives that \
permission, to named accounts or to everybody.

The rule finds calls that give it to an account that is neither the snapshot's owner nor trusted, or to the group `all`, \
which makes the snapshot public. The latter has severity high.";

const TRIAGE: &str = "\
1. Look at `userId`. An account of your own organisation, or of a backup or security product that you use, belongs into \
the setting `trusted_accounts`. The word `all` means that the snapshot is public: withdraw it first, ask afterwards.
2. Ask the caller in `aws.cloudtrail.user_identity.arn` whether the share was meant. Look at what else the same identity \
and address did in the hours around it: snapshots made, keys created, other resources shared.
3. Find out what the disk holds. Encryption with an AWS managed key rules out a share; with a key of your own, look \
whether that key was shared too.
4. If it was not meant: take the permission back (`modify-snapshot-attribute` with `--operation-type remove`), disable \
the identity's credentials, and take everything on the disk as known to others. A copy made meanwhile is out of reach.";

pub(crate) const TRUSTED_ACCOUNTS: &str = "Accounts with which a snapshot may be shared. Not applied with parity esql.";

pub(crate) const PARITY: &str = "esql gives the verdict and the columns of Elastic's ES|QL query, quirks included, over \
the documents of Elastic's integration as it was when the query was written.";

pub(crate) fn metadata() -> Metadata {
    let entry = |id: &str, name: &str| AttackEntry { id: id.into(), name: name.into() };
    let list = |texts: &[&str]| texts.iter().map(|&text| text.into()).collect();
    Metadata {
        id: "4182e486-fc61-11ee-a05d-f661ea17fbce".into(),
        name: "AWS EC2 EBS Snapshot Shared with Another Account".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        description: DESCRIPTION.into(),
        triage: TRIAGE.into(),
        authors: list(&["Elastic"]),
        license: env!("CARGO_PKG_LICENSE").into(),
        severity: Severity::Low,
        risk_score: 21,
        tags: list(&[
            "Domain: Cloud",
            "Data Source: AWS",
            "Data Source: Amazon Web Services",
            "Data Source: AWS EC2",
            "Use Case: Threat Detection",
            "Tactic: Exfiltration",
        ]),
        references: list(&[
            "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
            "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html",
            "https://cloud.hacktricks.xyz/pentesting-cloud/aws-security/aws-post-exploitation/aws-ec2-ebs-ssm-and-vpc-post-exploitation/aws-ebs-snapshot-dump",
        ]),
        threats: vec![Threat {
            tactic: entry("TA0010", "Exfiltration"),
            techniques: vec![entry("T1537", "Transfer Data to Cloud Account")],
        }],
        columns: COLUMNS.map(Into::into).into(),
        needles: list(&["ModifySnapshotAttribute"]),
        ..Metadata::default()
    }
}
