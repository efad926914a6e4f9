//! Finds security groups that open an administrator's port to the world.
//!
//! A permission is a protocol, a range of ports and lists of networks. Which of them belong together is the point: a group
//! may have port 443 for everybody and port 22 for the office.

use trommel_rule::cloudtrail::{self, Record};
use trommel_rule::{
    Cell, Column, Event, Finding, Format, Metadata, Network, Rule, SettingError, Settings, Severity, Threat, Value,
};

trommel_rule::export!(AdminPortOpen);

/// The rule, as its settings make it.
#[derive(Debug)]
pub struct AdminPortOpen {
    ports: Vec<i64>,
    exempt_groups: Vec<String>,
}

/// The calls that open ports.
const CALLS: [&str; 2] = ["AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"];

/// SSH, Telnet, RDP, WinRM, VNC, Docker, and the API of Kubernetes.
const PORTS: &[i64] = &[22, 23, 2375, 3389, 5900, 5985, 5986, 6443];

/// A network that fixes fewer bits is the world, or a part of it so large that it makes no difference: two halves of the
/// world are the whole.
const WORLD_PREFIX_V4: u32 = 8;
const WORLD_PREFIX_V6: u32 = 16;

impl Default for AdminPortOpen {
    fn default() -> Self {
        Self { ports: PORTS.into(), exempt_groups: Vec::new() }
    }
}

impl Rule for AdminPortOpen {
    fn describe() -> Metadata {
        Metadata {
            id: "io.github.trommel.aws-admin-port-open".into(),
            name: "Security group opens an administrator's port to the world".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "A rule of a security group lets every address of the internet reach a port by which machines \
                are administered. It is tried within minutes: by guessed passwords, stolen keys, or the next flaw of \
                the server behind it."
                .into(),
            triage: "1. Close it, or narrow `networks` down to where administrators are: a VPN, a bastion host, or no \
                open port at all with Session Manager.\n\
                2. Ask `caller`. Terraform and CloudFormation have their own addresses and user agents: then the mistake \
                is in the code.\n\
                3. Look for logins on the machines of `group` since `time`."
                .into(),
            authors: vec!["The trommel authors".into()],
            license: env!("CARGO_PKG_LICENSE").into(),
            severity: Severity::Medium,
            risk_score: 47,
            tags: ["Domain: Cloud", "Data Source: AWS CloudTrail", "Tactic: Defense Evasion"].map(Into::into).into(),
            references: vec![
                "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html".into(),
            ],
            threats: vec![
                Threat::new(("TA0005", "Defense Evasion"), &[(
                    "T1562.007",
                    "Impair Defenses: Disable or Modify Cloud Firewall",
                )]),
                Threat::new(("TA0001", "Initial Access"), &[("T1133", "External Remote Services")]),
            ],
            columns: vec![
                "time".into(),
                "caller".into(),
                "account".into(),
                "group".into(),
                "protocol".into(),
                Column::list("ports"),
                Column::list("networks"),
            ],
            needles: CALLS.map(Into::into).into(),
            ..Metadata::default()
        }
    }

    fn configure(mut settings: Settings<'_>) -> Result<Self, Vec<SettingError>> {
        let rule = Self {
            ports: settings.integers("ports", "The ports of administrators.", 0..=65_535, PORTS),
            exempt_groups: settings.texts("exempt_groups", "Groups that may be open, by their ids.", &Format::ANY),
        };
        settings.finish().map(|()| rule)
    }

    fn reads(event: &Event<'_>) -> bool {
        Record::is_any(event)
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        for record in cloudtrail::records(event) {
            let opens = record.action().is_one_of(&CALLS)
                & record.provider().equals("ec2.amazonaws.com")
                & record.outcome().equals("success");
            if opens.holds() {
                self.judge(&record, findings);
            }
        }
    }
}

impl AdminPortOpen {
    fn judge(&self, record: &Record<'_>, findings: &mut Vec<Finding>) {
        let parameters = record.request_parameters();
        // The one call has a list of permissions, or a single one beside the group, the other has rules in rules.
        let permissions = parameters.each("ipPermissions.items").map(Permission::of);
        let rules = parameters.each("ModifySecurityGroupRulesRequest.SecurityGroupRule");
        let rules = rules.flat_map(|rule| rule.each("SecurityGroupRule")).map(Permission::of);
        let single = Permission {
            protocol: parameters.field("ipProtocol").single().map(str::to_owned),
            from: parameters.field("fromPort").number(),
            to: parameters.field("toPort").number(),
            networks: parameters.field("cidrIp").iter().map(str::to_owned).collect(),
        };
        let mut group = parameters.field("groupId");
        if group.is_null() {
            group = parameters.field("ModifySecurityGroupRulesRequest.GroupId");
        }
        if self.exempt_groups.iter().any(|exempt| group.equals(exempt).holds()) {
            return;
        }
        for permission in permissions.chain(rules).chain([single]) {
            let networks: Vec<_> = permission.networks.iter().filter(|network| is_world(network)).collect();
            let ports: Vec<_> = self.ports.iter().filter(|port| permission.opens(**port)).collect();
            if networks.is_empty() || ports.is_empty() {
                continue;
            }
            let finding = Finding::default()
                .with("time", record.timestamp())
                .with("caller", record.caller_arn())
                .with("account", record.owner_account())
                .with("group", group.clone())
                .with("protocol", permission.protocol.as_deref())
                .with("ports", ports.into_iter().copied().collect::<Cell>())
                .with("networks", networks.into_iter().map(String::as_str).collect::<Cell>());
            findings.push(finding.of_event(record.event_id().single()));
        }
    }
}

/// What is let in.
struct Permission {
    protocol: Option<String>,
    from: Option<f64>,
    to: Option<f64>,
    networks: Vec<String>,
}

impl Permission {
    /// Reads a permission of either call: one has small letters first and lists of networks, the other a network.
    fn of(value: Value<'_>) -> Self {
        let either = |one: &str, other: &str| {
            let values = value.field(one);
            if values.is_null() { value.field(other) } else { values }
        };
        let lists = ["ipRanges.items.cidrIp", "ipv6Ranges.items.cidrIpv6", "CidrIpv4", "CidrIpv6"];
        let networks = lists.iter().flat_map(|name| value.field(name).iter().map(str::to_owned).collect::<Vec<_>>());
        Self {
            protocol: either("ipProtocol", "IpProtocol").single().map(str::to_owned),
            from: either("fromPort", "FromPort").number(),
            to: either("toPort", "ToPort").number(),
            networks: networks.collect(),
        }
    }

    /// Whether it lets TCP or all protocols in, to this port.
    fn opens(&self, port: i64) -> bool {
        let port = port as f64;
        match self.protocol.as_deref() {
            Some("-1" | "all") => true,
            Some("tcp" | "6") => {
                let (from, to) = (self.from.unwrap_or(-1.0), self.to.unwrap_or(-1.0));
                // From -1 means from the first one to the last.
                from < 0.0 || (from <= port && port <= to)
            }
            _ => false,
        }
    }
}

fn is_world(network: &str) -> bool {
    let Ok(network) = network.parse::<Network>() else { return false };
    network.prefix_len() < if network.is_v4() { WORLD_PREFIX_V4 } else { WORLD_PREFIX_V6 }
}
