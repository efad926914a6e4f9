//! Sigma's rules read in the most obvious way: from the rule as it is written, value by value, whatever that costs.
//!
//! It shares nothing with the compiler or the engine: not the reading of texts, not the representation, no index.

use serde_json::Value;

/// A condition, as it is made before it is written.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Name(&'static str),
    /// `1 of` or `all of`, and of what.
    Of(bool, &'static str),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

impl Tree {
    /// Is the condition as a rule has it, with no more parentheses than it needs.
    pub(crate) fn text(&self) -> String {
        let join = |parts: &[Self], word: &str, inner: &dyn Fn(&Self) -> bool| {
            let text = |part: &Self| if inner(part) { format!("({})", part.text()) } else { part.text() };
            parts.iter().map(text).collect::<Vec<_>>().join(word)
        };
        match self {
            Self::Name(name) => (*name).to_owned(),
            Self::Of(all, what) => format!("{} of {what}", if *all { "all" } else { "1" }),
            Self::Not(inner) => match **inner {
                Self::And(_) | Self::Or(_) => format!("not ({})", inner.text()),
                _ => format!("not {}", inner.text()),
            },
            Self::And(parts) => join(parts, " and ", &|part| matches!(part, Self::Or(_))),
            Self::Or(parts) => join(parts, " or ", &|_| false),
        }
    }

    /// Says whether a rule with these selections fires.
    pub(crate) fn holds(&self, selections: &[(&str, Value)], event: &Value) -> bool {
        let one = |name: &str| selections.iter().any(|(own, value)| *own == name && selection(value, event));
        match self {
            Self::Name(name) => one(name),
            Self::Of(all, what) => {
                let fits = |name: &str| match what.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => *what == "them" || name == *what,
                };
                let mut wanted = selections.iter().map(|(name, _)| *name).filter(|name| fits(name));
                if *all { wanted.all(one) } else { wanted.any(one) }
            }
            Self::Not(inner) => !inner.holds(selections, event),
            Self::And(parts) => parts.iter().all(|part| part.holds(selections, event)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(selections, event)),
        }
    }
}

fn selection(selection: &Value, event: &Value) -> bool {
    match selection {
        Value::Object(members) => members.iter().all(|(key, values)| item(key, values, event)),
        Value::Array(ways) => ways.iter().any(|way| self::selection(way, event)),
        keyword => scalars(event).iter().any(|(_, value)| fits(keyword, value, &["contains"])),
    }
}

fn item(key: &str, values: &Value, event: &Value) -> bool {
    let mut words = key.split('|');
    let field = words.next().unwrap_or_default();
    let words: Vec<&str> = words.collect();
    let there: Vec<Value> =
        scalars(event).into_iter().filter(|(path, _)| path == field).map(|(_, value)| value).collect();
    let holds = |wanted: &Value| match (wanted, words.as_slice()) {
        (Value::Null, _) => there.is_empty() || there.iter().any(|value| text(value).is_empty()),
        (wanted, ["exists"]) => there.is_empty() != wanted.as_bool().unwrap(),
        (wanted, ["fieldref"]) => {
            let others = scalars(event).into_iter().filter(|(path, _)| *path == text(wanted));
            let others: Vec<String> = others.map(|(_, value)| folded(&text(&value))).collect();
            there.iter().any(|value| others.contains(&folded(&text(value))))
        }
        (wanted, words) => there.iter().any(|value| fits(wanted, value, words)),
    };
    let values = values.as_array().cloned().unwrap_or_else(|| vec![values.clone()]);
    let holds = if words.contains(&"all") { values.iter().all(holds) } else { values.iter().any(holds) };
    holds != words.contains(&"neq")
}

/// Says whether one value is what is wanted.
fn fits(wanted: &Value, value: &Value, words: &[&str]) -> bool {
    let (wanted, value) = (text(wanted), text(value));
    let number = |text: &str| text.parse::<f64>().ok();
    let compare = |is: fn(f64, f64) -> bool| number(&value).zip(number(&wanted)).is_some_and(|(a, b)| is(a, b));
    match words {
        ["lt"] => return compare(|a, b| a < b),
        ["gte"] => return compare(|a, b| a >= b),
        ["cidr"] => return value.parse().is_ok_and(|address: std::net::Ipv4Addr| address.octets()[0] == 10),
        ["re", flags @ ..] => {
            let value = if flags.contains(&"i") { folded(&value) } else { value };
            let (_, matches) = REGEXES.iter().find(|(regex, _)| *regex == wanted).unwrap();
            return matches(&value);
        }
        ["base64offset", ..] => {
            return base64_parts(wanted.as_bytes()).iter().any(|part| folded(&value).contains(part));
        }
        _ => {}
    }
    let is_cased = words.contains(&"cased");
    let case = |text: String| if is_cased { text } else { folded(&text) };
    let mut pattern = tokens(&case(wanted), words.contains(&"windash"));
    if words.contains(&"contains") || words.contains(&"endswith") {
        pattern.insert(0, Token::Many);
    }
    if words.contains(&"contains") || words.contains(&"startswith") {
        pattern.push(Token::Many);
    }
    glob(&pattern, &case(value).chars().collect::<Vec<_>>())
}

/// Whether a regex matches a value.
type Matches = fn(&str) -> bool;

/// Regexes, and what they mean. Letters are small, so that folding the value is ignoring case.
pub(crate) const REGEXES: [(&str, Matches); 5] = [
    ("^x", |value| value.starts_with('x')),
    ("yz$", |value| value.ends_with("yz")),
    ("[0-9]", |value| value.contains(|c: char| c.is_ascii_digit())),
    ("c.d", |value| value.as_bytes().windows(3).any(|part| part[0] == b'c' && part[2] == b'd' && part[1] != b'\n')),
    ("x|exe", |value| value.contains('x')),
];

#[derive(Debug)]
enum Token {
    Is(char),
    /// Any dash.
    Dash,
    One,
    Many,
}

fn tokens(text: &str, windash: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < characters.len() {
        let next = characters.get(at + 1);
        match (characters[at], next) {
            ('\\', Some(escaped @ ('*' | '?' | '\\'))) => {
                tokens.push(Token::Is(*escaped));
                at += 1;
            }
            ('*', _) => tokens.push(Token::Many),
            ('?', _) => tokens.push(Token::One),
            (c, _) => tokens.push(Token::Is(c)),
        }
        at += 1;
    }
    if windash {
        let word = |token: Option<&Token>| matches!(token, Some(Token::Is(c)) if c.is_alphanumeric() || *c == '_');
        for at in 0..tokens.len() {
            let is_free = at == 0 || !word(tokens.get(at - 1));
            if matches!(tokens[at], Token::Is('-' | '/')) && is_free && word(tokens.get(at + 1)) {
                tokens[at] = Token::Dash;
            }
        }
    }
    tokens
}

fn glob(pattern: &[Token], text: &[char]) -> bool {
    let Some((token, rest)) = pattern.split_first() else { return text.is_empty() };
    match token {
        Token::Many => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        token => text.split_first().is_some_and(|(c, behind)| {
            let fits = match token {
                Token::Is(wanted) => c == wanted,
                Token::Dash => ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'].contains(c),
                _ => true,
            };
            fits && glob(rest, behind)
        }),
    }
}

/// Is what base64 makes of some bytes wherever they lie: the characters that they alone decide, folded.
fn base64_parts(bytes: &[u8]) -> Vec<String> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let part = |offset: usize| {
        let bit = |nth: usize| usize::from(bytes[nth / 8 - offset] >> (7 - nth % 8) & 1);
        let (first, end) = ((8 * offset).div_ceil(6), 8 * (offset + bytes.len()) / 6);
        let letter = |nth: usize| LETTERS[(6 * nth..6 * nth + 6).fold(0, |number, nth| number << 1 | bit(nth))];
        folded(&(first..end).map(|nth| char::from(letter(nth))).collect::<String>())
    };
    (0..3).map(part).filter(|part| !part.is_empty()).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn folded(text: &str) -> String {
    text.chars().map(|c| c.to_lowercase().next().unwrap_or(c)).collect()
}

/// Is every value that is not null, with its dotted path.
fn scalars(event: &Value) -> Vec<(String, Value)> {
    fn walk(path: &str, value: &Value, all: &mut Vec<(String, Value)>) {
        match value {
            Value::Null => {}
            Value::Array(items) => items.iter().for_each(|item| walk(path, item, all)),
            Value::Object(members) => {
                for (key, member) in members {
                    walk(&if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, member, all);
                }
            }
            scalar => all.push((path.to_owned(), scalar.clone())),
        }
    }
    let mut all = Vec::new();
    walk("", event, &mut all);
    all
}
