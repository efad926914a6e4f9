//! Finding values by names that are not written as the event writes them.
//!
//! [`Value::field`] takes a name as it stands. Here a name also leads past positions in lists (`items.0.userId`,
//! `items{}.userId`), into texts that are JSON or Java's text of a map, and, where it is asked for, it is compared by
//! letters and digits alone: `userIdentity.accountId` is `UserIdentityAccountId` and `user_identity_account_id`.

use std::borrow::Cow;

use crate::envelope;
use crate::event::{Event, Value};
use crate::scan::Kind;

/// How two names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    /// Letter by letter.
    Exactly,
    /// By letters and digits, whatever their case and whatever stands between them.
    ByLetters,
}

/// Every place to which the name leads, below an object of this event.
#[inline(never)]
pub(crate) fn find<'e>(event: &'e Event<'e>, object: Value<'e>, name: &str, how: Compare) -> Vec<Value<'e>> {
    let name: Cow<'_, str> = match how {
        Compare::Exactly => name.into(),
        Compare::ByLetters => letters(name).into(),
    };
    let mut places = Vec::new();
    search(event, object, &name, how, &mut places);
    places
}

/// A name's letters and digits, in small letters. What is not ASCII stays as it is.
#[inline(never)]
pub(crate) fn letters(name: &str) -> String {
    let kept = name.chars().filter(|letter| letter.is_ascii_alphanumeric() || !letter.is_ascii());
    kept.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// A name's [`letters`], positions in it passed over.
pub(crate) fn letters_without_positions(name: &str) -> String {
    let parts = name.split(SEPARATORS).filter(|part| !is_position(part));
    parts.map(letters).collect()
}

fn search<'e>(event: &'e Event<'e>, value: Value<'e>, name: &str, how: Compare, places: &mut Vec<Value<'e>>) {
    match value.kind() {
        Kind::Object => {
            for member in value.all_children() {
                match behind(name, &member.name(), how) {
                    Some("") => places.push(member),
                    Some(rest) => search(event, member, rest, how, places),
                    None => {}
                }
            }
        }
        Kind::Array => value.all_children().into_iter().for_each(|element| search(event, element, name, how, places)),
        Kind::String => {
            if let Some(spelled) = envelope::opened(event, value) {
                let root = spelled.root();
                // A list that was put into an object is gone through as any other.
                let inside = root.children().next().filter(|only| only.kind() == Kind::Array && only.name().is_empty());
                search(spelled, inside.unwrap_or(root), name, how, places);
            }
        }
        Kind::Null | Kind::Boolean | Kind::Number => {}
    }
}

/// What stands between the parts of a name.
const SEPARATORS: [char; 5] = ['.', '[', ']', '{', '}'];

fn is_position(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// What of a name is left behind a member's own name, positions in it passed over, if it begins with that.
fn behind<'n>(mut name: &'n str, own: &str, how: Compare) -> Option<&'n str> {
    // Most names are told by their first letter.
    if let (Compare::Exactly, Some(first)) = (how, own.bytes().next())
        && first.is_ascii_alphabetic()
        && !name.as_bytes().starts_with(&[first])
    {
        return None;
    }
    for part in own.split(SEPARATORS).filter(|part| !is_position(part)) {
        name = match how {
            Compare::Exactly => match name.strip_prefix(part)? {
                "" => "",
                rest => rest.strip_prefix('.')?,
            },
            Compare::ByLetters => {
                let mut rest = name.chars();
                for letter in part.chars().filter(|letter| letter.is_ascii_alphanumeric() || !letter.is_ascii()) {
                    (rest.next() == Some(letter.to_ascii_lowercase())).then_some(())?;
                }
                rest.as_str()
            }
        };
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(event: &str, name: &str, how: Compare) -> Vec<String> {
        let event = Event::parse(event.as_bytes()).unwrap();
        find(&event, event.root(), name, how).into_iter().map(|value| value.json().to_owned()).collect()
    }

    #[test]
    fn leads_past_positions_and_into_texts() {
        for event in [
            r#"{"a":{"b":[{"c":1},{"c":2}]}}"#,
            r#"{"a.b":{"0":{"c":1},"1":{"c":2}}}"#,
            r#"{"a.b.0.c":1,"a.b.1.c":2}"#,
            r#"{"a.b{}.c":1,"a":{"b{}.c":2}}"#,
            r#"{"a.b[0].c":1,"a":{"b[1]":{"c":2}}}"#,
            r#"{"a":"{\"b\":[{\"c\":1},{\"c\":2}]}"}"#,
            r#"{"a":{"b":"[{\"c\":1},{\"c\":2}]"}}"#,
            r#"{"a":{"b":["{\"c\":1}"," {\"c\":2} "]}}"#,
            r#"{"a":"{\"b\":\"{\\\"c\\\":1}\"}","a.b":{"c":2}}"#,
        ] {
            assert_eq!(found(event, "a.b.c", Compare::Exactly), ["1", "2"], "{event}");
            assert_eq!(found(event, "a.b.c", Compare::ByLetters), ["1", "2"], "{event}");
        }
        assert_eq!(found(r#"{"a":"{b=[{c=1}, {c=2}]}"}"#, "a.b.c", Compare::Exactly), [r#""1""#, r#""2""#]);
        for event in [
            r#"{"a":{"b":{}}}"#,
            r#"{"a":"b.c"}"#,
            r#"{"a":"{\"b\":"}"#,
            r#"{"a":{"b":1},"b":{"c":1},"a.bc":1,"ab.c1":1}"#,
            r#"{"":{"b":{"c":1}},"a":{"x":{"b":{"c":1}}}}"#,
        ] {
            assert_eq!(found(event, "a.b.c", Compare::Exactly), [""; 0], "{event}");
        }
    }

    #[test]
    fn compares_by_letters_where_it_is_asked_for() {
        let name = "userIdentity.accountId";
        for event in [
            r#"{"userIdentity":{"accountId":1}}"#,
            r#"{"useridentity":{"accountid":1}}"#,
            r#"{"UserIdentityAccountId":1}"#,
            r#"{"user_identity_account_id":1}"#,
            r#"{"USER-IDENTITY":"{\"Account_ID\":1}"}"#,
        ] {
            assert_eq!(found(event, name, Compare::ByLetters), ["1"], "{event}");
        }
        assert_eq!(found(r#"{"useridentity":{"accountid":1}}"#, name, Compare::Exactly), [""; 0]);
        assert_eq!(found(r#"{"userIdentityAccount":1,"userIdentityAccountIds":2}"#, name, Compare::ByLetters), [""; 0]);
    }

    #[test]
    fn more_texts_than_are_opened_stay_closed() {
        let texts = vec![r#""{\"b\":1}""#; 300].join(",");
        assert_eq!(found(&format!(r#"{{"a":[{texts}]}}"#), "a.b", Compare::Exactly).len(), 256);
    }
}
