//! Reads YAML as a tree that knows where in the text each part stands.
//!
//! The scanning is `saphyr-parser`'s. Here are the tree, the anchors, and the bounds that keep a hostile text from
//! taking the machine's memory. What a value means is the reader's business.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::super::problem::{Problem, Reason};

/// How deep lists and mappings may lie in each other.
pub const NESTING_MAX: usize = 64;

/// How many values a text may hold, each use of an anchor counted anew.
pub const NODES_MAX: usize = 200_000;

/// How many bytes of text the values may hold, each use of an anchor counted anew.
pub const TEXT_BYTES_MAX: usize = 16 << 20;

/// How many keys a mapping may have. Looking for two that are alike takes time with the square of it.
const MEMBERS_MAX: usize = 2_000;

/// A value, with the bytes of the text in which it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A scalar; `plain` if it stands without quotes, and so may be more than a text. Where the source has its text as it
    /// is, `start` is the place.
    Scalar {
        text: String,
        plain: bool,
        start: Option<usize>,
    },
    List(Vec<Node>),
    /// Keys are scalars, each once.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// Is the text of a scalar that is not null.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true, .. } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Is a member of a mapping.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    pub(super) fn members(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// Is a list's items, or else the value as the only one.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Is where a byte of the scalar's text stands, as well as that can be told.
    pub(super) fn place(&self, at: usize) -> usize {
        match self.value {
            Value::Scalar { start: Some(start), .. } => start + at,
            _ if at == 0 => self.span.start,
            _ => self.span.end,
        }
    }
}

/// Reads the documents of a text.
pub(super) fn documents(text: &str) -> Result<Vec<Node>, Problem> {
    let mut reader = Reader::new(text);
    for event in Parser::new_from_str(reader.text) {
        let (event, span) = event.map_err(|error| {
            let at = reader.byte(error.marker().index());
            Problem::mistake(at..at + 1, format!("no YAML: {}", error.info()))
        })?;
        let span = reader.byte(span.start.index())..reader.byte(span.end.index());
        reader.take(event, span)?;
    }
    Ok(reader.documents)
}

/// A list or mapping that has not ended.
struct Open {
    node: Node,
    anchor: usize,
    /// The key whose value has not come.
    key: Option<Node>,
}

struct Reader<'a> {
    text: &'a str,
    /// The byte of each character, if any character has several.
    bytes: Vec<usize>,
    open: Vec<Open>,
    anchors: Vec<(usize, Node)>,
    documents: Vec<Node>,
    nodes: usize,
    text_bytes: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let bytes = if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() };
        Self { text, bytes, open: Vec::new(), anchors: Vec::new(), documents: Vec::new(), nodes: 0, text_bytes: 0 }
    }

    fn byte(&self, character: usize) -> usize {
        match self.bytes.is_empty() {
            true => character.min(self.text.len()),
            false => self.bytes.get(character).copied().unwrap_or(self.text.len()),
        }
    }

    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let start = [span.start, span.start + 1]
                    .into_iter()
                    .find(|&at| self.text.get(at..).is_some_and(|written| written.starts_with(&*text)));
                // The scanner counts blanks and comments behind a scalar as its own.
                let end = match start {
                    Some(start) => start + text.len() + (start - span.start),
                    None => span.start + self.text[span.clone()].trim_end().len(),
                };
                let value = Value::Scalar { text: text.into_owned(), plain, start };
                let node = Node { span: span.start..end.min(self.text.len()), value };
                self.close(node, anchor)
            }
            Event::SequenceStart(anchor, _) => self.enter(Node { span, value: Value::List(Vec::new()) }, anchor),
            Event::MappingStart(anchor, _) => self.enter(Node { span, value: Value::Map(Vec::new()) }, anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                None => Ok(()),
                Some(Open { mut node, anchor, .. }) => {
                    let start = node.span.start;
                    node.span.end = start + self.text[start..start.max(span.end)].trim_end().len();
                    self.close(node, anchor)
                }
            },
            Event::Alias(anchor) => {
                let Some((_, node)) = self.anchors.iter().find(|(number, _)| *number == anchor) else {
                    return Err(Problem::mistake(span, "no anchor has this name, or it holds itself"));
                };
                let mut node = node.clone();
                self.count(&node, &span)?;
                node.span = span;
                self.close(node, 0)
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => Ok(()),
        }
    }

    fn enter(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if self.open.len() >= NESTING_MAX {
            return Err(Problem::refusal(node.span, Reason::TooLarge, "lists in lists"));
        }
        self.open.push(Open { node, anchor, key: None });
        Ok(())
    }

    /// Puts a value that is whole where it belongs.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        if let Value::Scalar { .. } = node.value {
            self.count(&node, &node.span)?;
        } else {
            self.nodes += 1;
        }
        if anchor > 0 {
            self.count(&node, &node.span)?;
            self.anchors.push((anchor, node.clone()));
        }
        let Some(parent) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::Map(members), Some(key)) => members.push((key, node)),
            (Value::Map(members), None) => {
                check_key(members, &node)?;
                parent.key = Some(node);
            }
            (Value::List(items), _) => items.push(node),
            (Value::Scalar { .. }, _) => {}
        }
        Ok(())
    }

    fn count(&mut self, node: &Node, span: &Range<usize>) -> Result<(), Problem> {
        let mut rest = vec![node];
        while let Some(node) = rest.pop() {
            self.nodes += 1;
            match &node.value {
                Value::Scalar { text, .. } => self.text_bytes += text.len(),
                Value::List(items) => rest.extend(items),
                Value::Map(members) => rest.extend(members.iter().flat_map(|(key, value)| [key, value])),
            }
            if self.nodes > NODES_MAX || self.text_bytes > TEXT_BYTES_MAX {
                return Err(Problem::refusal(span.clone(), Reason::TooLarge, "so many values"));
            }
        }
        Ok(())
    }
}

fn check_key(members: &[(Node, Node)], node: &Node) -> Result<(), Problem> {
    let Value::Scalar { text: key, .. } = &node.value else {
        return Err(Problem::mistake(node.span.clone(), "a key must be a text"));
    };
    if key == "<<" {
        return Err(Problem::refusal(node.span.clone(), Reason::Construct, "<<"));
    }
    if members.len() >= MEMBERS_MAX {
        return Err(Problem::refusal(node.span.clone(), Reason::TooLarge, "a mapping of so many keys"));
    }
    if members.iter().any(|(other, _)| matches!(&other.value, Value::Scalar { text, .. } if text == key)) {
        return Err(Problem::mistake(node.span.clone(), format!("the key `{key}` stands here twice"))
            .with_hint("one of the two would be lost: rename it, or give one key a list"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Problem {
        documents(text).unwrap_err()
    }

    #[test]
    fn knows_where_everything_stands() {
        let text = "é: 1\nb:\n  - 'x''y'\n  - null\n";
        let root = &documents(text).unwrap()[0];
        assert_eq!(&text[root.get("é").unwrap().span.clone()], "1");
        let items = root.get("b").unwrap().items();
        assert_eq!(&text[items[0].span.clone()], "'x''y'");
        assert_eq!(items[0].text(), Some("x'y"));
        assert!(items[1].is_null());
    }

    #[test]
    fn tells_mistakes_with_their_place() {
        assert_eq!(refused("a: 1\na: 2\n").span, 5..6);
        assert!(refused("a: [1\nb: 2").span.start > 0);
        assert_eq!(refused("? [a]\n: 1\n").span.start, 2);
    }

    #[test]
    fn reads_anchors_within_bounds() {
        let root = &documents("a: &x [1, 2]\nb: *x\n").unwrap()[0];
        assert_eq!(root.get("b").unwrap().items().len(), 2);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..10 {
            let before = n - 1;
            bomb.push_str(&format!(
                "a{n}: &a{n} [*a{before}, *a{before}, *a{before}, *a{before}, *a{before}, *a{before}]\n"
            ));
        }
        assert!(matches!(refused(&bomb).what, super::super::super::problem::What::Refusal { .. }));
        refused("a: &a [*a]");
        refused(&"[".repeat(100_000));
    }
}
