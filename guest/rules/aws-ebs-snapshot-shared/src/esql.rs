//! Elastic's reading, step by step as the query goes: dissect the parameters' text, compare, keep.

use trommel_rule::cloudtrail::Record;
use trommel_rule::dissect::Dissect;
use trommel_rule::{Finding, Values, equal};

/// Its columns are the last four of a finding, in their order.
const PATTERN: &str = "{%{}=%{snapshotId},%{}=%{attributeType},%{}={%{operationType}={%{}=[{%{}=%{userId}}]}}}";

pub(crate) fn judge(record: &Record<'_>) -> Option<Finding> {
    let text = record.request_parameters_text();
    let columns: Vec<Values<'_>> =
        Dissect::new(PATTERN).ok()?.apply_all(text.iter()).into_iter().map(Values::from_iter).collect();
    let [snapshot, attribute, operation, user] = columns.try_into().ok()?;
    let owner = record.caller_account();
    let kept = operation.equals("add") & !equal(owner.single(), user.single());
    kept.holds().then(|| crate::finding(record, owner, [snapshot, attribute, operation, user]))
}
