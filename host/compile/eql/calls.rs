//! EQL's functions, in a script.

use super::super::ir::{Expression, Fold, Function, Test, TextPattern};
use super::super::problem::{Problem, Reason};
use super::lower::{Lower, mistake, networks, regex};
use super::parse::{Node, What};

impl Lower {
    pub(super) fn call(
        &mut self,
        node: &Node,
        name: &str,
        fold: bool,
        arguments: &[Node],
    ) -> Result<Expression, Problem> {
        let lower = name.to_ascii_lowercase();
        let function = match (lower.as_str(), fold) {
            ("add", false) => Function::Add,
            ("subtract", false) => Function::Subtract,
            ("multiply", false) => Function::Multiply,
            ("divide", false) => Function::Divide,
            ("modulo", false) => Function::Modulo,
            ("length", false) => Function::LengthUtf16,
            ("concat", false) => Function::Concat,
            ("string", false) => Function::ToText,
            ("number", false) if arguments.len() > 1 => Function::ToNumberBased,
            ("number", false) => Function::ToNumber,
            ("substring", false) => Function::Slice,
            ("indexof", false) => Function::IndexOf,
            ("indexof", true) => Function::IndexOfFolded,
            ("between", false) => Function::Between,
            ("between", true) => Function::BetweenFolded,
            ("startswith", false) => Function::StartsWith,
            ("startswith", true) => Function::StartsWithFolded,
            ("endswith", false) => Function::EndsWith,
            ("endswith", true) => Function::EndsWithFolded,
            ("stringcontains", false) => Function::Contains,
            ("stringcontains", true) => Function::ContainsFolded,
            ("cidrmatch", false) | ("wildcard" | "match", _) => {
                return self.test_call(node, &lower, fold, arguments);
            }
            _ => {
                let tilde = if fold { "~" } else { "" };
                return mistake(node, format!("EQL has no function `{name}{tilde}`"));
            }
        };
        let counts = match lower.as_str() {
            "length" | "string" => 1..=1,
            "number" => 1..=2,
            "substring" | "indexof" => 2..=3,
            "between" => 3..=5,
            "concat" => 1..=usize::MAX,
            _ => 2..=2,
        };
        if !counts.contains(&arguments.len()) {
            return mistake(node, format!("`{name}` does not take {} arguments", arguments.len()));
        }
        if lower == "between" && arguments.len() == 5 {
            return Err(Problem::refusal(node.span.clone(), Reason::Construct, "between(…, greedy, case)"));
        }
        let arithmetic = matches!(lower.as_str(), "add" | "subtract" | "multiply" | "divide" | "modulo");
        let computed: Result<Vec<_>, _> = arguments
            .iter()
            .map(|argument| if arithmetic { self.number(argument) } else { self.expression(argument) })
            .collect();
        Ok(Expression::Call(function, computed?))
    }

    fn test_call(&mut self, node: &Node, name: &str, fold: bool, arguments: &[Node]) -> Result<Expression, Problem> {
        let [of, constants @ ..] = arguments else { return mistake(node, "expected arguments") };
        if constants.is_empty() {
            return mistake(node, "expected something to compare with");
        }
        let of = self.expression(of)?;
        let fold_as = if fold { Fold::Simple } else { Fold::Exact };
        let mut parts = Vec::new();
        if name == "cidrmatch" {
            return Ok(Expression::Test(Box::new(of), Test::Networks(networks(constants)?)));
        }
        for constant in constants {
            let test = match (&constant.what, name) {
                (What::Text(_), "match") => Test::Regex(regex(constant, fold)?),
                (What::Text(text), _) => Test::Text(vec![TextPattern::wildcard(text)], fold_as),
                _ => return mistake(constant, "expected a string"),
            };
            parts.push(Expression::Test(Box::new(of.clone()), test));
        }
        Ok(Expression::Call(Function::Or, parts))
    }
}
