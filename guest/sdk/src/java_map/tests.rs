//! Java's texts, written and read.

use super::*;

#[test]
fn maps_iterate_in_slot_order() {
    let rows: &[(&[&str], &[usize])] = &[
        (&[], &[]),
        (&["a"], &[0]),
        (&["snapshotId", "attributeType", "createVolumePermission"], &[0, 1, 2]),
        (&["createVolumePermission", "attributeType", "snapshotId"], &[2, 1, 0]),
        // dryRun shares a slot with snapshotId: whichever came first stands first.
        (&["snapshotId", "createVolumePermission", "attributeType", "dryRun"], &[0, 3, 2, 1]),
        (&["dryRun", "snapshotId", "createVolumePermission", "attributeType"], &[0, 1, 3, 2]),
        (&["group", "userId"], &[1, 0]),
        (&["userId", "group"], &[0, 1]),
        // Equal hashes.
        (&["Aa", "BB"], &[0, 1]),
        (&["BB", "Aa"], &[0, 1]),
        (&["AaAa", "BBBB", "AaBB", "BBAa", "x"], &[4, 0, 1, 2, 3]),
        (&["", "a"], &[0, 1]),
        // Hashes are of UTF-16 units, surrogate pairs included.
        (&["é", "z", "日本", "😀", "a"], &[4, 3, 0, 1, 2]),
        (&["😀", "𝒳", "\u{fffd}", "ß"], &[1, 0, 2, 3]),
    ];
    for (keys, want) in rows {
        assert_eq!(iteration_order(keys), *want, "{keys:?}");
    }
}

#[test]
fn maps_grow_past_three_quarters() {
    let rows: &[(usize, &[usize])] = &[
        (12, &[0, 1, 2, 3, 4, 5, 11, 6, 10, 7, 8, 9]),
        (13, &[0, 1, 2, 3, 4, 5, 11, 6, 10, 7, 8, 12, 9]),
        (24, &[0, 1, 2, 3, 20, 4, 5, 11, 22, 6, 10, 21, 7, 13, 8, 12, 23, 9, 15, 14, 17, 16, 19, 18]),
        (25, &[11, 10, 13, 12, 15, 14, 17, 16, 19, 18, 0, 1, 2, 3, 20, 4, 5, 22, 6, 21, 7, 24, 8, 23, 9]),
    ];
    for (count, want) in rows {
        let keys: Vec<String> = (0..*count).map(|number| format!("k{number}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        assert_eq!(iteration_order(&keys), *want);
    }
    // One member more than twelve, and attributeType moves behind createVolumePermission.
    let keys = [
        "snapshotId",
        "attributeType",
        "createVolumePermission",
        "k0",
        "k1",
        "k2",
        "k3",
        "k4",
        "k5",
        "k6",
        "k7",
        "k8",
        "k9",
    ];
    let want = [0, 3, 4, 5, 6, 7, 8, 9, 10, 2, 11, 12, 1];
    assert_eq!(iteration_order(&keys), want);
}

#[test]
fn numbers_read_as_java_prints_them() {
    let rows = [
        ("0", "0"),
        ("-0", "0"),
        ("-17", "-17"),
        ("9223372036854775807", "9223372036854775807"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.0", "0.0"),
        ("-0.0", "-0.0"),
        ("-0e5", "-0.0"),
        ("1.0", "1.0"),
        ("1.50", "1.5"),
        ("-2.25", "-2.25"),
        ("1e0", "1.0"),
        ("1E+2", "100.0"),
        ("120e-1", "12.0"),
        ("0.1", "0.1"),
        ("0.010", "0.01"),
        ("0.001", "0.001"),
        ("0.00123", "0.00123"),
        ("0.0009999", "9.999E-4"),
        ("1e-5", "1.0E-5"),
        ("999999.5", "999999.5"),
        ("9999999.9", "9999999.9"),
        ("1e6", "1000000.0"),
        ("1e7", "1.0E7"),
        ("12345678.9", "1.23456789E7"),
        ("-1e10", "-1.0E10"),
        ("1.0e100", "1.0E100"),
        ("2e23", "2.0E23"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("123456789.0123456789", "1.2345678901234567E8"),
        ("1.7976931348623157e308", "1.7976931348623157E308"),
        ("1e400", "Infinity"),
        ("-1e400", "-Infinity"),
        ("1e-400", "0.0"),
        ("2.2250738585072014E-308", "2.2250738585072014E-308"),
        // The smallest numbers have one digit at the shortest, and Java prints the nearest two.
        ("5e-324", "4.9E-324"),
        ("1e-323", "9.9E-324"),
        ("2e-323", "2.0E-323"),
        // Two decimals equally near, and a nearest one that reads back as another number.
        ("2.98023223876953125E-8", "2.9802322387695312E-8"),
        ("5.684341886080801486968994140625E-14", "5.684341886080802E-14"),
        // No numbers.
        ("", ""),
        ("1e", "1e"),
        (".", "."),
        ("true", "true"),
    ];
    for (raw, want) in rows {
        assert_eq!(number_text(raw), want, "{raw}");
    }
}

#[test]
fn map_text_becomes_json() {
    let rows = [
        ("{}", "{}"),
        ("{} \t\n", "{}"),
        ("{a=1}", r#"{"a":"1"}"#),
        ("{a=1, b=true, c=null}", r#"{"a":"1","b":"true","c":"null"}"#),
        ("{a=, b=}", r#"{"a":"","b":""}"#),
        ("{=v}", r#"{"":"v"}"#),
        ("{a={}, b=[]}", r#"{"a":{},"b":[]}"#),
        ("{a=[[], {}, [x]]}", r#"{"a":[[],{},["x"]]}"#),
        ("{a=[, x, ]}", r#"{"a":["","x",""]}"#),
        ("{k=[a, {b=c}], d=e}", r#"{"k":["a",{"b":"c"}],"d":"e"}"#),
        // Punctuation inside values: the nearest mark that can end them does.
        ("{a=b=c}", r#"{"a":"b=c"}"#),
        ("{a=x,y}", r#"{"a":"x,y"}"#),
        ("{a=x], b=[y}=z]}", r#"{"a":"x]","b":["y}=z"]}"#),
        ("{a=x{y[z}", r#"{"a":"x{y[z"}"#),
        ("{a=x, y, b=z}", r#"{"a":"x","y, b":"z"}"#),
        ("{a, b={c=d}}", r#"{"a, b":{"c":"d"}}"#),
        ("{a=1, a=2}", r#"{"a":"1","a":"2"}"#),
        ("{ a = b }", r#"{" a ":" b "}"#),
        ("{a= {b=c}", r#"{"a":" {b=c"}"#),
        // Escapes and other scripts.
        ("{é=日本 😀}", r#"{"é":"日本 😀"}"#),
        (r#"{"a"=\n}"#, r#"{"\"a\"":"\\n"}"#),
        ("{a=\n\r\t\0\x08\x0b\x1f\x7f}", "{\"a\":\"\\n\\r\\t\\u0000\\u0008\\u000b\\u001f\x7f\"}"),
        (
            "{snapshotId=snap-1, attributeType=CREATE_VOLUME_PERMISSION, createVolumePermission={add={items=[{userId=1}, {group=all}]}}}",
            r#"{"snapshotId":"snap-1","attributeType":"CREATE_VOLUME_PERMISSION","createVolumePermission":{"add":{"items":[{"userId":"1"},{"group":"all"}]}}}"#,
        ),
    ];
    for (text, want) in rows {
        assert_eq!(to_json(text).as_deref(), Some(want), "{text}");
    }
}

#[test]
fn other_text_is_no_map() {
    let rows = [
        "",
        "a=b",
        " {}",
        "[a]",
        "{",
        "}",
        "{a",
        "{a}",
        "{a=",
        "{a=b",
        "{a=b, ",
        "{a=b, }",
        "{a=b]",
        "{a=\\",
        "{a=[b}",
        "{a=[b}]",
        "{a=[b]",
        "{a={b=c}",
        "{a={b=c}x}",
        "{a={b=c},d=e}",
        "{a=[b]]}",
        "{a=b}}",
        "{a=b}, c=d",
        "{} x",
        r#"{"a":"b"}"#,
    ];
    for text in rows {
        assert_eq!(to_json(text), None, "{text}");
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize, open: &str, close: &str| {
        format!("{{a={}{}}}", open.repeat(levels - 1), close.repeat(levels - 1))
    };
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        let deepest = nested(NESTING_LEVELS_MAX, open, close);
        assert!(to_json(&deepest).is_some());
        assert_eq!(to_json(&nested(NESTING_LEVELS_MAX + 1, open, close)), None);
        assert_eq!(to_json(&nested(100_000, open, close)), None);
    }
    // The limit is on depth, not on how often something nests.
    let wide = format!("{{a=[{}x]}}", "[[y]], ".repeat(1_000));
    assert!(to_json(&wide).is_some());
}
