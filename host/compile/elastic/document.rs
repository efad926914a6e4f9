//! TOML with places: reads what a rule's file holds, and tells where each thing stands.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::compile::problem::Problem;

/// A value, with its place in the file.
#[derive(Clone, Copy)]
pub(super) struct Node<'d> {
    value: &'d Spanned<DeValue<'d>>,
}

/// A table.
#[derive(Clone, Copy)]
pub(super) struct Table<'d> {
    table: &'d DeTable<'d>,
}

/// Parses a file.
pub(super) fn parse(text: &str) -> Result<DeTable<'_>, Problem> {
    match DeTable::parse(text) {
        Ok(table) => Ok(table.into_inner()),
        Err(error) => Err(Problem::mistake(error.span().unwrap_or(0..0), error.message())),
    }
}

impl<'d> Table<'d> {
    pub(super) fn new(table: &'d DeTable<'d>) -> Self {
        Self { table }
    }

    pub(super) fn get(self, name: &str) -> Option<Node<'d>> {
        self.table.get(name).map(|value| Node { value })
    }

    /// Goes through the members, in the order of their names.
    pub(super) fn members(self) -> impl Iterator<Item = (&'d Spanned<DeString<'d>>, Node<'d>)> {
        self.table.iter().map(|(key, value)| (key, Node { value }))
    }

    pub(super) fn text(self, name: &str) -> Result<Option<&'d str>, Problem> {
        self.get(name).map(Node::text).transpose()
    }

    /// Is a text, or nothing if the member is not there.
    pub(super) fn owned(self, name: &str) -> Result<String, Problem> {
        Ok(self.text(name)?.unwrap_or_default().to_owned())
    }

    pub(super) fn texts(self, name: &str) -> Result<Vec<String>, Problem> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        node.items()?.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    pub(super) fn tables(self, name: &str) -> Result<Vec<Table<'d>>, Problem> {
        let Some(node) = self.get(name) else { return Ok(Vec::new()) };
        node.items()?.iter().map(|item| item.table()).collect()
    }
}

impl<'d> Node<'d> {
    pub(super) fn span(self) -> Range<usize> {
        self.value.span()
    }

    pub(super) fn mistake(self, message: &str) -> Problem {
        Problem::mistake(self.span(), message)
    }

    pub(super) fn text(self) -> Result<&'d str, Problem> {
        self.value.get_ref().as_str().ok_or_else(|| self.mistake("expected a string"))
    }

    pub(super) fn boolean(self) -> Result<bool, Problem> {
        self.value.get_ref().as_bool().ok_or_else(|| self.mistake("expected true or false"))
    }

    pub(super) fn number(self) -> Result<i64, Problem> {
        let integer = self.value.get_ref().as_integer();
        let number = integer.and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok());
        number.ok_or_else(|| self.mistake("expected a whole number"))
    }

    pub(super) fn table(self) -> Result<Table<'d>, Problem> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.mistake("expected a table"))?;
        Ok(Table { table })
    }

    pub(super) fn items(self) -> Result<Vec<Node<'d>>, Problem> {
        let array = self.value.get_ref().as_array().ok_or_else(|| self.mistake("expected a list"))?;
        Ok(array.iter().map(|value| Node { value }).collect())
    }
}

/// Is where in the file each byte of a string's text stands, for a string whose raw form, with its quotes, is this.
pub(super) fn places(raw: &str, start: usize) -> impl Fn(usize) -> usize {
    let (quote, basic) = match raw {
        raw if raw.starts_with("'''") => (3, false),
        raw if raw.starts_with("\"\"\"") => (3, true),
        raw => (1, raw.starts_with('"')),
    };
    let inner = raw.get(quote..raw.len().saturating_sub(quote)).unwrap_or_default();
    let mut at = quote;
    if quote == 3 {
        // A line end right behind the quotes is no part of the text.
        at += if inner.starts_with("\r\n") { 2 } else { usize::from(inner.starts_with('\n')) };
    }
    let inner = raw.get(at..raw.len().saturating_sub(quote)).unwrap_or_default();
    let mut places = Vec::with_capacity(inner.len());
    let mut chars = inner.char_indices().peekable();
    while let Some((offset, c)) = chars.next() {
        let here = start + at + offset;
        let length = match c {
            '\r' if chars.peek().is_some_and(|&(_, next)| next == '\n') => 0,
            '\\' if basic => match chars.next() {
                Some((_, '\n' | '\r' | ' ' | '\t')) => {
                    while chars.next_if(|&(_, c)| c.is_ascii_whitespace()).is_some() {}
                    0
                }
                Some((_, sort @ ('u' | 'U' | 'x'))) => {
                    let count = match sort {
                        'u' => 4,
                        'U' => 8,
                        _ => 2,
                    };
                    let hex: String = (0..count).filter_map(|_| chars.next()).map(|(_, c)| c).collect();
                    u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).map_or(1, char::len_utf8)
                }
                _ => 1,
            },
            c => c.len_utf8(),
        };
        places.extend(std::iter::repeat_n(here, length));
    }
    let end = start + at + inner.len();
    move |byte| places.get(byte).copied().unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_where_a_byte_stands() {
        let place = places("'''\nab\ncd'''", 10);
        assert_eq!((place(0), place(3), place(5)), (14, 17, 19));
        let place = places(r#""a\\b\u00e9c""#, 0);
        assert_eq!((place(0), place(1), place(2), place(3), place(5)), (1, 2, 4, 5, 11));
        let place = places("\"\"\"\na \\\n   b\"\"\"", 0);
        assert_eq!((place(0), place(2)), (4, 11));
    }
}
