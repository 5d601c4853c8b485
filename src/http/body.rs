//! The body of a request, within its bounds of size and time.

use std::{io::Read as _, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    http::{
        HeaderMap, StatusCode,
        header::{ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, EXPECT, RETRY_AFTER},
    },
};
use bytes::BytesMut;
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt as _;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{
    Server,
    refusal::{Refusal, refuse},
};
use crate::graphql::code;

/// How many bytes the body of a request may have, once it is inflated.
pub const MAX_BODY: usize = 1024 * 1024;
/// How many bytes a compressed body may have as it comes.
const MAX_COMPRESSED: usize = 256 * 1024;

/// How many bytes of a body count for itself alone. Nearly all bodies have fewer.
const OWN: usize = 16 * 1024;
/// How much of a refused body is still taken, and for how long.
const MAX_REST: u64 = 8 << 20;
const REST_TIMEOUT: Duration = Duration::from_secs(1);

/// Reads a body whole.
pub(super) async fn read(server: &Server, headers: &HeaderMap, mut body: Body) -> Result<Bytes, Refusal> {
    let is_gzip = match is_gzip(headers) {
        Ok(is_gzip) => is_gzip,
        Err(refusal) => return Err(after_rest(refusal, headers, body).await),
    };
    let max = if is_gzip { MAX_COMPRESSED } else { MAX_BODY };
    match timeout(server.options.body_timeout, collect(&mut body, max, &server.bodies)).await {
        Ok(Ok(bytes)) if is_gzip => inflate(&bytes),
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(refusal)) => Err(after_rest(refusal, headers, body).await),
        Err(_) => Err(late()),
    }
}

async fn after_rest(refusal: Refusal, headers: &HeaderMap, body: Body) -> Refusal {
    discard(headers, body).await;
    refusal
}

/// Takes the rest of a body that nothing reads. Whoever still sends while the connection is closed may lose the
/// answer; but nobody is waited for long, and who announces too much or asks before sending is not waited for.
pub(super) async fn discard(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(EXPECT) || MAX_REST < body.size_hint().lower() {
        return;
    }
    let rest = async {
        let mut n_bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            n_bytes += frame.data_ref().map_or(0, Bytes::len);
            if MAX_REST < u64::try_from(n_bytes).unwrap_or(u64::MAX) {
                break;
            }
        }
    };
    let _ = timeout(REST_TIMEOUT, rest).await;
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    let mut codings = super::protocol::items(headers, &CONTENT_ENCODING);
    match (codings.next(), codings.next()) {
        (None, None) => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case("identity") => Ok(false),
        (Some(coding), None) if coding.eq_ignore_ascii_case("gzip") => Ok(true),
        _ => Err(other_coding()),
    }
}

/// What was announced too long is not read at all.
async fn collect(body: &mut Body, max: usize, spare: &Semaphore) -> Result<Bytes, Refusal> {
    if max < usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX) {
        return Err(too_large());
    }
    let (mut first, mut all, mut share) = (Bytes::new(), BytesMut::new(), Share::of(spare));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else { continue };
        let n_bytes = first.len() + all.len() + data.len();
        if max < n_bytes {
            return Err(too_large());
        }
        share.grow(n_bytes)?;
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        // Nearly all bodies come in one piece, and that is not copied.
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// What a body takes of the bytes that all have together, until it is there: then it is soon read and gone.
struct Share<'a> {
    spare: &'a Semaphore,
    taken: Option<SemaphorePermit<'a>>,
}

impl<'a> Share<'a> {
    fn of(spare: &'a Semaphore) -> Self {
        Self { spare, taken: None }
    }

    /// Makes room for so many bytes in all.
    fn grow(&mut self, n_bytes: usize) -> Result<(), Refusal> {
        let n_taken = self.taken.as_ref().map_or(0, SemaphorePermit::num_permits);
        let n_more = n_bytes.saturating_sub(OWN + n_taken);
        if n_more == 0 {
            return Ok(());
        }
        let more = self.spare.try_acquire_many(u32::try_from(n_more).expect("at most a mebibyte"));
        let more = more.map_err(|_| too_many())?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            None => self.taken = Some(more),
        }
        Ok(())
    }
}

/// It stops where the bound is, however much more there would be.
fn inflate(compressed: &[u8]) -> Result<Bytes, Refusal> {
    let mut inflated = Vec::new();
    let bound = u64::try_from(MAX_BODY).expect("a mebibyte") + 1;
    MultiGzDecoder::new(compressed).take(bound).read_to_end(&mut inflated).map_err(|_| broken())?;
    if MAX_BODY < inflated.len() { Err(too_large()) } else { Ok(inflated.into()) }
}

fn other_coding() -> Refusal {
    let message = "send the body as it is, or with `Content-Encoding: gzip`";
    refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
        .with(ACCEPT_ENCODING, "gzip")
}

fn too_large() -> Refusal {
    let message = "the body must have at most 1,048,576 bytes, and at most 262,144 where it is compressed";
    refuse(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message).with(CONNECTION, "close")
}

fn too_many() -> Refusal {
    let message = "too many long bodies come at once; try again";
    let refusal = refuse(StatusCode::SERVICE_UNAVAILABLE, code::OVERLOADED, message);
    refusal.with(RETRY_AFTER, "1")
}

fn late() -> Refusal {
    refuse(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "the body took too long to come")
        .with(CONNECTION, "close")
}

fn broken() -> Refusal {
    refuse(StatusCode::BAD_REQUEST, code::BAD_REQUEST, "the body is not what its headers say")
        .with(CONNECTION, "close")
}
