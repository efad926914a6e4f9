//! Making a finding: the columns, written as JSON in the order in which they are named.

use crate::values::write_json_string;
use crate::{Finding, Severity, Values};

impl Finding {
    /// A finding with these columns: all that the rule's metadata names, in the same order.
    pub fn new<'c>(columns: impl IntoIterator<Item = (&'c str, Values<'c>)>) -> Self {
        let mut json = String::from("{");
        for (name, values) in columns {
            if json.len() > 1 {
                json.push(',');
            }
            write_json_string(name, &mut json);
            json.push(':');
            values.write_json(&mut json);
        }
        json.push('}');
        Self { rule: 0, columns: json, severity: None, risk_score: None }
    }

    /// Raises severity and risk score above the rule's own.
    pub fn raised_to(mut self, severity: Severity, risk_score: u8) -> Self {
        self.severity = Some(severity);
        self.risk_score = Some(risk_score);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_columns_in_their_order() {
        let many = ["1", "2"].into_iter().collect::<Values<'_>>();
        let columns = [("b", "x\"\n".into()), ("a \"", Values::Null), ("c", many)];
        let finding = Finding::new(columns);
        assert_eq!(finding.columns, r#"{"b":"x\"\n","a \"":null,"c":["1","2"]}"#);
        assert_eq!((finding.rule, finding.severity, finding.risk_score), (0, None, None));
        assert_eq!(Finding::new([]).columns, "{}");
    }

    #[test]
    fn raises() {
        let finding = Finding::new([]).raised_to(Severity::High, 73);
        assert_eq!(
            (finding.columns.as_str(), finding.severity, finding.risk_score),
            ("{}", Some(Severity::High), Some(73))
        );
    }
}
