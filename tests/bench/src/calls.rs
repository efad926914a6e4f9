//! The calls that a stream is made of: which service, which action, and what goes in and out.
//!
//! In the templates `%` and a letter stand for what is drawn anew for each event: see [`stream`](crate::stream).

/// A call of an AWS API, as a template.
pub(crate) struct Call {
    pub(crate) service: &'static str,
    pub(crate) action: &'static str,
    pub(crate) read_only: bool,
    /// How often it comes, relative to the others.
    pub(crate) weight: u64,
    /// JSON, or `null`.
    pub(crate) parameters: &'static str,
    /// JSON, or `null`.
    pub(crate) response: &'static str,
}

const fn reads(service: &'static str, action: &'static str, weight: u64, parameters: &'static str) -> Call {
    Call { service, action, read_only: true, weight, parameters, response: "null" }
}

const fn writes(
    service: &'static str,
    action: &'static str,
    weight: u64,
    parameters: &'static str,
    response: &'static str,
) -> Call {
    Call { service, action, read_only: false, weight, parameters, response }
}

/// The call that is searched for. Its response comes with every one of its shapes.
pub(crate) const SHARE: Call = writes(
    "ec2",
    "ModifySnapshotAttribute",
    0,
    r#"{"snapshotId":"snap-%h","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"%x"}]}}}"#,
    r#"{"requestId":"%r","_return":true}"#,
);
/// The same, but it takes the permission back.
pub(crate) const UNSHARE: Call = writes(
    "ec2",
    "ModifySnapshotAttribute",
    0,
    r#"{"snapshotId":"snap-%h","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"remove":{"items":[{"userId":"%x"}]}}}"#,
    r#"{"requestId":"%r","_return":true}"#,
);
/// The same, with the owner's own account.
pub(crate) const SHARE_INSIDE: Call = writes(
    "ec2",
    "ModifySnapshotAttribute",
    0,
    r#"{"snapshotId":"snap-%h","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"%a"}]}}}"#,
    r#"{"requestId":"%r","_return":true}"#,
);
/// A call that only names the one that is searched for.
pub(crate) const LOOKUP: Call = reads(
    "cloudtrail",
    "LookupEvents",
    0,
    r#"{"lookupAttributes":[{"attributeKey":"EventName","attributeValue":"ModifySnapshotAttribute"}],"maxResults":50,"startTime":"Nov 2, 2026, 8:00:00 AM"}"#,
);

/// All other calls.
pub(crate) const QUIET: &[Call] = &[
    reads(
        "kms",
        "Decrypt",
        60,
        r#"{"encryptionContext":{"aws:s3:arn":"arn:aws:s3:::%n-artifacts/%h/%k"},"keyId":"arn:aws:kms:eu-central-1:%a:key/%v","encryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#,
    ),
    reads(
        "kms",
        "GenerateDataKey",
        35,
        r#"{"keySpec":"AES_256","keyId":"arn:aws:kms:eu-central-1:%a:key/%v","encryptionContext":{"SecretARN":"arn:aws:secretsmanager:eu-central-1:%a:secret:%n-%k"}}"#,
    ),
    reads("sts", "GetCallerIdentity", 40, "null"),
    writes(
        "sts",
        "AssumeRole",
        60,
        r#"{"roleArn":"arn:aws:iam::%a:role/%n-deploy","roleSessionName":"%n-%k","durationSeconds":3600}"#,
        r#"{"credentials":{"accessKeyId":"ASIA%k","sessionToken":"IQoJb3JpZ2luX2VjE%h%g%k%h%g","expiration":"Nov 24, 2026, 11:20:31 AM"},"assumedRoleUser":{"assumedRoleId":"AROA%k:%n-%k","arn":"arn:aws:sts::%a:assumed-role/%n-deploy/%n-%k"}}"#,
    ),
    reads(
        "s3",
        "GetBucketAcl",
        25,
        r#"{"bucketName":"%n-artifacts","Host":"%n-artifacts.s3.eu-central-1.amazonaws.com","acl":""}"#,
    ),
    reads(
        "s3",
        "GetBucketEncryption",
        15,
        r#"{"bucketName":"%n-artifacts","Host":"s3.eu-central-1.amazonaws.com","encryption":""}"#,
    ),
    reads(
        "s3",
        "ListObjects",
        20,
        r#"{"list-type":"2","bucketName":"%n-logs","prefix":"AWSLogs/%a/%k/","max-keys":"1000","Host":"%n-logs.s3.amazonaws.com"}"#,
    ),
    writes(
        "s3",
        "PutObject",
        30,
        r#"{"bucketName":"%n-logs","Host":"%n-logs.s3.eu-central-1.amazonaws.com","key":"builds/%n/%h/%k.tar.zst","x-amz-acl":"private","x-amz-server-side-encryption":"aws:kms","x-amz-storage-class":"STANDARD"}"#,
        r#"{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-central-1:%a:key/%v"}"#,
    ),
    reads(
        "ec2",
        "DescribeInstances",
        60,
        r#"{"instancesSet":{"items":[{"instanceId":"i-%h"},{"instanceId":"i-%g"}]},"filterSet":{"items":[{"name":"instance-state-name","valueSet":{"items":[{"value":"running"},{"value":"pending"}]}},{"name":"tag:team","valueSet":{"items":[{"value":"%n"}]}}]}}"#,
    ),
    reads(
        "ec2",
        "DescribeRouteTables",
        30,
        r#"{"routeTableIdSet":{"items":[{"routeTableId":"rtb-%h"}]},"filterSet":{}}"#,
    ),
    reads("ec2", "DescribeVolumes", 25, r#"{"volumeSet":{"items":[{"volumeId":"vol-%h"}]},"filterSet":{}}"#),
    reads(
        "ec2",
        "DescribeSnapshots",
        25,
        r#"{"snapshotSet":{"items":[{"snapshotId":"snap-%h"}]},"ownersSet":{"items":[{"owner":"self"}]},"sharedUsersSet":{},"filterSet":{}}"#,
    ),
    reads(
        "ec2",
        "DescribeSecurityGroups",
        25,
        r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"sg-%h"}]},"filterSet":{}}"#,
    ),
    reads(
        "ec2",
        "DescribeNetworkInterfaces",
        25,
        r#"{"networkInterfaceIdSet":{},"filterSet":{"items":[{"name":"subnet-id","valueSet":{"items":[{"value":"subnet-%h"}]}}]}}"#,
    ),
    writes(
        "ec2",
        "RunInstances",
        8,
        r#"{"instancesSet":{"items":[{"imageId":"ami-%h","minCount":1,"maxCount":1}]},"instanceType":"m7i.large","blockDeviceMapping":{"items":[{"deviceName":"/dev/xvda","ebs":{"volumeSize":80,"deleteOnTermination":true,"volumeType":"gp3","encrypted":true}}]},"monitoring":{"enabled":false},"disableApiTermination":false,"clientToken":"%v","networkInterfaceSet":{"items":[{"deviceIndex":0,"subnetId":"subnet-%g"}]},"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"Name","value":"%n-worker"},{"key":"team","value":"%n"}]}]}}"#,
        r#"{"requestId":"%r","reservationId":"r-%h","ownerId":"%a","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-%h","imageId":"ami-%h","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-20-3-4.eu-central-1.compute.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"m7i.large","launchTime":1763970031000,"placement":{"availabilityZone":"eu-central-1b","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"subnet-%g","vpcId":"vpc-%h","privateIpAddress":"10.20.3.4","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","clientToken":"%v","groupSet":{"items":[{"groupId":"sg-%g","groupName":"%n-workers"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"eni-%h","subnetId":"subnet-%g","vpcId":"vpc-%h","ownerId":"%a","status":"in-use","macAddress":"02:42:ac:11:00:02","privateIpAddress":"10.20.3.4","sourceDestCheck":true,"interfaceType":"interface","attachment":{"attachmentId":"eni-attach-%h","deviceIndex":0,"status":"attaching","attachTime":1763970031000,"deleteOnTermination":true}}]},"ebsOptimized":true,"enaSupport":true,"cpuOptions":{"coreCount":1,"threadsPerCore":2},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled"}}]}}"#,
    ),
    writes(
        "ec2",
        "CreateSnapshot",
        6,
        r#"{"volumeId":"vol-%h","description":"nightly of %n","tagSpecificationSet":{"items":[{"resourceType":"snapshot","tags":[{"key":"retention","value":"30d"}]}]}}"#,
        r#"{"requestId":"%r","snapshotId":"snap-%g","volumeId":"vol-%h","status":"pending","startTime":1763970031000,"ownerId":"%a","volumeSize":"80","description":"nightly of %n","encrypted":true}"#,
    ),
    writes(
        "ec2",
        "ModifyInstanceAttribute",
        4,
        r#"{"instanceId":"i-%h","groupSet":{"items":[{"groupId":"sg-%g"}]}}"#,
        r#"{"requestId":"%r","_return":true}"#,
    ),
    writes(
        "ec2",
        "CreateTags",
        10,
        r#"{"resourcesSet":{"items":[{"resourceId":"i-%h"},{"resourceId":"vol-%g"}]},"tagSet":{"items":[{"key":"owner","value":"%n"},{"key":"build","value":"%k"}]}}"#,
        r#"{"requestId":"%r","_return":true}"#,
    ),
    reads("iam", "GetUser", 20, r#"{"userName":"%n"}"#),
    reads("iam", "GetRole", 25, r#"{"roleName":"%n-deploy"}"#),
    reads("iam", "ListAttachedRolePolicies", 20, r#"{"roleName":"%n-deploy","maxItems":100}"#),
    writes(
        "iam",
        "PutRolePolicy",
        4,
        r#"{"roleName":"%n-deploy","policyName":"%n-%k","policyDocument":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Artifacts\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\",\"s3:ListBucket\"],\"Resource\":[\"arn:aws:s3:::%n-artifacts\",\"arn:aws:s3:::%n-artifacts/*\"]},{\"Sid\":\"Keys\",\"Effect\":\"Allow\",\"Action\":\"kms:Decrypt\",\"Resource\":\"arn:aws:kms:eu-central-1:%a:key/%v\",\"Condition\":{\"StringEquals\":{\"kms:ViaService\":\"s3.eu-central-1.amazonaws.com\"}}}]}"}"#,
        "null",
    ),
    writes(
        "iam",
        "CreateAccessKey",
        1,
        r#"{"userName":"%n"}"#,
        r#"{"accessKey":{"userName":"%n","accessKeyId":"AKIA%k","status":"Active","createDate":"Nov 24, 2026, 9:12:44 AM"}}"#,
    ),
    reads(
        "secretsmanager",
        "GetSecretValue",
        25,
        r#"{"secretId":"arn:aws:secretsmanager:eu-central-1:%a:secret:%n/database-%k","versionStage":"AWSCURRENT"}"#,
    ),
    reads("secretsmanager", "DescribeSecret", 12, r#"{"secretId":"%n/database"}"#),
    reads("ssm", "GetParameter", 20, r#"{"name":"/%n/production/%k","withDecryption":true}"#),
    reads(
        "ssm",
        "DescribeInstanceInformation",
        12,
        r#"{"maxResults":50,"filters":[{"key":"InstanceIds","values":["i-%h"]}]}"#,
    ),
    writes(
        "ssm",
        "UpdateInstanceInformation",
        40,
        r#"{"instanceId":"i-%h","agentVersion":"3.3.1957.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"10.20.3.4","computerName":"ip-10-20-3-4.eu-central-1.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"eu-central-1b","availabilityZoneId":"euc1-az3"}"#,
        "null",
    ),
    reads("dynamodb", "DescribeTable", 25, r#"{"tableName":"%n-sessions"}"#),
    reads("rds", "DescribeDBInstances", 15, r#"{"dBInstanceIdentifier":"%n-production","maxRecords":100}"#),
    reads(
        "lambda",
        "GetFunction20150331v2",
        15,
        r#"{"functionName":"arn:aws:lambda:eu-central-1:%a:function:%n-resize"}"#,
    ),
    writes(
        "lambda",
        "UpdateFunctionCode20150331v2",
        4,
        r#"{"functionName":"%n-resize","s3Bucket":"%n-artifacts","s3Key":"lambda/%h.zip","publish":true,"dryRun":false}"#,
        r#"{"functionName":"%n-resize","functionArn":"arn:aws:lambda:eu-central-1:%a:function:%n-resize","runtime":"provided.al2023","role":"arn:aws:iam::%a:role/%n-resize","handler":"bootstrap","codeSize":4194304,"description":"Makes thumbnails","timeout":30,"memorySize":512,"lastModified":"2026-11-24T09:12:44.000+0000","codeSha256":"%h%g%h%k=","version":"141","tracingConfig":{"mode":"PassThrough"},"revisionId":"%v","state":"Active","lastUpdateStatus":"InProgress","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512}}"#,
    ),
    writes(
        "logs",
        "CreateLogStream",
        40,
        r#"{"logGroupName":"/aws/lambda/%n-resize","logStreamName":"2026/11/24/[$LATEST]%h%k"}"#,
        "null",
    ),
    reads(
        "ecr",
        "BatchGetImage",
        25,
        r#"{"registryId":"%a","repositoryName":"%n/api","imageIds":[{"imageTag":"%k"}],"acceptedMediaTypes":["application/vnd.docker.distribution.manifest.v2+json","application/vnd.oci.image.index.v1+json","application/vnd.oci.image.manifest.v1+json"]}"#,
    ),
    reads(
        "ecs",
        "DescribeTasks",
        20,
        r#"{"cluster":"%n-production","tasks":["arn:aws:ecs:eu-central-1:%a:task/%n-production/%h%k"],"include":["TAGS"]}"#,
    ),
    reads("eks", "DescribeCluster", 12, r#"{"name":"%n-production"}"#),
    reads(
        "elasticloadbalancing",
        "DescribeTargetHealth",
        30,
        r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:eu-central-1:%a:targetgroup/%n-api/%h"}"#,
    ),
    reads(
        "autoscaling",
        "DescribeAutoScalingGroups",
        20,
        r#"{"autoScalingGroupNames":["%n-workers"],"maxRecords":100}"#,
    ),
    reads(
        "monitoring",
        "DescribeAlarms",
        15,
        r#"{"alarmNames":["%n-latency","%n-errors","%n-saturation"],"maxRecords":100}"#,
    ),
    reads(
        "cloudtrail",
        "LookupEvents",
        4,
        r#"{"lookupAttributes":[{"attributeKey":"ResourceName","attributeValue":"i-%h"}],"maxResults":50}"#,
    ),
    reads("organizations", "ListAccounts", 3, r#"{"maxResults":20}"#),
    writes("signin", "ConsoleLogin", 2, "null", r#"{"ConsoleLogin":"Success"}"#),
];
