//! AMIs: `ModifyImageAttribute`.

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{Event, Finding, Metadata, Rule, SettingError, Settings};

use crate::outsiders::{self, Trusted};

/// An AMI that another account may launch.
#[derive(Debug, Default)]
pub struct ImageShared(Trusted);

impl Rule for ImageShared {
    fn describe() -> Metadata {
        Metadata {
            description:
                "An AMI holds the disks of a machine. Whoever may launch it can read every file on them, in an \
                account where nobody sees it: keys, source code, data."
                    .into(),
            references: vec!["https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sharingamis-explicit.html".into()],
            ..outsiders::metadata("io.github.trommel.aws-image-shared", "AMI shared with another account", &[CALL])
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
            let is_shared = record.action().equals(CALL)
                & record.provider().equals("ec2.amazonaws.com")
                & record.outcome().equals("success");
            if is_shared.holds() {
                let parameters = record.request_parameters();
                let mut with = Vec::new();
                for item in parameters.each("launchPermission.add.items") {
                    // An account, the group of all, or a part of an organisation.
                    for name in ["userId", "group", "organizationArn", "organizationalUnitArn"] {
                        with.extend(item.field(name).iter().map(str::to_owned));
                    }
                }
                findings.extend(self.0.judge(&record, parameters.field("imageId"), &with));
            }
        }
    }
}

const CALL: &str = "ModifyImageAttribute";
