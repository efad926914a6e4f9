//! Counting what became of the events, and the exit code that follows.

/// What became of the events of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events read: lines that are not blank, and the records of wrapped lines.
    pub events: u64,
    /// Bytes of events read, line ends included.
    pub bytes: u64,
    /// Events in which a rule found something.
    pub matched: u64,
    /// Findings of all rules.
    pub alerts: u64,
    /// Events that are no JSON object, of those that were looked at.
    pub malformed: u64,
    /// Events longer than `--event-bytes-max`.
    pub too_long: u64,
    /// Events that a rule failed to judge.
    pub failed: u64,
    /// Events that a rule did not see because it rested after failures.
    pub unseen: u64,
    /// Inputs that broke off: a wrapped line that ends among its records, a line within which the run was stopped.
    pub broken_off: u64,
    /// Inputs that could not be opened, or not be read to their end.
    pub unread: u64,
    /// How the first event begins, where none of those that were looked at is of a kind that any rule reads.
    pub foreign: Option<String>,
    /// Of each enabled rule the counts of its own.
    pub rules: Vec<RuleCounts>,
}

/// What one rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// The rule's id.
    pub id: String,
    /// The name by which the operator called the rule's component.
    pub component: String,
    /// Its findings.
    pub alerts: u64,
    /// Events that it failed to judge.
    pub failed: u64,
    /// Events that concern it and that it did not see because it rested.
    pub unseen: u64,
    /// Whether it rests.
    pub resting: bool,
}

impl Counts {
    /// Whether every event was judged.
    pub fn all_judged(&self) -> bool {
        self.malformed + self.too_long + self.failed + self.unseen + self.broken_off + self.unread == 0
    }

    /// One line for people. What did not happen is left out.
    pub fn line(&self) -> String {
        let number = |count: u64, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let mut line = format!(
            "{}, {} matched, {}",
            number(self.events, "event", "events"),
            self.matched,
            number(self.alerts, "alert", "alerts")
        );
        for (count, what) in [
            (self.malformed, "malformed"),
            (self.too_long, "too long"),
            (self.failed, "failed"),
            (self.unseen, "unseen"),
            (self.broken_off, "broken off"),
            (self.unread, "unread"),
            (self.rules.iter().filter(|rule| rule.resting).count() as u64, "resting"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {what}"));
            }
        }
        if let Some(begins) = &self.foreign {
            line.push_str(&format!("; no rule reads events of this kind: {begins}"));
        }
        line
    }

    /// The same as JSON.
    pub fn json(&self) -> String {
        let rule = |rule: &RuleCounts| {
            serde_json::json!({
                "id": rule.id, "component": rule.component, "alerts": rule.alerts, "failed": rule.failed,
                "unseen": rule.unseen, "resting": rule.resting,
            })
        };
        serde_json::json!({
            "events": self.events, "bytes": self.bytes, "matched": self.matched, "alerts": self.alerts,
            "malformed": self.malformed, "too_long": self.too_long, "failed": self.failed, "unseen": self.unseen,
            "broken_off": self.broken_off, "unread": self.unread,
            "foreign": self.foreign,
            "rules": self.rules.iter().map(rule).collect::<Vec<_>>(),
        })
        .to_string()
    }
}
