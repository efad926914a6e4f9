//! Calls of a registry over HTTP, with all that a stranger on the other side could do to them bounded: the size of what is
//! read, the time, the redirects, and where these may lead.
//!
//! What is asked of a registry is left to its parent, and who asks to `auth`.

use std::io::{ErrorKind, Read};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, LOCATION};
use ureq::http::{HeaderMap, Method, Request, StatusCode, Uri};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

use super::PackageError;
use crate::diagnostics::reason;

/// How long a connection may take, and how long a registry may say nothing.
const CONNECT_SECONDS_MAX: u64 = 20;
const SILENCE_SECONDS_MAX: u64 = 60;
/// How long a call may take in all: one that trickles would never end.
const CALL_SECONDS_MAX: u64 = 600;
/// How often a call may be sent somewhere else.
const REDIRECTS_MAX: usize = 5;
/// How much of the words of an error is read.
const ERROR_BYTES_MAX: u64 = 8 << 10;

/// What calls.
pub(super) struct Http {
    agent: Agent,
    plain_http: bool,
}

/// A call.
pub(super) struct Call<'c> {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    /// It is left out where the call is sent to another host.
    pub(super) authorization: Option<String>,
    pub(super) body: &'c [u8],
}

/// An answer, whose body is not read yet.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Who it is from.
    pub(super) host: String,
    body: Body,
}

impl Http {
    /// `plain_http` allows calls without encryption to other hosts than this.
    pub(super) fn new(plain_http: bool) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // They are followed here, where it is known whom the authorization is for.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("trommel/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(seconds(CONNECT_SECONDS_MAX))
            .timeout_connect(seconds(CONNECT_SECONDS_MAX))
            .timeout_per_read(seconds(SILENCE_SECONDS_MAX))
            .timeout_per_write(seconds(SILENCE_SECONDS_MAX))
            .timeout_per_call(seconds(CALL_SECONDS_MAX))
            .build()
            .new_agent();
        Self { agent, plain_http }
    }

    /// The scheme by which a registry is reached. One on this machine often has no certificate; whoever could listen
    /// there could read our memory too.
    pub(super) fn scheme(&self, host: &str) -> Result<&'static str, PackageError> {
        if !self.plain_http && !is_loopback(&uri(&format!("http://{host}/"))?) {
            return Ok("https");
        }
        let request = Request::get(format!("https://{host}/v2/")).body(());
        match self.agent.run(request.map_err(|error| failed(host, error))?) {
            Err(error) if is_no_tls(&error) => Ok("http"),
            _ => Ok("https"),
        }
    }

    /// Calls, and follows redirects where nothing is sent.
    pub(super) fn call(&self, call: &Call<'_>) -> Result<Answer, PackageError> {
        let mut url = uri(&call.url)?;
        let mut authorization = call.authorization.as_deref();
        for _ in 0..=REDIRECTS_MAX {
            let answer = self.call_once(call, &url, authorization)?;
            let follows = matches!(call.method, Method::GET | Method::HEAD) && answer.status.is_redirection();
            let Some(location) = answer.headers.get(LOCATION).filter(|_| follows) else { return Ok(answer) };
            let next = joined(&url, location.to_str().unwrap_or_default())?;
            if (next.scheme(), next.authority()) != (url.scheme(), url.authority()) {
                authorization = None;
            }
            url = next;
        }
        Err(failed(&host_of(&url), format!("sent us around more than {REDIRECTS_MAX} times")))
    }

    fn call_once(&self, call: &Call<'_>, url: &Uri, authorization: Option<&str>) -> Result<Answer, PackageError> {
        let host = host_of(url);
        if url.scheme_str() != Some("https") && !self.plain_http && !is_loopback(url) {
            return Err(PackageError::PlainHttp(host));
        }
        let mut request = Request::builder().method(call.method.clone()).uri(url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let answer = if call.body.is_empty() {
            self.agent.run(request.body(()).map_err(|error| failed(&host, error))?)
        } else {
            self.agent.run(request.body(call.body).map_err(|error| failed(&host, error))?)
        };
        let answer = answer.map_err(|error| match error {
            ureq::Error::Io(error) => failed(&host, reason(&error)),
            error => failed(&host, error),
        });
        let (parts, body) = answer?.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, host, body })
    }
}

impl Answer {
    /// The text of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, as far as it is wanted.
    pub(super) fn reader(self, max: u64) -> impl Read {
        // ureq has a limit of its own, beyond which it fails.
        self.body.into_with_config().limit(u64::MAX).reader().take(max)
    }

    /// Reads the body, which may not be larger.
    pub(super) fn bytes(self, what: &'static str, max: u64) -> Result<Vec<u8>, PackageError> {
        let host = self.host.clone();
        let mut bytes = Vec::new();
        self.reader(max + 1).read_to_end(&mut bytes).map_err(|error| failed(&host, error))?;
        if bytes.len() as u64 > max { Err(PackageError::TooLarge { what, max }) } else { Ok(bytes) }
    }

    /// The error that it tells of.
    pub(super) fn error(self) -> PackageError {
        let (host, status) = (self.host.clone(), self.status.as_u16());
        let mut bytes = Vec::new();
        let _ = self.reader(ERROR_BYTES_MAX).read_to_end(&mut bytes);
        let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let error = &json["errors"][0];
        let words = [&error["code"], &error["message"]].map(|text| text.as_str().unwrap_or_default());
        PackageError::Status { host, status, why: words.join(" ").trim().to_owned() }
    }

    /// Where to go on.
    pub(super) fn location(&self, from: &str) -> Result<String, PackageError> {
        let location = self.header("location").ok_or_else(|| failed(&self.host, "does not say where to go on"))?;
        Ok(joined(&uri(from)?, location)?.to_string())
    }
}

/// The error for a host that does not do what it should.
pub(super) fn failed(host: &str, why: impl std::fmt::Display) -> PackageError {
    PackageError::Registry { host: host.to_owned(), why: why.to_string() }
}

/// Whether two addresses are of the same server.
pub(super) fn same_server(one: &str, other: &str) -> bool {
    match (one.parse::<Uri>(), other.parse::<Uri>()) {
        (Ok(one), Ok(other)) => (one.scheme(), one.authority()) == (other.scheme(), other.authority()),
        _ => false,
    }
}

/// Whether somebody talks there, but not TLS. A certificate that is not trusted is another error.
fn is_no_tls(error: &ureq::Error) -> bool {
    let garbled = |error: &rustls::Error| matches!(error, rustls::Error::InvalidMessage(_));
    match error {
        ureq::Error::Rustls(error) => garbled(error),
        ureq::Error::Io(error) => {
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
            inner.is_some_and(garbled) || matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset)
        }
        _ => false,
    }
}

fn uri(url: &str) -> Result<Uri, PackageError> {
    url.parse().map_err(|_| failed(url, "is no address"))
}

fn host_of(url: &Uri) -> String {
    url.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default()
}

fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A location, which may leave out the server.
fn joined(from: &Uri, location: &str) -> Result<Uri, PackageError> {
    let whole = if location.starts_with('/') && !location.starts_with("//") {
        format!("{}://{}{location}", from.scheme_str().unwrap_or_default(), host_of(from))
    } else {
        location.to_owned()
    };
    let whole = whole.split('#').next().unwrap_or_default();
    let next = uri(whole).ok().filter(|next| matches!(next.scheme_str(), Some("http" | "https")));
    // Names and passwords in addresses are of no use here.
    let next = next.filter(|next| next.authority().is_some_and(|authority| !authority.as_str().contains('@')));
    next.ok_or_else(|| failed(&host_of(from), "sent us to what is no address"))
}
