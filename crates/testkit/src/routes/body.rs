//! Reading a request's body, up to the limit.

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::{Reply, reply};
use crate::api_error::ApiError;
use crate::version::Version;

/// `alternator/server.hh`, `content_length_limit`: 16 MiB; strictly more is refused.
pub(super) const LIMIT: usize = 16 * 1024 * 1024;

/// Chunked bodies had no limit before 2026.1; here they have one that no test needs.
const OLD_CHUNKED_LIMIT: usize = 16 * LIMIT;

#[derive(Debug)]
pub(super) enum Unread {
    /// There is more than the limit.
    TooLarge,
    /// The client went away in the middle.
    Gone,
}

/// The length that the head gives, if that is more than the limit.
pub(super) fn announced_too_large(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(CONTENT_LENGTH)?.to_str().ok()?;
    let length = length.parse::<u64>().ok()?;
    (length > LIMIT as u64).then_some(length)
}

/// Reads the whole body.
pub(super) async fn read(version: Version, body: Incoming) -> Result<Bytes, Unread> {
    let limit = if version.sizes_bodies_itself() {
        LIMIT
    } else {
        OLD_CHUNKED_LIMIT
    };
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Unread::TooLarge),
        Err(_) => Err(Unread::Gone),
    }
}

/// Reads and drops everything, so that the sender sees its bytes taken.
pub(super) async fn swallow(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

pub(super) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "PayloadTooLarge",
        format!("Request content length limit of {LIMIT} bytes exceeded"),
    )
}

/// What Seastar answers before Alternator sees the request, up to 2025.4.
pub(super) fn too_large_for_seastar(length: u64) -> Reply {
    reply::plain(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("Content length limit ({LIMIT}) exceeded: {length}"),
    )
}
