//! The named patterns of `grok`: what each of them matches, in our own words where Oniguruma's cannot be run in linear
//! time.

/// Is a named pattern.
pub(super) fn named(name: &str) -> Option<&'static str> {
    Some(match name {
        "DATA" => r".*?",
        "GREEDYDATA" => r".*",
        "GREEDYMULTILINE" => r"(?m:.*)",
        "WORD" => r"\b\w+\b",
        "NOTSPACE" => r"\S+",
        "SPACE" => r"\s*",
        "INT" => r"[+-]?[0-9]+",
        "POSINT" => r"\b[1-9][0-9]*\b",
        "NONNEGINT" => r"\b[0-9]+\b",
        "NUMBER" | "BASE10NUM" => r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)",
        "BASE16NUM" => r"[+-]?(?:0x)?[0-9A-Fa-f]+",
        "USERNAME" | "USER" => r"[a-zA-Z0-9._-]+",
        "EMAILLOCALPART" => r"[a-zA-Z0-9!#$%&'*+\-/=?^_`{|}~.]{1,64}",
        "EMAILADDRESS" => r"%{EMAILLOCALPART}@%{HOSTNAME}",
        "UUID" => r"[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}",
        "QUOTEDSTRING" | "QS" => r#""(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|`(?:\\.|[^\\`])*`"#,
        "IPV4" => r"(?:(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})",
        "IPV6" => r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:%{IPV4}|[0-9A-Fa-f]{0,4})(?:%.+)?",
        "IP" => r"%{IPV6}|%{IPV4}",
        "HOSTNAME" | "HOST" => r"\b(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62})(?:\.(?:[0-9A-Za-z][0-9A-Za-z_-]{0,62}))*\.?",
        "IPORHOST" => r"%{IP}|%{HOSTNAME}",
        "HOSTPORT" => r"%{IPORHOST}:%{POSINT}",
        "MAC" => r"(?:[A-Fa-f0-9]{2}[:-]){5}[A-Fa-f0-9]{2}|(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}",
        "UNIXPATH" => r"(?:/[^\s/]*)+",
        "WINPATH" => r"(?:[A-Za-z]+:|\\)(?:\\[^\\?*]*)+",
        "PATH" => r"%{UNIXPATH}|%{WINPATH}",
        "URIPROTO" => r"[A-Za-z][A-Za-z0-9+\-.]+",
        "URIHOST" => r"%{IPORHOST}(?::%{POSINT})?",
        "URIPATH" => r"(?:/[^\s?#]*)+",
        "URIQUERY" => r"[^\s#]*",
        "URIPARAM" => r"\?%{URIQUERY}",
        "URIPATHPARAM" => r"%{URIPATH}(?:\?%{URIQUERY})?",
        "URI" => r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\?%{URIQUERY})?)?",
        "YEAR" => r"\d\d(?:\d\d)?",
        "MONTHNUM" => r"0?[1-9]|1[0-2]",
        "MONTHDAY" => r"0[1-9]|[12][0-9]|3[01]|[1-9]",
        "HOUR" => r"2[0123]|[01]?[0-9]",
        "MINUTE" => r"[0-5][0-9]",
        "SECOND" => r"(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?",
        "TIME" => r"(?:%{HOUR}):(?:%{MINUTE})(?::(?:%{SECOND}))?",
        "ISO8601_TIMEZONE" => r"Z|[+-](?:%{HOUR})(?::?(?:%{MINUTE}))",
        "TIMESTAMP_ISO8601" => {
            r"(?:%{YEAR})-(?:%{MONTHNUM})-(?:%{MONTHDAY})[T ](?:%{HOUR}):?(?:%{MINUTE})(?::?(?:%{SECOND}))?(?:%{ISO8601_TIMEZONE})?"
        }
        "LOGLEVEL" => {
            r"(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)"
        }
        "PROG" => r"[!-Z\\^-~]+",
        "JAVACLASS" => r"(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*",
        _ => return None,
    })
}
