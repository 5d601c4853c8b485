//! Long answers, shorter for whoever reads gzip.

use std::io::Write as _;

use axum::{
    body::Bytes,
    http::{HeaderMap, header::ACCEPT_ENCODING},
};
use flate2::{Compression, write::GzEncoder};

use super::protocol::items;

/// Shorter answers fit into a packet as they are.
const WORTH_IT: usize = 1024;
/// Longer answers would keep a thread of connections for too long.
const AT_ONCE: usize = 64 * 1024;

/// Whether `Accept-Encoding` welcomes gzip: `gzip` or `gzip;q=0.5`, but not `gzip;q=0`.
pub(super) fn is_welcome(headers: &HeaderMap) -> bool {
    items(headers, &ACCEPT_ENCODING).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|it| it.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|it| it > 0.0)
    })
}

/// The body compressed, where that is worth it.
pub(super) async fn shortened(body: &Bytes) -> Option<Vec<u8>> {
    if body.len() <= WORTH_IT {
        return None;
    }
    if body.len() <= AT_ONCE {
        return Some(gzip(body));
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || gzip(&body)).await.ok()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}
