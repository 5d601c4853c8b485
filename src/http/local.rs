//! Without authentication only programs on this machine may ask: a name that somebody made point here (DNS
//! rebinding) is none of the server's.

use axum::{
    extract::Request,
    http::{StatusCode, header::HOST},
};
use url::{Host, Url};

use super::refusal::{Refusal, refuse};

/// Lets requests pass that are meant for this machine.
pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    if is_for_us(request) {
        return Ok(());
    }
    let message = "this server answers to localhost and loopback addresses";
    Err(refuse(StatusCode::MISDIRECTED_REQUEST, "MISDIRECTED_REQUEST", message))
}

/// The host is named in a header, once, and perhaps in the request line too.
fn is_for_us(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let is_ours = |host: &str| is_plainly_local(host) || is_local(&format!("http://{host}"));
    host.to_str().is_ok_and(is_ours) && request.uri().authority().is_none_or(|it| is_ours(it.as_str()))
}

/// What nearly every request says, seen without parsing an address.
fn is_plainly_local(host: &str) -> bool {
    let name = host.trim_end_matches(|it: char| it.is_ascii_digit()).strip_suffix(':').unwrap_or(host);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

fn is_local(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    plain
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_are_local_and_nothing_else_is() {
        for local in ["http://localhost:8080", "http://127.0.0.1", "https://[::1]:1", "http://app.localhost"]
        {
            assert!(is_local(local), "{local}");
        }
        for foreign in [
            "null",
            "",
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.nip.io",
            "http://localhost@example.com",
            "http://user@localhost",
            "http://0.0.0.0",
            "http://192.168.0.1",
            "file:///etc/passwd",
            "http://",
        ] {
            assert!(!is_local(foreign), "{foreign}");
        }
    }
}
