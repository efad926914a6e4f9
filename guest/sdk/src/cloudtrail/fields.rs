//! Where each form keeps what CloudTrail calls by a name of its own.

use super::form::Form;

/// A field, or an object of fields, by CloudTrail's name; and where the other forms keep it, best first.
pub(super) struct Field {
    pub(super) name: &'static str,
    elastic: &'static [&'static str],
    ocsf: &'static [&'static str],
    udm: &'static [&'static str],
    /// Columns that are called by another name.
    row: &'static [&'static str],
}

impl Field {
    /// The places in this form. A raw record has CloudTrail's own names.
    pub(super) fn places(&self, form: Form) -> &'static [&'static str] {
        match form {
            Form::Raw | Form::Prefixed => &[],
            Form::Elastic => self.elastic,
            Form::Ocsf => self.ocsf,
            Form::Udm => self.udm,
            Form::Row => self.row,
        }
    }

    /// The field that the name is or is below of, and what of the name is left, with its dot.
    pub(super) fn above(name: &str) -> Option<(&'static Self, &str)> {
        FIELDS.iter().find_map(|field| {
            let rest = name.strip_prefix(field.name)?;
            (rest.is_empty() || rest.starts_with('.')).then_some((field, rest))
        })
    }
}

/// The objects that differ from call to call. A record that lacks the first of them was cut down.
pub(super) const PARTS: [&str; 4] =
    ["requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"];

macro_rules! fields {
    ($($name:literal: $elastic:tt $ocsf:tt $udm:tt $row:tt,)+) => {
        &[$(Field { name: $name, elastic: &$elastic, ocsf: &$ocsf, udm: &$udm, row: &$row },)+]
    };
}

#[rustfmt::skip]
const FIELDS: &[Field] = fields![
    "eventTime": ["@timestamp"] ["time_dt", "time"]
        ["metadata.eventTimestamp.seconds", "metadata.eventTimestamp"] ["timeGenerated"],
    "eventSource": ["event.provider"] ["api.service.name"] ["target.application"] [],
    "eventName": ["event.action"] ["api.operation"] ["metadata.productEventType"] [],
    "eventID": ["event.id"] ["metadata.uid"] ["metadata.productLogId"] ["awsEventId"],
    "eventType": ["aws.cloudtrail.event_type"] ["metadata.event_code"] [] ["eventTypeName"],
    "eventVersion": ["aws.cloudtrail.event_version"] ["metadata.product.version"] ["metadata.productVersion"] [],
    "eventCategory": ["aws.cloudtrail.event_category"] ["metadata.product.feature.name"]
        ["securityResult.categoryDetails"] [],
    "awsRegion": ["cloud.region"] ["cloud.region"] ["principal.location.name"] [],
    "sourceIPAddress": ["source.address", "source.ip"] ["src_endpoint.ip", "src_endpoint.domain"]
        ["principal.ip", "principal.hostname"] [],
    "userAgent": ["user_agent.original"] ["http_request.user_agent"] ["network.http.userAgent"] [],
    "errorCode": ["aws.cloudtrail.error_code"] ["api.response.error"] [] [],
    "errorMessage": ["aws.cloudtrail.error_message"] ["api.response.message"] [] [],
    "requestID": ["aws.cloudtrail.request_id"] ["api.request.uid"] [] ["awsRequestId"],
    "apiVersion": ["aws.cloudtrail.api_version"] ["api.version"] [] [],
    "vpcEndpointId": ["aws.cloudtrail.vpc_endpoint_id"] ["src_endpoint.uid"] [] [],
    "recipientAccountId": ["aws.cloudtrail.recipient_account_id"] ["unmapped.recipientAccountId"] [] [],
    "userIdentity.arn": ["aws.cloudtrail.user_identity.arn"] ["actor.user.uuid", "actor.user.uid"]
        ["principal.user.userid"] [],
    "userIdentity.accountId": ["cloud.account.id"] ["actor.user.account.uid", "actor.user.account_uid"] [] [],
    "userIdentity.principalId": ["user.id"] ["actor.user.uid_alt", "actor.user.uid"]
        ["principal.user.productObjectId"] [],
    "userIdentity.userName": ["user.name"] ["actor.user.name"] ["principal.user.userDisplayName"] [],
    "userIdentity.type": ["aws.cloudtrail.user_identity.type"] ["actor.user.type"] ["principal.resource.type"] [],
    "userIdentity.accessKeyId": ["aws.cloudtrail.user_identity.access_key_id"] ["actor.user.credential_uid"] [] [],
    "userIdentity.invokedBy": ["aws.cloudtrail.user_identity.invoked_by"] ["actor.invoked_by"] [] [],
    "userIdentity.sessionContext.sessionIssuer.arn":
        ["aws.cloudtrail.user_identity.session_context.session_issuer.arn"] ["actor.session.issuer"] []
        ["sessionIssuerArn"],
    "requestParameters":
        ["aws.cloudtrail.request_parameters", "aws.cloudtrail.flattened.request_parameters"]
        ["api.request.data", "unmapped.requestParameters"] [] [],
    "responseElements":
        ["aws.cloudtrail.response_elements", "aws.cloudtrail.flattened.response_elements"]
        ["api.response.data", "unmapped.responseElements"] [] [],
    "additionalEventData":
        ["aws.cloudtrail.additional_eventdata", "aws.cloudtrail.flattened.additional_eventdata"]
        ["unmapped.additionalEventData"] [] [],
    "serviceEventDetails":
        ["aws.cloudtrail.service_event_details", "aws.cloudtrail.flattened.service_event_details"]
        ["unmapped.serviceEventDetails"] [] [],
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_or_what_it_is_below_of() {
        let above = |name| Field::above(name).map(|(field, rest)| (field.name, rest));
        assert_eq!(above("eventName"), Some(("eventName", "")));
        assert_eq!(above("requestParameters.a.b"), Some(("requestParameters", ".a.b")));
        assert_eq!(above("userIdentity.arn"), Some(("userIdentity.arn", "")));
        assert_eq!(above("userIdentity"), None);
        assert_eq!(above("requestParametersOther"), None);
        assert!(PARTS.iter().all(|part| above(part).is_some()));
    }
}
