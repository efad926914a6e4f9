//! Our reading: whoever is given the permission and is neither the owner nor trusted is outside.

use std::collections::BTreeSet;

use trommel_rule::cloudtrail::{Part, Record};
use trommel_rule::{Finding, Severity, Values};

/// The group of all AWS accounts: who shares with it makes the snapshot public.
const EVERYBODY: &str = "all";

pub(crate) fn judge(record: &Record<'_>, trusted_accounts: &BTreeSet<String>) -> Option<Finding> {
    let parameters = record.request_parameters();
    let owner = record.owner_account();
    let inside = |account: &str| owner.single() == Some(account) || trusted_accounts.contains(account);

    let (mut outside, mut seen) = (Vec::new(), BTreeSet::new());
    for (account, group) in added(&parameters) {
        let accounts = account.iter().filter(|account| !account.is_empty() && !inside(account)).map(str::to_owned);
        let everybody = group.iter().filter(|group| *group == EVERYBODY).map(str::to_owned);
        for party in accounts.chain(everybody) {
            if seen.insert(party.clone()) {
                outside.push(party);
            }
        }
    }
    if outside.is_empty() {
        return None;
    }
    let public = seen.contains(EVERYBODY);
    let columns = [
        parameters.field("snapshotId"),
        parameters.field("attributeType"),
        "add".into(),
        outside.into_iter().collect(),
    ];
    let finding = crate::finding(record, owner, columns);
    Some(if public { finding.rated(Severity::High, 73) } else { finding })
}

/// The account and the group of every item that the call adds.
///
/// Where the items are no list any more, but fields with dotted names, accounts and groups are told apart by that alone.
fn added<'p>(parameters: &Part<'p>) -> impl Iterator<Item = (Values<'p>, Values<'p>)> {
    const ITEMS: &str = "createVolumePermission.add.items";
    let items = parameters.each(ITEMS).map(|item| (item.field("userId"), item.field("group")));
    let below = |name: &str| parameters.field(&[ITEMS, ".", name].concat());
    items.chain([(below("userId"), below("group"))])
}
