//! A rule of which there are sixty-four, each for another call.

use trommel_rule::{Event, Finding, Metadata, Rule, cloudtrail};

/// The calls, one for each rule.
pub const ACTIONS: [&str; 64] = [
    "AddRoleToInstanceProfile",
    "AssociateAccessPolicy",
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "AuthorizeDBSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "AuthorizeSecurityGroupIngress",
    "BatchDisableStandards",
    "ChangePassword",
    "CloseAccount",
    "CopySnapshot",
    "CreateFunctionUrlConfig",
    "CreateGrant",
    "CreateKeyPair",
    "CreateLoginProfile",
    "CreateNetworkAclEntry",
    "CreatePolicyVersion",
    "CreateSAMLProvider",
    "CreateUser",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAlarms",
    "DeleteBucketEncryption",
    "DeleteBucketPolicy",
    "DeleteConfigRule",
    "DeleteConfigurationRecorder",
    "DeleteDBCluster",
    "DeleteDetector",
    "DeleteFlowLogs",
    "DeleteGroup",
    "DeleteKeyPair",
    "DeleteLogGroup",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DeleteTrail",
    "DeleteWebACL",
    "DisableKey",
    "DisableSecurityHub",
    "EnableSerialConsoleAccess",
    "GetFederationToken",
    "GetPasswordData",
    "ImportKeyPair",
    "LeaveOrganization",
    "ModifyDBSnapshotAttribute",
    "ModifyImageAttribute",
    "PutBucketAcl",
    "PutBucketLifecycle",
    "PutBucketPolicy",
    "PutBucketReplication",
    "PutBucketVersioning",
    "PutEventSelectors",
    "PutKeyPolicy",
    "PutUserPolicy",
    "RemovePermission",
    "ResyncMFADevice",
    "ScheduleKeyDeletion",
    "SendCommand",
    "SendSSHPublicKey",
    "SetDefaultPolicyVersion",
    "StartSession",
    "StopLogging",
    "UpdateAssumeRolePolicy",
    "UpdateTrail",
];

/// Finds successful calls of one name.
#[derive(Debug, Default)]
pub struct Alike<const N: usize>;

impl<const N: usize> Rule for Alike<N> {
    fn describe() -> Metadata {
        Metadata {
            id: format!("com.example.alike-{N}"),
            name: format!("A call of {}", ACTIONS[N]),
            version: "1.0.0".into(),
            columns: vec!["arn".into(), "action".into(), "provider".into()],
            ..Metadata::default()
        }
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            // The outcome first: nearly every event has it, so each rule reads a second field.
            if record.outcome().equals("success").holds() && record.action().equals(ACTIONS[N]).holds() {
                findings.push(Finding::new([
                    ("arn", record.caller_arn()),
                    ("action", record.action()),
                    ("provider", record.provider()),
                ]));
            }
        }
    }
}
