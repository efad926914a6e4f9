//! Finding the array whose elements are the events: `{"Records":[{…},{…}]}`, and what else wraps many.
//!
//! Nothing here needs the whole value: it may be hundreds of megabytes long. How its elements are taken apart is left to
//! [`values`](super::values).

use std::borrow::Cow;

use super::follow::{End, Value};

/// Which array of a value holds the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwrap(Way);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    /// A line is an event, whatever it holds.
    Never,
    /// What is known to wrap many is told by its first members.
    Known,
    /// The names on the way to the array.
    At(Vec<String>),
}

/// A text that is no JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPointer;

impl std::fmt::Display for NoPointer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a JSON pointer")
    }
}

impl std::error::Error for NoPointer {}

/// What is told by the beginning of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A value as any other.
    Plain,
    /// It wraps others.
    Inside {
        /// The first byte inside the array.
        at: usize,
        /// How many objects the array lies in.
        depth: usize,
    },
    /// It may hold others as base64.
    Encoded,
    /// Not to be told from so few bytes.
    More,
}

/// An array of events.
struct Known {
    path: &'static [&'static str],
    /// Whether it may stand behind other members, as long as the object begins as one of [`BEGINNINGS`].
    anywhere: bool,
}

const fn first(path: &'static [&'static str]) -> Known {
    Known { path, anywhere: false }
}

const fn anywhere(path: &'static [&'static str]) -> Known {
    Known { path, anywhere: true }
}

/// The arrays that are known to hold events.
const KNOWN: [Known; 15] = [
    // CloudTrail's delivery files, and the notices of SQS, SNS, S3 and Kinesis.
    anywhere(&["Records"]),
    // Azure's diagnostic logs, Firehose.
    anywhere(&["records"]),
    // `aws cloudtrail lookup-events`.
    anywhere(&["Events"]),
    first(&["events"]),
    // CloudWatch Logs: subscriptions; `aws logs get-log-events` and `filter-log-events` give `events`.
    anywhere(&["logEvents"]),
    // Elasticsearch, OpenSearch.
    anywhere(&["hits", "hits"]),
    // OData: Microsoft Graph, Azure.
    anywhere(&["value"]),
    // Splunk.
    anywhere(&["results"]),
    // StreamAlert, and the same in the envelopes of EventBridge.
    anywhere(&["data", "Records"]),
    anywhere(&["data", "records"]),
    anywhere(&["data", "events"]),
    anywhere(&["detail", "Records"]),
    anywhere(&["detail", "records"]),
    anywhere(&["detail", "events"]),
    first(&["items"]),
];

/// The first members of objects that wrap many: their first bytes tell them from events. The arrays themselves, and what
/// stands before them.
const BEGINNINGS: [&str; 28] = [
    "Records",
    "records",
    "Events",
    "events",
    "logEvents",
    "hits",
    "value",
    "results",
    "data",
    "detail",
    "items",
    // CloudWatch Logs.
    "messageType",
    "owner",
    "logGroup",
    "awslogs",
    // Elasticsearch, OpenSearch.
    "took",
    "timed_out",
    "_scroll_id",
    "_shards",
    "pit_id",
    // OData.
    "@odata.context",
    // Firehose.
    "invocationId",
    "requestId",
    // Pages of AWS's commands.
    "NextToken",
    "nextToken",
    // Splunk.
    "preview",
    "init_offset",
    // EventBridge.
    "version",
];

/// Which of the beginnings begin with each byte, a bit each.
const BY_FIRST_BYTE: [u32; 256] = {
    let mut bits = [0; 256];
    let mut at = 0;
    while at < BEGINNINGS.len() {
        bits[BEGINNINGS[at].as_bytes()[0] as usize] |= 1 << at;
        at += 1;
    }
    // An escape may be any character.
    bits[b'\\' as usize] = u32::MAX;
    bits
};

/// So much of a value is looked at, where nobody said which array it is.
const LOOK_BYTES_MAX: usize = 64 << 10;

impl Default for Unwrap {
    /// What is known to wrap many: CloudTrail's delivery files, CloudWatch, Elasticsearch, and what else is told by its
    /// first members.
    fn default() -> Self {
        Self(Way::Known)
    }
}

impl Unwrap {
    /// A line is an event, whatever it holds.
    pub fn none() -> Self {
        Self(Way::Never)
    }

    /// The array at a JSON pointer (RFC 6901): `/Records`, `/a/b`, or empty for a value that is an array itself.
    pub fn at(pointer: &str) -> Result<Self, NoPointer> {
        let mut names = pointer.split('/');
        if names.next() != Some("") {
            return Err(NoPointer);
        }
        Ok(Self(Way::At(names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect())))
    }

    /// Whether it can be that anything is unwrapped.
    pub(crate) fn looks(&self) -> bool {
        self.0 != Way::Never
    }

    /// Whether what is known is unwrapped, base64 too.
    pub(crate) fn is_known(&self) -> bool {
        self.0 == Way::Known
    }

    /// Whether the beginning of a value shows at once that it wraps nothing.
    #[inline]
    pub(crate) fn is_plain(&self, value: &[u8]) -> bool {
        match self.0 {
            Way::Never => true,
            Way::At(_) => false,
            // Nearly every line is told by these bytes.
            Way::Known => match value {
                [b'{', b'"', first, ..] => {
                    let mut bits = BY_FIRST_BYTE[usize::from(*first)];
                    if bits == u32::MAX {
                        return false;
                    }
                    while bits != 0 {
                        if begins(&value[2..], BEGINNINGS[bits.trailing_zeros() as usize].as_bytes()) {
                            return false;
                        }
                        bits &= bits - 1;
                    }
                    true
                }
                [] | [b'{'] | [b'{', b'"'] | [b'{', b' ' | b'\t' | b'\r' | b'\n', ..] => false,
                [b'[' | b' ' | b'\t' | b'\r', ..] => false,
                _ => true,
            },
        }
    }

    /// Looks at the beginning of a value. `is_whole` says whether it does not go on behind these bytes.
    pub(crate) fn look(&self, value: &[u8], is_whole: bool, event_bytes_max: usize) -> Look {
        if self.is_plain(value) {
            return Look::Plain;
        }
        // What stands before the array is no longer than an event: the same whatever is at hand.
        let max = if self.is_known() { event_bytes_max.min(LOOK_BYTES_MAX) } else { event_bytes_max };
        let is_whole = is_whole || value.len() > max;
        let mut reader = Reader { value: &value[..value.len().min(max)], at: 0 };
        let looked = match &self.0 {
            Way::Never => Ok(Look::Plain),
            Way::Known => reader.known(),
            Way::At(path) => reader.find(path).map(|found| match found {
                true => Look::Inside { at: reader.at, depth: path.len() },
                false => Look::Plain,
            }),
        };
        match looked {
            Ok(look) => look,
            Err(Short) if is_whole => Look::Plain,
            Err(Short) => Look::More,
        }
    }
}

/// Whether a name begins so, as far as there are bytes and up to an escape, which may be any character.
#[inline]
fn begins(bytes: &[u8], name: &[u8]) -> bool {
    let alike = bytes.iter().zip(name).take_while(|(one, other)| one == other).count();
    match bytes.get(alike) {
        None | Some(b'\\') => true,
        Some(byte) => alike == name.len() && *byte == b'"',
    }
}

/// The text of a member of an object, at the end of a path.
pub(crate) fn text_at<'v>(value: &'v [u8], path: &[&str]) -> Option<Cow<'v, str>> {
    let mut reader = Reader { value, at: 0 };
    let mut rest = path;
    while let Some((name, behind)) = rest.split_first() {
        if !reader.member(name).ok()? {
            return None;
        }
        rest = behind;
    }
    let start = reader.token().ok()?;
    if value[start] != b'"' {
        return None;
    }
    reader.value().ok()?;
    text(&value[start..reader.at])
}

/// The text of a JSON string.
fn text(string: &[u8]) -> Option<Cow<'_, str>> {
    let inner = string.get(1..string.len() - 1)?;
    if inner.contains(&b'\\') {
        return serde_json::from_slice(string).ok().map(Cow::Owned);
    }
    std::str::from_utf8(inner).ok().map(Cow::Borrowed)
}

/// The bytes are at their end.
struct Short;

struct Reader<'v> {
    value: &'v [u8],
    at: usize,
}

impl<'v> Reader<'v> {
    /// Goes to the first byte inside the array, if there is one at the end of the path.
    fn find(&mut self, path: &[String]) -> Result<bool, Short> {
        for name in path {
            if !self.member(name)? {
                return Ok(false);
            }
        }
        self.take(b'[')
    }

    /// Goes to the value of a member of the object that begins here.
    fn member(&mut self, name: &str) -> Result<bool, Short> {
        if !self.take(b'{')? {
            return Ok(false);
        }
        loop {
            let Some(own) = self.name()? else { return Ok(false) };
            if own == name {
                return Ok(true);
            }
            self.value()?;
            if !self.take(b',')? {
                return Ok(false);
            }
        }
    }

    /// Tells what is known to wrap many.
    fn known(&mut self) -> Result<Look, Short> {
        if self.take(b'[')? {
            let at = self.at;
            return Ok(if self.peek()? == b'{' { Look::Inside { at, depth: 0 } } else { Look::Plain });
        }
        if !self.take(b'{')? {
            return Ok(Look::Plain);
        }
        let mut is_first = true;
        loop {
            let Some(name) = self.name()? else { return Ok(Look::Plain) };
            if is_first && !BEGINNINGS.contains(&&*name) {
                return Ok(Look::Plain);
            }
            if is_first && name == "awslogs" {
                return Ok(Look::Encoded);
            }
            let (start, mut is_short) = (self.at, false);
            for known in KNOWN.iter().filter(|known| known.path[0] == name && (is_first || known.anywhere)) {
                self.at = start;
                match self.leads_to_array(known.path, is_first) {
                    Ok(true) => return Ok(Look::Inside { at: self.at, depth: known.path.len() }),
                    Ok(false) => {}
                    Err(Short) => is_short = true,
                }
            }
            if is_short {
                return Err(Short);
            }
            self.at = start;
            self.token()?;
            self.value()?;
            if !self.take(b',')? {
                return Ok(Look::Plain);
            }
            is_first = false;
        }
    }

    /// Goes into the array to which the rest of a path leads from a value.
    fn leads_to_array(&mut self, path: &[&str], is_first: bool) -> Result<bool, Short> {
        match path {
            [_, inner] => Ok(self.member(inner)? && self.array(false)?),
            // CloudTrail's, whatever it holds: it may be empty.
            _ => self.array(is_first && path == ["Records"]),
        }
    }

    /// Goes into an array of objects, or of anything.
    fn array(&mut self, of_anything: bool) -> Result<bool, Short> {
        if !self.take(b'[')? {
            return Ok(false);
        }
        let inside = self.at;
        let found = of_anything || self.peek()? == b'{';
        self.at = inside;
        Ok(found)
    }

    /// A member's name; goes to its value.
    fn name(&mut self) -> Result<Option<Cow<'v, str>>, Short> {
        let start = self.token()?;
        if self.value[start] != b'"' {
            return Ok(None);
        }
        self.value()?;
        let name = text(&self.value[start..self.at]);
        if !self.take(b':')? {
            return Ok(None);
        }
        self.token()?;
        // A name that is no text is nobody's.
        Ok(Some(name.unwrap_or(Cow::Borrowed("\0"))))
    }

    /// Passes white space.
    fn token(&mut self) -> Result<usize, Short> {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
        self.at += self.value[self.at..].iter().position(|byte| !space(byte)).ok_or(Short)?;
        Ok(self.at)
    }

    fn peek(&mut self) -> Result<u8, Short> {
        Ok(self.value[self.token()?])
    }

    fn take(&mut self, byte: u8) -> Result<bool, Short> {
        let found = self.peek()? == byte;
        self.at += usize::from(found);
        Ok(found)
    }

    /// Passes a value.
    fn value(&mut self) -> Result<(), Short> {
        match Value::on_line().end(&self.value[self.at..]) {
            End::At(end) | End::Broken(end) => {
                self.at += end;
                Ok(())
            }
            End::Open => Err(Short),
        }
    }
}

#[cfg(test)]
mod tests;
