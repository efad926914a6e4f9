//! Finds sign-ins of the root user.

use trommel_rule::{Event, Finding, Metadata, Rule};

#[derive(Default)]
struct RootLogin;

impl Rule for RootLogin {
    fn describe() -> Metadata {
        Metadata {
            id: "com.example.root-login".into(),
            name: "The root user signed in".into(),
            version: "1.0.0".into(),
            columns: vec!["time".into(), "address".into()],
            needles: vec!["ConsoleLogin".into()],
            ..Metadata::default()
        }
    }

    fn evaluate(&self, event: &Event<'_>, findings: &mut Vec<Finding>) {
        let root = event.field("userIdentity.type").equals("Root");
        if (root & event.field("eventName").equals("ConsoleLogin")).holds() {
            let columns = [("time", event.field("eventTime")), ("address", event.field("sourceIPAddress"))];
            findings.push(Finding::new(columns));
        }
    }
}

trommel_rule::export!(RootLogin);
