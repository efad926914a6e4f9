//! Finds AWS EBS snapshots that are shared with another account.
//!
//! The setting `parity` decides between two readings of the same call: `ours`, which knows who is outside, and
//! `esql`, which is Elastic's ES|QL query, quirks included.

mod esql;
mod metadata;
mod ours;

use std::collections::BTreeSet;

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{Event, Finding, Metadata, Rule, SettingError, Settings, Values};

trommel_rule::export!(SnapshotShared);

/// The rule, as its settings make it.
#[derive(Debug, Default)]
pub struct SnapshotShared {
    /// Accounts that are not outside.
    trusted_accounts: BTreeSet<String>,
    /// Whether to give the query's verdict instead of ours.
    esql: bool,
}

impl Rule for SnapshotShared {
    fn describe() -> Metadata {
        metadata::metadata()
    }

    fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        // To collect them would sort them, by code that is larger than the rule.
        let mut trusted_accounts = BTreeSet::new();
        trusted_accounts.extend(settings.texts(
            "trusted_accounts",
            metadata::TRUSTED_ACCOUNTS,
            &cloudtrail::ACCOUNT_ID,
        ));
        let esql = settings.choice("parity", metadata::PARITY, &["none", "esql"]) == 1;
        settings.finish().map(|()| Self { trusted_accounts, esql })
    }

    fn reads(event: &Event<'_>) -> bool {
        Record::is_any(event)
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            let modified = record.action().equals("ModifySnapshotAttribute").holds()
                && record.provider().equals("ec2.amazonaws.com").holds()
                && record.outcome().equals("success").holds();
            if modified {
                findings.extend(if self.esql {
                    esql::judge(&record)
                } else {
                    ours::judge(&record, &self.trusted_accounts)
                });
            }
        }
    }
}

/// The columns of the query, in its order; the last four are read from the call's parameters.
fn finding<'v>(record: &Record<'v>, owner: Values<'v>, parameters: [Values<'v>; 4]) -> Finding {
    let read = [record.timestamp(), record.caller_arn(), owner, record.action()];
    let columns = metadata::COLUMNS.into_iter().zip(read.into_iter().chain(parameters));
    Finding::new(columns).of_event(record.event_id().single())
}
