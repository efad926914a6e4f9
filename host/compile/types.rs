//! The types of fields: which are not `keyword`, and what that makes of a condition.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::ir::Analyzer;

/// How a field's values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// As one text. So is every field that is not in the table.
    Keyword,
    /// As one text, except for KQL's wildcards with blanks.
    Wildcard,
    /// As tokens.
    Text(Analyzer),
    /// As a whole number.
    Whole,
    /// As a floating number.
    Float,
    /// As a boolean.
    Boolean,
    /// As an address.
    Ip,
    /// As a time.
    Date,
    /// Has no value of its own: its members do.
    Object,
}

impl Type {
    /// Is the type of a field, by its dotted path.
    ///
    /// A sub-field, `process.command_line.text`, is what it is made of: see [`parent`].
    pub fn of(path: &str) -> Self {
        static TABLE: OnceLock<HashMap<&'static str, Type>> = OnceLock::new();
        TABLE.get_or_init(table).get(path).copied().unwrap_or(Self::Keyword)
    }

    /// Says whether its values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Whole | Self::Float)
    }
}

/// Is the path from which a sub-field takes its values, which an event does not have: `process.name.text` is
/// `process.name`, analysed. The second part is the sub-field's own type.
pub fn parent(path: &str) -> Option<(&str, Type)> {
    for (ending, of) in
        [(".text", Type::Text(Analyzer::Standard)), (".caseless", Type::Keyword), (".keyword", Type::Keyword)]
    {
        if let Some(parent) = path.strip_suffix(ending)
            && parent.contains('.')
            && !(ending == ".text" && parent.ends_with("dns"))
        {
            return Some((parent, of));
        }
    }
    None
}

fn table() -> HashMap<&'static str, Type> {
    let mut table = HashMap::new();
    for line in include_str!("types.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let of = match words.next() {
            Some("boolean") => Type::Boolean,
            Some("whole") => Type::Whole,
            Some("float") => Type::Float,
            Some("date") => Type::Date,
            Some("ip") => Type::Ip,
            Some("wildcard") => Type::Wildcard,
            Some("text") => Type::Text(Analyzer::Standard),
            Some("powershell") => Type::Text(Analyzer::PowerShell),
            Some("object") => Type::Object,
            _ => continue,
        };
        table.extend(words.map(|path| (path, of)));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_is_not_a_keyword() {
        assert_eq!(Type::of("process.pid"), Type::Whole);
        assert_eq!(Type::of("source.ip"), Type::Ip);
        assert_eq!(Type::of("powershell.file.script_block_text"), Type::Text(Analyzer::PowerShell));
        assert_eq!(Type::of("process.name"), Type::Keyword);
        assert_eq!(Type::of("process.command_line"), Type::Wildcard);
        assert_eq!(parent("process.command_line.text"), Some(("process.command_line", Type::Text(Analyzer::Standard))));
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let lines = include_str!("types.txt").lines().filter(|line| !line.starts_with('#'));
        let fields: usize = lines.map(|line| line.split(' ').count() - 1).sum();
        assert_eq!(table().len(), fields, "a type is unknown, or a field stands twice");
    }
}
