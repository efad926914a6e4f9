//! What patterns cut out of texts.

use super::*;

/// The nine keys with which the detection reads Elastic's request parameters.
const NINE_KEYS: &str = "{%{}=%{snapshotId},%{}=%{attributeType},%{}={%{operationType}={%{}=[{%{}=%{userId}}]}}}";

fn dissect(pattern: &str) -> Dissect {
    Dissect::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

/// A pattern, a text, and the columns that the text gives.
type Row<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

#[track_caller]
fn check(separator: &str, rows: &[Row<'_>]) {
    for (pattern, text, want) in rows {
        let dissect = dissect(pattern).with_append_separator(separator);
        let captures = dissect.apply(text).unwrap_or_else(|| panic!("{pattern} misses {text}"));
        let got: Vec<(&str, &str)> = captures.iter().collect();
        assert_eq!(&got, want, "{pattern} on {text}");
        let names: Vec<&str> = want.iter().map(|(name, _)| *name).collect();
        assert_eq!(dissect.names().collect::<Vec<_>>(), names, "{pattern}");
        for (name, value) in *want {
            assert_eq!(captures.get(name), Some(*value), "{pattern} on {text}");
        }
    }
}

#[test]
fn values_end_at_the_first_delimiter() {
    check(
        "",
        &[
            ("%{a}", "all of it", &[("a", "all of it")]),
            ("%{a} %{b}", "one two three", &[("a", "one"), ("b", "two three")]),
            ("%{b} %{a},%{c}", "x y,z", &[("b", "x"), ("a", "y"), ("c", "z")]),
            ("%{a}--%{b}", "x-y--z--w", &[("a", "x-y"), ("b", "z--w")]),
            ("%{a}aab%{b}", "aaab", &[("a", "a"), ("b", "")]),
            ("%{a},%{b}\n%{c}", "1,2\n3", &[("a", "1"), ("b", "2"), ("c", "3")]),
            ("%{ a } %{b}", "x y", &[(" a ", "x"), ("b", "y")]),
        ],
    );
}

#[test]
fn the_leading_literal_comes_first() {
    check(
        "",
        &[
            (",,%{a} %{b}", ",,x y", &[("a", "x"), ("b", "y")]),
            (",%{a} %{b}", ",,x y", &[("a", ",x"), ("b", "y")]),
            ("id=%{a}", "id= ", &[("a", " ")]),
            ("{}%{a}", "{}x", &[("a", "x")]),
            ("lead\n%{a}", "lead\nx", &[("a", "x")]),
        ],
    );
}

#[test]
fn values_may_be_empty() {
    check(
        "",
        &[
            ("%{a},%{b},%{c},%{d}", "x,,,", &[("a", "x"), ("b", ""), ("c", ""), ("d", "")]),
            ("%{a},%{b},%{c}", ",y,", &[("a", ""), ("b", "y"), ("c", "")]),
            ("[%{a}] [%{b}]", "[] []", &[("a", ""), ("b", "")]),
            ("%{a},%{b}:%{c}", "x,,y:z", &[("a", "x"), ("b", ",y"), ("c", "z")]),
            ("%{a}-%{b}", "x---y", &[("a", "x"), ("b", "--y")]),
            ("%{}|%{}|k=%{a}", "||k=v", &[("a", "v")]),
        ],
    );
}

#[test]
fn padding_swallows_repeats() {
    check(
        "",
        &[
            ("%{a->} %{b}", "x y", &[("a", "x"), ("b", "y")]),
            ("%{a->} %{b}", "x    y z", &[("a", "x"), ("b", "y z")]),
            ("%{a->},%{b}", ",,,,y", &[("a", ""), ("b", "y")]),
            ("%{a->},%{b}", "x,,", &[("a", "x"), ("b", "")]),
            ("%{a->}=-%{b}", "x=-=-=y", &[("a", "x"), ("b", "=y")]),
            ("%{->} %{b}", "x    y", &[("b", "y")]),
            ("%{?x->}-%{b}", "----y", &[("b", "y")]),
            ("%{?->}-%{b}", "----y", &[("b", "y")]),
            ("%{a->},", "x,,,,", &[("a", "x")]),
            ("%{a} %{b->}", "x y   ", &[("a", "x"), ("b", "y   ")]),
            ("%{+a->} %{+a/1->} %{b}", "x   y   z", &[("a", "xy"), ("b", "z")]),
            ("%{->a} %{b->c}", "x y", &[("->a", "x"), ("b->c", "y")]),
            ("%{a->->}-%{b}", "x--y", &[("a->", "x"), ("b", "y")]),
        ],
    );
}

#[test]
fn appended_values_are_joined() {
    check(
        "",
        &[
            ("%{a} %{+a} %{+a}", "x y z", &[("a", "xyz")]),
            ("%{a} %{+a/2} %{+a/1}", "x y z", &[("a", "xzy")]),
            ("%{+a} %{b}", "x y", &[("a", "x"), ("b", "y")]),
            ("%{a} %{+a} %{+a}", "x  ", &[("a", "x")]),
        ],
    );
    check(
        "+",
        &[
            ("%{a} %{+a} %{b} %{+b}", "w x y z", &[("a", "w+x"), ("b", "y+z")]),
            ("%{a} %{b} %{+a}", "x y z", &[("a", "x+z"), ("b", "y")]),
            ("%{+a} %{b} %{+a}", "x y z", &[("a", "x+z"), ("b", "y")]),
            // A key without + joins in as soon as another of its name appends.
            ("%{a} %{a} %{+a}", "x y z", &[("a", "x+y+z")]),
            ("%{+a} %{a} %{+a} %{b}", "w x y z", &[("a", "w+x+y"), ("b", "z")]),
            // Values without a number stand before all that have one, even 0.
            ("%{+a/1} %{a} %{+a/2}", "x y z", &[("a", "y+x+z")]),
            ("%{+a/0} %{+a}", "x y", &[("a", "y+x")]),
            ("%{+a/2} %{+a/4} %{+a/1} %{+a/3}", "w x y z", &[("a", "y+w+z+x")]),
            ("%{+a/10} %{+a/9}", "x y", &[("a", "y+x")]),
            ("%{+a/1} %{+a/1} %{+a/0}", "x y z", &[("a", "z+x+y")]),
            ("%{+a/007} %{+a/32767} %{+a/8}", "x y z", &[("a", "x+z+y")]),
            ("%{a},%{+a},%{+a}", "x,,", &[("a", "x++")]),
        ],
    );
    check(", ", &[("%{a} %{+a}", "x y", &[("a", "x, y")])]);
}

#[test]
fn skipped_keys_leave_no_column() {
    check(
        "",
        &[
            ("%{} %{b}", "x y", &[("b", "y")]),
            ("%{a} %{}", "x y z", &[("a", "x")]),
            ("%{?x} %{b} %{?x}", "x y z", &[("b", "y")]),
            ("%{?} %{b}", "x y", &[("b", "y")]),
            ("%{?a} %{a}", "x y", &[("a", "y")]),
            ("%{a} %{->?x}", "x y", &[("a", "x")]),
        ],
    );
}

#[test]
fn a_name_given_twice_keeps_its_rightmost_value() {
    check(
        "-",
        &[
            ("%{a} %{a}", "x y", &[("a", "y")]),
            ("%{a} %{b} %{a}", "x y z", &[("a", "z"), ("b", "y")]),
            ("%{a},%{a}", "x,", &[("a", "")]),
            ("%{a} %{a} %{b} %{+b}", "w x y z", &[("a", "x"), ("b", "y-z")]),
        ],
    );
}

#[test]
fn text_after_the_last_delimiter_is_ignored() {
    check(
        "",
        &[
            ("%{a},", "x,y,z", &[("a", "x")]),
            ("[%{a}]", "[x]", &[("a", "x")]),
            ("/%{a}/%{b}.log", "/x/y.log.gz", &[("a", "x"), ("b", "y")]),
        ],
    );
}

#[test]
fn percent_and_braces_may_be_literal() {
    check(
        "",
        &[
            ("%%{a}", "%x", &[("a", "x")]),
            ("100% %{a}", "100% x", &[("a", "x")]),
            ("%{a} %%{b}", "x %y", &[("a", "x"), ("b", "y")]),
            ("%{a}%%{b}", "x%y", &[("a", "x"), ("b", "y")]),
            ("%{a}%", "50%", &[("a", "50")]),
            ("%{a}{b}%{c}", "x{b}y", &[("a", "x"), ("c", "y")]),
            ("}%{a}}%{b}", "}x}y", &[("a", "x"), ("b", "y")]),
            ("%{a{b}", "x", &[("a{b", "x")]),
            ("%{%{a}", "x", &[("%{a", "x")]),
        ],
    );
}

#[test]
fn a_key_straight_after_another_is_delimiter_text() {
    check(
        "",
        &[
            ("%{a}%{b}", "x%{b}y", &[("a", "x")]),
            ("%{a}%{b} %{c}", "x%{b} y", &[("a", "x"), ("c", "y")]),
            ("%{a}%{%{c}", "x%{y", &[("a", "x"), ("c", "y")]),
            ("%{a}%{b", "x%{by", &[("a", "x")]),
        ],
    );
    assert!(dissect("%{a}%{b}").apply("xy").is_none());
}

#[test]
fn a_key_never_closed_ends_the_pattern() {
    check("", &[("%{a},%{b", "x,y", &[("a", "x")]), ("%{a} %{b %{c}", "x y", &[("a", "x"), ("b %{c", "y")])]);
}

#[test]
fn text_is_not_bound_to_ascii() {
    check(
        "",
        &[
            ("Zürich %{a} €%{b}", "Zürich 子 €é", &[("a", "子"), ("b", "é")]),
            ("%{ключ}…%{b}", "знач…😀", &[("ключ", "знач"), ("b", "😀")]),
            ("%{a->}é%{b}", "xééé子", &[("a", "x"), ("b", "子")]),
            ("%{a}😀", "😁😀", &[("a", "😁")]),
        ],
    );
    check("→", &[("%{a}·%{+a}", "é·ß", &[("a", "é→ß")])]);
}

#[test]
fn one_missing_part_is_a_miss() {
    let rows = [
        ("%{a}", ""),
        ("{%{a}", ""),
        ("{%{a}", "{"),
        ("{%{a}", " {x"),
        ("é%{a}", "é"),
        ("lead%{a}", "lea"),
        ("lead%{a}", "Leadx"),
        ("%{a},%{b}", "x y"),
        ("%{a}, %{b}", "x,y"),
        ("%{a},%{b},", "x,y"),
        ("%{a},%{b},", "x,"),
        ("%{a}:%{b},", "x,y:z"),
        ("%{a->},%{b},", "x,,,"),
        ("%{a}ab%{b}", "aa"),
        ("%{a}é", "e"),
    ];
    for (pattern, text) in rows {
        let dissect = dissect(pattern);
        assert!(dissect.apply(text).is_none(), "{pattern} on {text}");
        assert!(dissect.apply_all([text]).iter().all(Vec::is_empty));
    }
}

#[test]
fn refused_patterns_say_what_and_where() {
    use PatternErrorKind::*;
    let rows = [
        ("", NothingKept, "", 0),
        ("no key", NothingKept, "", 0),
        ("{} % }", NothingKept, "", 0),
        ("%{a", NothingKept, "", 0),
        ("%{}", NothingKept, "", 0),
        ("%{->}", NothingKept, "", 0),
        ("%{?a} %{}", NothingKept, "", 0),
        ("%{*a} %{b}", Reference, "*a", 0),
        ("%{b} %{&a->}", Reference, "&a->", 5),
        ("%{*a} %{&a}", Reference, "*a", 0),
        ("%{*}", Reference, "*", 0),
        ("%{++}", SeveralModifiers, "++", 0),
        ("%{+?a}", SeveralModifiers, "+?a", 0),
        ("%{&+a}", SeveralModifiers, "&+a", 0),
        ("%{?a/1}", SeveralModifiers, "?a/1", 0),
        ("é%{b} %{+a+c}", SeveralModifiers, "+a+c", 7),
        ("%{+a/1/2}", SeveralModifiers, "+a/1/2", 0),
        ("%{a/1+}", SeveralModifiers, "a/1+", 0),
        ("%{+}", NameMissing, "+", 0),
        ("%{+->} %{b}", NameMissing, "+->", 0),
        ("%{+/2}", NameMissing, "+/2", 0),
        ("%{a/2}", OrderWithoutAppend, "a/2", 0),
        ("x%{/}", OrderWithoutAppend, "/", 1),
        ("%{+a/}", OrderUnreadable, "+a/", 0),
        ("%{+a/->}", OrderUnreadable, "+a/->", 0),
        ("%{+a/x}", OrderUnreadable, "+a/x", 0),
        ("%{+a/-1}", OrderUnreadable, "+a/-1", 0),
        ("%{+a/32768}", OrderUnreadable, "+a/32768", 0),
        ("%{+a/99999999999}", OrderUnreadable, "+a/99999999999", 0),
    ];
    for (pattern, kind, key, position) in rows {
        let error = Dissect::new(pattern).expect_err(pattern);
        assert_eq!(error.kind(), kind, "{pattern}");
        assert_eq!(error.key(), key, "{pattern}");
        assert_eq!(error.position(), position, "{pattern}");
        if kind != NothingKept {
            assert!(pattern[position..].starts_with(&format!("%{{{key}}}")), "{pattern}");
        }
    }
}

#[test]
fn errors_read_as_sentences() {
    let rows = [
        ("", "dissect pattern: it keeps no key"),
        ("x %{*a}", "dissect pattern: key %{*a} at byte 2: reference keys (* and &) are not supported"),
        ("%{+?a}", "dissect pattern: key %{+?a} at byte 0: only one modifier is allowed"),
        ("%{+}", "dissect pattern: key %{+} at byte 0: the name to append to is missing"),
        ("%{a/1}", "dissect pattern: key %{a/1} at byte 0: a number after / needs the + modifier"),
        ("%{+a/b}", "dissect pattern: key %{+a/b} at byte 0: what follows / must be a number up to 32767"),
    ];
    for (pattern, want) in rows {
        let error = Dissect::new(pattern).expect_err(pattern);
        assert_eq!(error.to_string(), want);
    }
}

#[test]
fn several_values_give_lists() {
    let joined = dissect("%{a} %{b} %{+a}").with_append_separator("-");
    let lists = joined.apply_all(["1 2 3", "no-match", "4 5 6", "1 2 3", ""]);
    assert_eq!(lists, [vec!["1-3", "4-6", "1-3"], vec!["2", "5", "2"]]);
    assert_eq!(joined.apply_all([]), [[""; 0]; 2]);
    assert_eq!(joined.apply_all(["miss"]), [[""; 0]; 2]);
}

#[test]
fn only_joined_values_are_copied() {
    let dissect = dissect("%{a} %{b} %{+b} %{+c}");
    let captures = dissect.apply("w x y z").expect("a match");
    assert_eq!(captures.get("d"), None);
    let borrowed: Vec<bool> = captures.into_values().iter().map(|value| matches!(value, Cow::Borrowed(_))).collect();
    assert_eq!(borrowed, [true, false, true]);
}

#[test]
fn the_nine_keys_read_request_parameters() {
    let event = |items: &str| {
        format!(
            "{{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={{add={{items=[{items}]}}}}}}"
        )
    };
    let rows = [
        ("{userId=111122223333}", "111122223333"),
        ("{group=all}", "all"),
        ("{userId=111122223333}, {userId=444455556666}", "111122223333}, {userId=444455556666"),
        ("{userId=111122223333, group=all}", "111122223333, group=all"),
    ];
    let dissect = dissect(NINE_KEYS);
    for (items, user) in rows {
        let text = event(items);
        let captures = dissect.apply(&text).expect("a match");
        let want = [
            ("snapshotId", "snap-1"),
            ("attributeType", "CREATE_VOLUME_PERMISSION"),
            ("operationType", "add"),
            ("userId", user),
        ];
        assert_eq!(captures.iter().collect::<Vec<_>>(), want);
    }
    // The dryRun member stands where the pattern expects attributeType.
    let text = "{snapshotId=snap-1, dryRun=false, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}]}}}";
    let captures = dissect.apply(text).expect("a match");
    assert_eq!(captures.get("attributeType"), Some("false"));
    for text in [
        "{",
        "{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION}",
        "snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}]}}}",
        r#"{"snapshotId":"snap-1","createVolumePermission":{"add":{"items":[{"userId":"1"}]}}}"#,
    ] {
        assert!(dissect.apply(text).is_none(), "{text}");
    }
}
