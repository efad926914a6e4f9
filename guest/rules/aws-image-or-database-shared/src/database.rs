//! Snapshots of databases: `ModifyDBSnapshotAttribute`, and the same for clusters.

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{Event, Finding, Metadata, Rule, SettingError, Settings};

use crate::outsiders::{self, Trusted};

/// A snapshot of a database that another account may restore.
#[derive(Debug, Default)]
pub struct DatabaseShared(Trusted);

impl Rule for DatabaseShared {
    fn describe() -> Metadata {
        let (id, name) = ("io.github.trommel.aws-database-shared", "RDS snapshot shared with another account");
        Metadata {
            description:
                "Whoever may restore a snapshot of a database has the whole of it, in an account of their own, \
                with a password of their own."
                    .into(),
            references: vec!["https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html".into()],
            ..outsiders::metadata(id, name, &CALLS)
        }
    }

    fn configure(settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        Trusted::configure(settings).map(Self)
    }

    fn reads(event: &Event<'_>) -> bool {
        Record::is_any(event)
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            let parameters = record.request_parameters();
            let is_shared = record.action().is_one_of(&CALLS)
                & record.provider().equals("rds.amazonaws.com")
                & record.outcome().equals("success");
            if is_shared.holds() && parameters.field("attributeName").equals("restore").holds() {
                let with: Vec<_> = parameters.field("valuesToAdd").iter().map(str::to_owned).collect();
                let mut what = parameters.field("dBSnapshotIdentifier");
                if what.is_null() {
                    what = parameters.field("dBClusterSnapshotIdentifier");
                }
                findings.extend(self.0.judge(&record, what, &with));
            }
        }
    }
}

const CALLS: [&str; 2] = ["ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute"];
