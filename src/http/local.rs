//! Without authentication only programs on this machine may ask. A page from elsewhere must not
//! reach the server through somebody's browser, neither under a name that it made point here (DNS
//! rebinding) nor across origins.

use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::Response,
};
use url::{Host, Url};

use super::refuse;

/// Lets requests to and from loopback names pass.
pub(super) async fn only_local(request: Request, next: Next) -> Response {
    if !host(&request).is_some_and(|it| is_local(&format!("http://{it}"))) {
        let message = "this server answers to localhost, 127.0.0.1 and [::1]";
        return refuse(StatusCode::MISDIRECTED_REQUEST, "MISDIRECTED_REQUEST", message);
    }
    if !origin(request.headers()).is_none_or(is_local) {
        return refuse(
            StatusCode::FORBIDDEN,
            "FORBIDDEN_ORIGIN",
            "pages from elsewhere may not ask this server",
        );
    }
    next.run(request).await
}

/// HTTP/1.1 names the host in a header, HTTP/2 in the request line.
fn host(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::HOST).map(|it| it.to_str().unwrap_or_default());
    header.or_else(|| request.uri().authority().map(|it| it.as_str()))
}

/// The origin of the page that asks; `None`: no page does.
fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ORIGIN).map(|it| it.to_str().unwrap_or_default())
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
