use super::*;

#[test]
fn takes_a_required_text_out_of_a_pattern() {
    let of = |pattern, dialect| Regex::new(pattern, dialect, Flags::default()).unwrap().required;
    assert_eq!(of(r"a+bcd?efg", Dialect::Pcre), "efg");
    assert_eq!(of(r".*\\Temp\\.*", Dialect::Lucene), r"\Temp\");
    assert_eq!(of("(ab|cd)", Dialect::Java), "");
}

#[test]
fn refuses_what_no_linear_machine_can_do() {
    for pattern in ["(?=a)", "(?<!a)b", r"(a)\1", "(?>a)", "a++a"] {
        let problem = Regex::new(pattern, Dialect::Java, Flags::default()).unwrap_err();
        assert!(matches!(problem.what, crate::compile::problem::What::Refusal { .. }), "{pattern}: {problem:?}");
    }
    assert!(Regex::new(r"\d++\.x", Dialect::Java, Flags::default()).is_ok());
    assert!(Regex::new("((a{100}){100}){100}", Dialect::Lucene, Flags::default()).is_err());
}

#[test]
fn tells_where_a_mistake_is() {
    let problem = Regex::new(r"\d+(x", Dialect::Pcre, Flags::default()).unwrap_err();
    assert_eq!(problem.span.start, 3);
}

#[test]
fn knows_what_two_regexes_do_not_share() {
    let compiles = |pattern| Regex::new(pattern, Dialect::Lucene, Flags::default()).is_ok();
    // `a` and the character `|` have nothing in common, so that only `b` is left.
    assert!(compiles("a&|b") && compiles("(x>&1|y)") && compiles("a{2}&a{3}"));
    assert!(!compiles("a.*&.*b") && !compiles("[a-c]&[c-d]"));
}
