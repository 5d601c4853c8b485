//! The pages for people: GraphiQL and the example operations it opens with.
//!
//! `build.rs` puts GraphiQL into the binary. A binary built without Node.js has none and serves a page that loads it
//! from the network, and says so.

use std::io::Read as _;

use async_graphql::http::GraphiQLSource;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Json, Redirect, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{compression, protocol::items};

mod built {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}

/// Whether this binary carries GraphiQL; otherwise its page needs the network.
pub fn bundled() -> bool {
    !built::FILES.is_empty()
}

/// Serves `/graphiql` and all below it, and leads there from `/`.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    routes(Site { files: built::FILES, examples: built::EXAMPLES })
}

/// What `build.rs` embedded, as two tables.
#[derive(Clone, Copy)]
struct Site {
    files: &'static [(&'static str, &'static [u8])],
    examples: &'static [(&'static str, &'static str, &'static str)],
}

impl Site {
    fn file(self, path: &str) -> Option<&'static [u8]> {
        self.files.iter().find(|(it, _)| *it == path).map(|(_, gzipped)| *gzipped)
    }
}

/// Monaco sets styles inline; nothing else needs an exception.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page from the network is an inline script that imports from one host and starts workers from blobs.
const POLICY_FROM_NETWORK: &str = "default-src 'none'; script-src 'unsafe-inline' https://esm.sh blob: data:; \
    style-src 'unsafe-inline' https://esm.sh; img-src data: https://esm.sh; font-src data: https://esm.sh; \
    connect-src 'self' https://esm.sh; worker-src blob:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const BANNER: &str = r#"
    <style>
      body { display: flex; flex-direction: column; height: 100dvh; }
      body #graphiql { flex: 1; min-height: 0; }
      #banner { margin: 0; padding: 0.5rem 1rem; background: #fde68a; color: #1f2937; font: 1rem/1.4 sans-serif; }
    </style>
    <p id="banner" role="status">
      This Milepost was built without Node.js: this page loads GraphiQL from esm.sh and stays empty without a network.
      For one that works anywhere, install Node.js 20.19 or newer, run <code>npm ci &amp;&amp; npm run build</code> in
      <code>web/</code>, and build Milepost again.
    </p>"#;

fn routes<S: Clone + Send + Sync + 'static>(site: Site) -> Router<S> {
    let policy = if site.files.is_empty() { POLICY_FROM_NETWORK } else { POLICY };
    Router::new()
        .route("/", get(async || Redirect::temporary("/graphiql")))
        .route("/graphiql", get(index))
        .route("/graphiql/", get(index))
        .route("/graphiql/examples.json", get(examples))
        .route("/graphiql/{*path}", get(file))
        .route_layer(map_response(async move |response| protect(response, policy)))
        .with_state(site)
}

fn protect(mut response: Response, policy: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn index(State(site): State<Site>, headers: HeaderMap) -> Response {
    match site.file("index.html") {
        Some(gzipped) => embedded("index.html", gzipped, &headers),
        None => ([(CACHE_CONTROL, "no-cache")], Html(page_from_network())).into_response(),
    }
}

async fn file(State(site): State<Site>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    match site.file(&path) {
        Some(gzipped) => embedded(&path, gzipped, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn examples(State(site): State<Site>) -> impl IntoResponse {
    let examples = site
        .examples
        .iter()
        .map(|(name, query, variables)| json!({ "name": name, "query": query, "variables": variables }))
        .collect::<Value>();
    ([(CACHE_CONTROL, "no-cache")], Json(examples))
}

fn page_from_network() -> String {
    let page = GraphiQLSource::build()
        .endpoint("/graphql")
        .subscription_endpoint("/graphql")
        .title("Milepost – GraphiQL")
        .finish();
    page.replacen("<body>", &format!("<body>{BANNER}"), 1)
}

/// An embedded file as the client can read it, or only the news that the client has it already.
fn embedded(path: &str, gzipped: &'static [u8], request: &HeaderMap) -> Response {
    // Weak, because it stands for the compressed and the plain file.
    let tag = format!("W/\"{}\"", HEXLOWER.encode(&Sha256::digest(gzipped)[..16]));
    let is_known = items(request, &IF_NONE_MATCH).any(|known| known == tag);
    let caching = [(CACHE_CONTROL, cache_control(path)), (VARY, "accept-encoding"), (ETAG, &tag)];
    if is_known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }

    let content_type = [(CONTENT_TYPE, content_type(path))];
    if compression::is_welcome(request) {
        let encoding = [(CONTENT_ENCODING, "gzip")];
        return (caching, content_type, encoding, Bytes::from_static(gzipped)).into_response();
    }
    let mut plain = Vec::new();
    GzDecoder::new(gzipped).read_to_end(&mut plain).expect("the build compressed this file");
    (caching, content_type, plain).into_response()
}

/// Files below `assets/` have a hash of their content in their name.
fn cache_control(path: &str) -> &'static str {
    if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("ttf") => "font/ttf",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use axum::body::{Body, to_bytes};
    use axum::http::header::LOCATION;
    use axum::http::{Method, Request};
    use expect_test::{Expect, expect};
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tower::ServiceExt as _;

    use super::*;

    const SCRIPT: &str = "/graphiql/assets/index-abc.js";

    fn leaked_gzip(text: &str) -> &'static [u8] {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("a vector takes all");
        encoder.finish().expect("a vector takes all").leak()
    }

    fn site() -> Site {
        let files = vec![
            ("assets/index-abc.js", leaked_gzip("let script")),
            ("assets/codicon-abc.ttf", leaked_gzip("font")),
            ("index.html", leaked_gzip("<p>page</p>")),
        ];
        let examples = &[
            ("01-guide", "# The guide\n{ guide { title } }", ""),
            ("02-learner", "query Learner", "{\"id\": 1}"),
        ];
        Site { files: files.leak(), examples }
    }

    const EMPTY: Site = Site { files: &[], examples: &[] };

    async fn send(site: Site, method: Method, path: &str, header: Option<(&str, &str)>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let request = request.body(Body::empty()).expect("a valid request");
        routes::<()>(site).oneshot(request).await.expect("routes cannot fail")
    }

    async fn fetch(site: Site, path: &str) -> Response {
        send(site, Method::GET, path, None).await
    }

    async fn text(response: Response) -> String {
        let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a whole body");
        String::from_utf8(bytes.into()).expect("text")
    }

    /// The status, the headers one a line, and the body.
    async fn check(response: Response, expect: Expect) {
        let mut shown = format!("{}\n", response.status());
        // The tag hashes compressed bytes, which a new version of the compressor may change.
        for (name, value) in response.headers().iter().filter(|(name, _)| *name != ETAG) {
            shown += &format!("{name}: {}\n", value.to_str().expect("text"));
        }
        shown += &text(response).await;
        expect.assert_eq(&shown);
    }

    #[tokio::test]
    async fn the_page_is_protected_and_revalidated() {
        let response = fetch(site(), "/graphiql").await;
        check(response, expect![[r#"
            200 OK
            content-type: text/html; charset=utf-8
            cache-control: no-cache
            vary: accept-encoding
            content-security-policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            x-content-type-options: nosniff
            referrer-policy: no-referrer
            content-length: 11
            <p>page</p>"#]]).await;
    }

    #[tokio::test]
    async fn the_page_has_a_second_address_and_a_way_there() {
        assert_eq!(text(fetch(site(), "/graphiql/").await).await, "<p>page</p>");
        let response = fetch(site(), "/").await;
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(response.headers()[LOCATION], "/graphiql");
    }

    #[tokio::test]
    async fn a_known_page_is_not_sent_again() {
        let tag = fetch(site(), "/graphiql").await.headers()[ETAG].to_str().expect("text").to_owned();
        let known = format!("\"another\", {tag}");
        let response = send(site(), Method::GET, "/graphiql", Some(("if-none-match", &known))).await;
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(text(response).await, "");
    }

    #[tokio::test]
    async fn assets_are_kept_for_ever() {
        check(fetch(site(), SCRIPT).await, expect![[r#"
            200 OK
            content-type: text/javascript; charset=utf-8
            cache-control: public, max-age=31536000, immutable
            vary: accept-encoding
            content-security-policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            x-content-type-options: nosniff
            referrer-policy: no-referrer
            content-length: 10
            let script"#]]).await;
        let font = fetch(site(), "/graphiql/assets/codicon-abc.ttf").await;
        assert_eq!(font.headers()[CONTENT_TYPE], "font/ttf");
    }

    #[tokio::test]
    async fn whoever_reads_gzip_gets_the_embedded_bytes() {
        for (accepted, is_gzipped) in [
            ("gzip, deflate, br", true),
            ("br;q=1.0, GZIP; q=0.5", true),
            ("gzip;q=0", false),
            ("br, *", false),
            ("", false),
        ] {
            let response = send(site(), Method::GET, SCRIPT, Some(("accept-encoding", accepted))).await;
            let encoding = response.headers().get(CONTENT_ENCODING).cloned();
            let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a whole body");
            let expected = if is_gzipped { leaked_gzip("let script") } else { b"let script" };
            assert_eq!(bytes, expected, "{accepted}");
            assert_eq!(encoding.is_some(), is_gzipped, "{accepted}");
        }
    }

    #[tokio::test]
    async fn unknown_paths_and_methods_are_refused() {
        for path in ["/graphiql/assets/other.js", "/graphiql/../Cargo.toml", "/elsewhere"] {
            assert_eq!(fetch(site(), path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
        let response = send(site(), Method::POST, "/graphiql", None).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    }

    #[tokio::test]
    async fn head_tells_all_but_the_body() {
        for path in ["/graphiql", SCRIPT, "/graphiql/examples.json"] {
            let (get, head) = (fetch(site(), path).await, send(site(), Method::HEAD, path, None).await);
            assert_eq!(head.status(), StatusCode::OK, "{path}");
            for (name, value) in get.headers() {
                assert_eq!(head.headers().get(name), Some(value), "{path}");
            }
            assert_eq!(text(head).await, "", "{path}");
        }
    }

    #[tokio::test]
    async fn examples_come_with_their_variables() {
        check(fetch(site(), "/graphiql/examples.json").await, expect![[r##"
            200 OK
            content-type: application/json
            cache-control: no-cache
            content-security-policy: default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
            x-content-type-options: nosniff
            referrer-policy: no-referrer
            content-length: 151
            [{"name":"01-guide","query":"# The guide\n{ guide { title } }","variables":""},{"name":"02-learner","query":"query Learner","variables":"{\"id\": 1}"}]"##]]).await;
        assert_eq!(text(fetch(EMPTY, "/graphiql/examples.json").await).await, "[]");
    }

    #[tokio::test]
    async fn without_graphiql_the_page_says_what_it_needs() {
        let response = fetch(EMPTY, "/graphiql").await;
        assert_eq!(response.headers()[CONTENT_SECURITY_POLICY], POLICY_FROM_NETWORK);
        let page = text(response).await;
        assert!(page.contains("was built without Node.js"), "{page}");
        assert_eq!(page.matches("createUrl('/graphql')").count(), 2, "{page}");
        // The policy names the one host that the page uses.
        let hosts = page.matches("https://").count();
        assert_eq!(page.matches("https://esm.sh/").count(), hosts, "{page}");
    }

    #[tokio::test]
    async fn what_was_built_in_is_whole() {
        let site = Site { files: built::FILES, examples: built::EXAMPLES };
        let page = text(fetch(site, "/graphiql").await).await;
        if !bundled() {
            return assert!(page.contains("was built without Node.js"), "{page}");
        }
        let links: Vec<&str> = page.split('"').filter(|it| it.starts_with("/graphiql/assets/")).collect();
        assert!(links.len() > 1, "{page}");
        for link in links {
            assert_eq!(fetch(site, link).await.status(), StatusCode::OK, "{link}");
        }
        assert!(
            text(fetch(site, "/graphiql/THIRD_PARTY_LICENSES.txt").await).await.contains("graphiql 5.4.0")
        );
    }
}
