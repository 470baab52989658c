//! Reading a request's body, up to the limit.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::api_error::ApiError;

/// `alternator/server.hh`, `content_length_limit`: 16 MiB; strictly more is refused.
const LIMIT: usize = 16 * 1024 * 1024;

#[derive(Debug)]
pub(super) enum Unread {
    /// There is more than the limit.
    TooLarge,
    /// The client went away in the middle.
    Gone,
}

/// Reads the whole body; one that says it is too large is not read at all.
pub(super) async fn read(headers: &HeaderMap, body: Incoming) -> Result<Bytes, Unread> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > LIMIT as u64) {
        return Err(Unread::TooLarge);
    }
    match Limited::new(body, LIMIT).collect().await {
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
        http::StatusCode::PAYLOAD_TOO_LARGE,
        "PayloadTooLarge",
        format!("Request content length limit of {LIMIT} bytes exceeded"),
    )
}
