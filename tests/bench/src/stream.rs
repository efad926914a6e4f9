//! Makes streams of CloudTrail events: the same seed, the same bytes.
//!
//! Every id, name and address is invented. One event in a thousand is a snapshot shared with a foreign account, which is
//! to be found; one in four thousand only looks like it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::calls::{self, Call};
use crate::random::Random;
use crate::template::{Gaps, Shape};

/// One event in so many is to be found.
const EVENTS_PER_ALERT: u64 = 1_000;
/// One event in so many holds the needle, and is not to be found.
const EVENTS_PER_DECOY: u64 = 4_000;

const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const CAPITALS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const NAMES: [&str; 16] = [
    "atlas", "birch", "cobalt", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel", "lumen",
    "meadow", "nimbus", "orchid", "pepper",
];
const REGIONS: [&str; 5] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2"];
const AGENTS: [&str; 7] = [
    "aws-cli/2.27.50 md/awscrt#0.26.1 ua/2.1 os/linux#6.1.140 md/arch#x86_64 lang/python#3.13.4 md/pyimpl#CPython m/E,b,Z cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#sts.assume-role",
    "APN/1.0 HashiCorp/1.0 Terraform/1.12.2 (+https://www.terraform.io) terraform-provider-aws/6.2.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.36.5 ua/2.1 os/linux lang/go#1.24.4 md/GOOS#linux md/GOARCH#amd64",
    "aws-sdk-go-v2/1.36.5 ua/2.1 os/linux lang/go#1.24.4 md/GOOS#linux md/GOARCH#arm64 exec-env/AWS_ECS_FARGATE api/dynamodb#1.43.4 m/E,e",
    "Boto3/1.38.46 md/Botocore#1.38.46 ua/2.1 os/linux#6.1.140-154.222.amzn2023.x86_64 md/arch#x86_64 lang/python#3.12.9 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 m/Z,b,D cfg/retry-mode#legacy Botocore/1.38.46",
    "aws-sdk-java/2.31.73 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.238 lang/java#21.0.7 md/OpenJDK_64-Bit_Server_VM#21.0.7+6-LTS md/vendor#Amazon.com_Inc. m/D,N",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
    "console.amazonaws.com",
];

/// The actions of the calls that come often.
pub fn actions() -> Vec<&'static str> {
    calls::QUIET.iter().map(|call| call.action).collect()
}

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As AWS writes it.
    Raw,
    /// As Elastic's integration indexes it, its fields nested.
    Elastic,
}

/// Makes one event after another.
#[derive(Debug)]
pub struct Stream {
    random: Random,
    quiet: Vec<Shape>,
    /// For each turn of the weights, which of `quiet` comes.
    deck: Vec<usize>,
    share: Shape,
    decoys: [Shape; 3],
    accounts: Vec<String>,
    /// What was made so far.
    pub made: Made,
}

/// What a stream holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// Events.
    pub events: u64,
    /// Events that hold the needle.
    pub needles: u64,
    /// What is to be found: the snapshot, and the account that it is shared with.
    pub answers: BTreeSet<(String, String)>,
}

struct Caller<'s> {
    kind: &'static str,
    account: &'s str,
    name: &'static str,
    id: String,
    key: String,
}

impl Stream {
    /// A stream with this seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let weighted = calls::QUIET.iter().enumerate();
        Self {
            deck: weighted.flat_map(|(at, call)| std::iter::repeat_n(at, call.weight as usize)).collect(),
            quiet: calls::QUIET.iter().map(Shape::new).collect(),
            share: Shape::new(&calls::SHARE),
            decoys: [&calls::UNSHARE, &calls::SHARE_INSIDE, &calls::LOOKUP].map(|call: &Call| Shape::new(call)),
            accounts: (0..12).map(|_| format!("1{}", random.text(DIGITS, 11))).collect(),
            random,
            made: Made::default(),
        }
    }

    /// Adds the next event to `out`, without a line end.
    pub fn event(&mut self, form: Form, out: &mut String) {
        self.made.events += 1;
        let random = &mut self.random;
        let (is_alert, is_decoy) = (random.below(EVENTS_PER_ALERT) == 0, random.below(EVENTS_PER_DECOY) == 0);
        let any = *random.pick(&self.deck);
        let decoy = random.below(4) as usize;
        // The fourth decoy is a call that was refused.
        let (shape, refused) = match (is_alert, is_decoy) {
            (true, _) => (&self.share, false),
            (false, true) => self.decoys.get(decoy).map_or((&self.share, true), |shape| (shape, false)),
            (false, false) => (&self.quiet[any], random.below(25) == 0),
        };
        let (account, name) = (random.pick(&self.accounts).as_str(), *random.pick(&NAMES));
        let uuid = |random: &mut Random| {
            let (a, b) = (random.next(), random.next());
            let (c, d) = (a & 0xFFF, b >> 48 & 0xFFF);
            format!("{:08x}-{:04x}-4{c:03x}-a{d:03x}-{:012x}", a >> 32, a >> 16 & 0xFFFF, b & 0xFFFF_FFFF_FFFF)
        };
        let gaps: Gaps = [
            account.to_owned(),
            // No account of ours begins with 2.
            format!("2{}", random.text(DIGITS, 11)),
            random.text(HEX, 17),
            random.text(HEX, 17),
            random.text(CAPITALS, 16),
            uuid(random),
            uuid(random),
            name.to_owned(),
        ];
        let kind = match random.below(100) {
            0 => "Root",
            1..40 => "IAMUser",
            _ => "AssumedRole",
        };
        let caller = Caller { kind, account, name, id: random.text(CAPITALS, 17), key: random.text(CAPITALS, 16) };
        let time = format!(
            "2026-11-{:02}T{:02}:{:02}:{:02}",
            random.below(24) + 1,
            random.below(24),
            random.below(60),
            random.below(60)
        );
        let event = Parts {
            shape,
            gaps: &gaps,
            caller,
            time,
            region: *random.pick(&REGIONS),
            agent: *random.pick(&AGENTS),
            address: format!("198.51.{}.{}", random.below(256), random.below(256)),
            event_id: uuid(random),
            refused,
        };
        let written = match form {
            Form::Raw => event.raw(out),
            Form::Elastic => event.elastic(out),
        };
        written.expect("a string takes everything");
        self.made.needles += u64::from(is_alert || is_decoy);
        if is_alert {
            self.made.answers.insert((format!("snap-{}", gaps[2]), gaps[1].clone()));
        }
    }
}

/// All that an event is made of.
struct Parts<'s> {
    shape: &'s Shape,
    gaps: &'s Gaps,
    caller: Caller<'s>,
    time: String,
    region: &'static str,
    agent: &'static str,
    address: String,
    event_id: String,
    refused: bool,
}

impl Parts<'_> {
    fn arn(&self) -> String {
        let Caller { kind, account, name, key, .. } = &self.caller;
        match *kind {
            "Root" => format!("arn:aws:iam::{account}:root"),
            "IAMUser" => format!("arn:aws:iam::{account}:user/{name}"),
            _ => format!("arn:aws:sts::{account}:assumed-role/{name}-deploy/{key}"),
        }
    }

    fn message(&self) -> String {
        let Self { shape: Shape { service, action, .. }, .. } = self;
        format!(
            "User: {} is not authorized to perform: {service}:{action} because no identity-based policy allows the {service}:{action} action",
            self.arn()
        )
    }

    fn raw(&self, out: &mut String) -> std::fmt::Result {
        let Self { shape, gaps, caller, time, region, agent, address, event_id, refused } = self;
        let Caller { kind, account, name, id, key } = caller;
        write!(out, r#"{{"eventVersion":"1.11","userIdentity":{{"type":"{kind}","principalId":"#)?;
        match *kind {
            "Root" => write!(out, r#""{account}","arn":"{}","accountId":"{account}","accessKeyId":"""#, self.arn())?,
            "IAMUser" => write!(
                out,
                r#""AIDA{id}","arn":"{}","accountId":"{account}","accessKeyId":"AKIA{key}","userName":"{name}""#,
                self.arn()
            )?,
            _ => write!(
                out,
                r#""AROA{id}:{key}","arn":"{}","accountId":"{account}","accessKeyId":"ASIA{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{id}","arn":"arn:aws:iam::{account}:role/{name}-deploy","accountId":"{account}","userName":"{name}-deploy"}},"attributes":{{"creationDate":"{time}Z","mfaAuthenticated":"false"}}}}"#,
                self.arn()
            )?,
        }
        let Shape { service, action, read_only, parameters, response } = shape;
        write!(
            out,
            r#"}},"eventTime":"{time}Z","eventSource":"{service}.amazonaws.com","eventName":"{action}","awsRegion":"{region}","sourceIPAddress":"{address}","userAgent":"{agent}","#
        )?;
        if *refused {
            write!(out, r#""errorCode":"AccessDenied","errorMessage":"{}","#, self.message())?;
        }
        out.push_str("\"requestParameters\":");
        parameters.raw.fill(gaps, out);
        out.push_str(",\"responseElements\":");
        if *refused {
            out.push_str("null");
        } else {
            response.raw.fill(gaps, out);
        }
        write!(
            out,
            r#","requestID":"{}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{region}.amazonaws.com"}}}}"#,
            gaps[6]
        )
    }

    fn elastic(&self, out: &mut String) -> std::fmt::Result {
        let Self { shape, gaps, caller, time, region, agent, address, event_id, refused } = self;
        let Caller { kind, account, name, id, key } = caller;
        let Shape { service, action, read_only, parameters, response } = shape;
        write!(out, r#"{{"@timestamp":"{time}.000Z","aws":{{"cloudtrail":{{"#)?;
        if *refused {
            write!(out, r#""error_code":"AccessDenied","error_message":"{}","#, self.message())?;
        }
        out.push_str(r#""event_category":"Management","event_type":"AwsApiCall","event_version":"1.11","#);
        let response = Some(response).filter(|_| !refused);
        let named = [("request_parameters", Some(parameters)), ("response_elements", response)];
        let named: Vec<_> = named.iter().filter_map(|(name, document)| Some((name, (*document)?))).collect();
        out.push_str("\"flattened\":{");
        for (name, pruned) in named.iter().filter_map(|(name, document)| Some((name, document.pruned.as_ref()?))) {
            let comma = if out.ends_with('{') { "" } else { "," };
            write!(out, "{comma}\"{name}\":")?;
            pruned.fill(gaps, out);
        }
        write!(
            out,
            r#"}},"management_event":true,"read_only":{read_only},"recipient_account_id":"{account}","request_id":"{}""#,
            gaps[6]
        )?;
        for (name, java) in named.iter().filter_map(|(name, document)| Some((name, document.java.as_ref()?))) {
            write!(out, ",\"{name}\":")?;
            java.fill(gaps, out);
        }
        write!(out, r#","user_identity":{{"access_key_id":"ASIA{key}","arn":"{}","#, self.arn())?;
        if *kind == "AssumedRole" {
            write!(
                out,
                r#""session_context":{{"creation_date":"{time}.000Z","mfa_authenticated":"false","session_issuer":{{"account_id":"{account}","arn":"arn:aws:iam::{account}:role/{name}-deploy","principal_id":"AROA{id}","type":"Role"}}}},"#
            )?;
        }
        let outcome = if *refused { "failure" } else { "success" };
        write!(
            out,
            r#""type":"{kind}"}}}}}},"cloud":{{"account":{{"id":"{account}"}},"provider":"aws","region":"{region}"}},"data_stream":{{"dataset":"aws.cloudtrail","namespace":"default","type":"logs"}},"ecs":{{"version":"8.17.0"}},"event":{{"action":"{action}","created":"{time}.512Z","dataset":"aws.cloudtrail","id":"{event_id}","kind":"event","module":"aws","outcome":"{outcome}","provider":"{service}.amazonaws.com","type":["info"]}},"related":{{"user":["{name}","{account}"]}},"source":{{"address":"{address}","ip":"{address}"}},"tags":["forwarded","aws-cloudtrail"],"tls":{{"cipher":"TLS_AES_128_GCM_SHA256","version":"1.3","version_protocol":"tls"}},"user":{{"id":"AROA{id}","name":"{name}"}},"user_agent":{{"original":"{agent}"}}}}"#
        )
    }
}
