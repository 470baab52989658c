//! Replies with the headers that Alternator sends, and no others.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, SERVER};
use http::{HeaderValue, Response, StatusCode};

use super::Reply;
use super::reply_body::ReplyBody;
use crate::api_error::ApiError;
use crate::node::Node;
use crate::version::Version;

pub(super) const AMZ_JSON: HeaderValue = HeaderValue::from_static("application/x-amz-json-1.0");
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
pub(super) const TEXT: HeaderValue = HeaderValue::from_static("text/plain");

/// Seastar's own words, `routes.cc`.
const NOT_FOUND: &[u8] = br#"{"message": "Not found", "code": 404}"#;

/// What Seastar's server calls itself.
const SEASTAR: HeaderValue = HeaderValue::from_static("Seastar httpd");

pub(super) fn ok(
    node: &Node,
    version: Version,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Reply {
    let mut reply = with_type(StatusCode::OK, content_type, body.into());
    add_own_headers(node, version, &mut reply);
    reply
}

pub(super) fn error(node: &Node, version: Version, error: &ApiError) -> Reply {
    let mut reply = with_type(error.status, AMZ_JSON, error.body().into());
    add_own_headers(node, version, &mut reply);
    reply
}

/// Made anew by Seastar, so it has no Date.
pub(super) fn not_found() -> Reply {
    with_type(StatusCode::NOT_FOUND, JSON, Bytes::from_static(NOT_FOUND))
}

/// Made anew by Seastar as well: text that does not even say so.
pub(super) fn plain(status: StatusCode, text: String) -> Reply {
    let mut reply = Response::new(ReplyBody::whole(text));
    *reply.status_mut() = status;
    reply
}

fn with_type(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Reply {
    let mut reply = Response::new(ReplyBody::whole(body));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, content_type);
    reply
}

fn add_own_headers(node: &Node, version: Version, reply: &mut Reply) {
    if let Some(date) = node.clock.date() {
        reply.headers_mut().insert(DATE, date);
    }
    if version.names_itself() {
        reply.headers_mut().insert(SERVER, SEASTAR);
    }
}
