# Snapshots shared with another account, in records as AWS writes them and as Elastic's integration indexes them.
select((.eventName // .event.action) == "ModifySnapshotAttribute")
| if .eventName then
    { provider: .eventSource, done: (.errorCode == null), owner: .userIdentity.accountId, called: .requestParameters }
  else
    { provider: .event.provider, done: (.event.outcome == "success"), owner: .cloud.account.id,
      called: .aws.cloudtrail.flattened.request_parameters }
  end
| select(.done and .provider == "ec2.amazonaws.com")
| .owner as $owner
| .called.snapshotId as $snapshot
| .called.createVolumePermission.add.items[]?.userId
| select(. != null and . != $owner)
| { snapshotId: $snapshot, userId: . }
