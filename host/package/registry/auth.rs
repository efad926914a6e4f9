//! Who we are to a registry: the user's credentials, from where the tools of containers keep them, and the tokens that
//! they are changed into.

use std::env;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::Method;

use super::PackageError;
use super::http::{Call, Http, failed};

/// How large the configuration may be, what a helper says, and a token.
const CONFIG_BYTES_MAX: u64 = 1 << 20;
const HELPER_BYTES_MAX: u64 = 64 << 10;
const TOKEN_BYTES_MAX: u64 = 256 << 10;
/// The name under which credentials for Docker Hub are kept.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What the user is known by.
pub(super) enum Credentials {
    Password {
        user: String,
        password: String,
    },
    /// What the registry itself gave to be changed into tokens.
    Refresh(String),
}

/// The value of the header by which a call is allowed, got for a challenge. `scope` is what is asked for where the
/// registry does not say.
pub(super) fn authorization(http: &Http, registry: &str, challenge: &str, scope: &str) -> Result<String, PackageError> {
    let credentials = credentials(registry)?;
    let (scheme, parameters) = challenge.split_once(' ').unwrap_or((challenge, ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return match credentials {
            Some(Credentials::Password { user, password }) => Ok(basic(&user, &password)),
            _ => Err(unauthorized(registry, "it wants a name and a password")),
        };
    }
    let parameter = |name: &str| parameters_of(parameters).find(|(key, _)| key.eq_ignore_ascii_case(name));
    let value = |name: &str| parameter(name).map(|(_, value)| value);
    let Some(realm) = value("realm").filter(|_| scheme.eq_ignore_ascii_case("bearer")) else {
        return Err(unauthorized(registry, "it asks for what is not known here"));
    };
    let service = value("service").unwrap_or_default();
    let scope = value("scope").unwrap_or_else(|| scope.to_owned());
    let query = format!("service={}&scope={}", encoded(&service), encoded(&scope));
    let mut call =
        Call { method: Method::GET, url: String::new(), headers: Vec::new(), authorization: None, body: &[] };
    let form;
    match &credentials {
        Some(Credentials::Refresh(token)) => {
            form = format!("grant_type=refresh_token&client_id=trommel&{query}&refresh_token={}", encoded(token));
            call.method = Method::POST;
            call.url = realm;
            call.headers.push(("content-type", "application/x-www-form-urlencoded".into()));
            call.body = form.as_bytes();
        }
        known => {
            let separator = if realm.contains('?') { '&' } else { '?' };
            call.url = format!("{realm}{separator}{query}");
            if let Some(Credentials::Password { user, password }) = known {
                call.authorization = Some(basic(user, password));
            }
        }
    }
    let answer = http.call(&call)?;
    if !answer.status.is_success() {
        return Err(answer.error());
    }
    let host = answer.host.clone();
    let answer: Value = serde_json::from_slice(&answer.bytes("the token", TOKEN_BYTES_MAX)?).unwrap_or_default();
    let token = ["token", "access_token"].iter().find_map(|name| answer.get(name)?.as_str());
    token.map(|token| format!("Bearer {token}")).ok_or_else(|| failed(&host, "gives no token"))
}

fn unauthorized(registry: &str, why: &str) -> PackageError {
    PackageError::Status { host: registry.to_owned(), status: 401, why: why.to_owned() }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// The parameters of a challenge: `name="value"` or `name=value`, apart by commas.
fn parameters_of(text: &str) -> impl Iterator<Item = (&str, String)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, behind) = rest.trim_start_matches([' ', ',']).split_once('=')?;
        let mut value = String::new();
        if let Some(quoted) = behind.strip_prefix('"') {
            let mut characters = quoted.chars();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => value.push(characters.next()?),
                    character => value.push(character),
                }
            }
            rest = characters.as_str();
        } else {
            let end = behind.find([',', ' ']).unwrap_or(behind.len());
            value.push_str(&behind[..end]);
            rest = &behind[end..];
        }
        Some((name.trim(), value))
    })
}

/// Text within an address.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                encoded.push(byte.into());
            }
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// The user's credentials for a registry, from `~/.docker/config.json` and the helpers that it names. There may be none.
fn credentials(registry: &str) -> Result<Option<Credentials>, PackageError> {
    let folder = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".docker")));
    let Some(path) = folder.map(|folder| folder.join("config.json")).filter(|path| path.exists()) else {
        return Ok(None);
    };
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(CONFIG_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| PackageError::File(path.clone(), error))?;
    let wrong =
        |why: &str| PackageError::Credentials { host: registry.to_owned(), why: format!("{}: {why}", path.display()) };
    let config: Value = serde_json::from_str(&text).map_err(|_| wrong("it is not JSON"))?;
    let key = if registry == "docker.io" { DOCKER_HUB } else { registry };
    let helper = config["credHelpers"][key].as_str().or_else(|| config["credsStore"].as_str());
    if let Some(helper) = helper.filter(|helper| !helper.is_empty())
        && let Some(found) = from_helper(helper, key)?
    {
        return Ok(Some(found));
    }
    let auths = config["auths"].as_object();
    let entry = auths.and_then(|auths| auths.iter().find(|(name, _)| *name == key || host_in(name) == key));
    let Some((_, entry)) = entry else { return Ok(None) };
    if let Some(token) = entry["identitytoken"].as_str().filter(|token| !token.is_empty()) {
        return Ok(Some(Credentials::Refresh(token.to_owned())));
    }
    let Some(auth) = entry["auth"].as_str().filter(|auth| !auth.is_empty()) else { return Ok(None) };
    let decoded = STANDARD.decode(auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = decoded.ok_or_else(|| wrong("`auth` is not base64"))?;
    let (user, password) = decoded.split_once(':').ok_or_else(|| wrong("`auth` is no name and password"))?;
    Ok(Some(Credentials::Password { user: user.to_owned(), password: password.to_owned() }))
}

/// The host in a name that old tools wrote as an address.
fn host_in(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    name.split('/').next().unwrap_or(name)
}

/// Asks `docker-credential-HELPER`. One that does not know the registry says so by failing.
fn from_helper(helper: &str, key: &str) -> Result<Option<Credentials>, PackageError> {
    let wrong = |why: String| PackageError::Credentials { host: key.to_owned(), why };
    let program = format!("docker-credential-{helper}");
    if helper.contains(std::path::MAIN_SEPARATOR) {
        return Err(wrong(format!("{helper} is no name of a helper")));
    }
    let cannot = |error: std::io::Error| wrong(format!("{program}: {error}"));
    let mut child =
        Command::new(&program).arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(cannot)?;
    let mut stdin = child.stdin.take().expect("it was asked for");
    let _ = stdin.write_all(key.as_bytes());
    drop(stdin);
    let mut said = Vec::new();
    let stdout = child.stdout.take().expect("it was asked for");
    let read = stdout.take(HELPER_BYTES_MAX).read_to_end(&mut said);
    let status = child.wait().map_err(cannot)?;
    read.map_err(cannot)?;
    if !status.success() {
        return Ok(None);
    }
    let said: Value =
        serde_json::from_slice(&said).map_err(|_| wrong(format!("{program}: it does not answer in JSON")))?;
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    Ok(Some(match text("Username").as_str() {
        "<token>" => Credentials::Refresh(text("Secret")),
        user => Credentials::Password { user: user.to_owned(), password: text("Secret") },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_challenges() {
        let challenge = r#"realm="https://auth.example/token?a=b", service="reg\"istry",scope=repository:a/b:pull"#;
        let parameters: Vec<_> = parameters_of(challenge).collect();
        let expected =
            [("realm", "https://auth.example/token?a=b"), ("service", "reg\"istry"), ("scope", "repository:a/b:pull")];
        assert_eq!(parameters, expected.map(|(name, value)| (name, value.to_owned())));
        for broken in ["", "realm", "realm=\"", "realm=\"\\", ",,,", "=,="] {
            let _ = parameters_of(broken).count();
        }
    }

    #[test]
    fn encodes_texts() {
        assert_eq!(encoded("repository:a/b:pull,push é&="), "repository:a/b:pull%2Cpush%20%C3%A9%26%3D");
    }

    #[test]
    fn knows_hosts_in_addresses() {
        for name in ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v1/", "ghcr.io/acme"] {
            assert_eq!(host_in(name), "ghcr.io");
        }
    }
}
