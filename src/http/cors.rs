//! Which pages may ask, and which may read what they are answered. A page may do both at the address that it came
//! from itself; one from elsewhere must not reach the server through somebody's browser, not even one that another
//! program on this machine serves, unless its origin is listed.

use std::str::FromStr;

use axum::{
    extract::Request,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HOST, ORIGIN, VARY,
        },
    },
};
use url::Url;

use super::refusal::{Refusal, refuse};

/// What pages of listed origins may send, and what they may read of the answers besides the usual.
const SENT: &str = "accept, apollo-require-preflight, apollographql-client-name, apollographql-client-version, \
    content-type, graphql-require-preflight, idempotency-key, x-apollo-operation-name, x-experience-api-version";
const READ: &str = "retry-after, x-experience-api-version, x-request-id";

/// Where a web page comes from: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("`{text}` is no origin: write it like https://app.example.com, without a path");
        let url = Url::parse(text).map_err(|_| form())?;
        let origin = url.origin().ascii_serialization();
        // An address that says more than its origin would be taken for a narrower permission than it is.
        let is_bare = text.trim_end_matches('/').eq_ignore_ascii_case(&origin)
            || url.path() == "/"
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty();
        if !matches!(url.scheme(), "http" | "https") || !is_bare || url.password().is_some() {
            return Err(form());
        }
        HeaderValue::from_str(&origin).map(Self).map_err(|_| form())
    }
}

/// Lets requests pass that come from no page, from one of this server, or from one of a listed origin. The latter
/// may read the answer; its origin is answered.
pub(super) fn check(request: &Request, allowed: &[Origin]) -> Result<Option<HeaderValue>, Refusal> {
    let mut origins = request.headers().get_all(ORIGIN).iter();
    let (origin, None) = (origins.next(), origins.next()) else { return Err(foreign()) };
    let Some(origin) = origin else { return Ok(None) };
    if allowed.iter().any(|it| it.0 == origin) {
        return Ok(Some(origin.clone()));
    }
    if is_own(request.headers(), origin) { Ok(None) } else { Err(foreign()) }
}

/// A browser leaves out the same port of the origin and of the host.
fn is_own(headers: &HeaderMap, origin: &HeaderValue) -> bool {
    let origin = origin.to_str().ok().and_then(|it| it.strip_prefix("http://"));
    let host = headers.get(HOST).and_then(|it| it.to_str().ok());
    origin.zip(host).is_some_and(|(origin, host)| origin.eq_ignore_ascii_case(host))
}

fn foreign() -> Refusal {
    refuse(StatusCode::FORBIDDEN, "FORBIDDEN_ORIGIN", "pages from elsewhere may not ask this server")
}

/// Lets the page of a listed origin read the answer.
pub(super) fn let_read(headers: &mut HeaderMap, origin: HeaderValue, is_preflight: bool) {
    let mut say = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    say(ACCESS_CONTROL_EXPOSE_HEADERS, READ);
    if is_preflight {
        say(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST");
        say(ACCESS_CONTROL_ALLOW_HEADERS, SENT);
        say(ACCESS_CONTROL_MAX_AGE, "7200");
    }
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.append(VARY, HeaderValue::from_static("origin"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_or_refused_with_what_was_wrong() {
        for (text, origin) in [
            ("https://app.example.com", "https://app.example.com"),
            ("HTTPS://App.Example.com/", "https://app.example.com"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("https://example.com:443", "https://example.com"),
        ] {
            assert_eq!(text.parse(), Ok(Origin(HeaderValue::from_static(origin))), "{text}");
        }
        for text in
            ["", "*", "null", "example.com", "https://example.com/app", "https://a@example.com", "file:///"]
        {
            let error = text.parse::<Origin>().expect_err("no origin");
            assert!(error.starts_with(&format!("`{text}` is no origin")), "{error}");
        }
    }
}
