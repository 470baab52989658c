//! `GET /`: proves that the HTTP server runs, and nothing else.

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

use super::{Reply, cors, reply};
use crate::node::Node;
use crate::version::Version;

pub(super) fn reply(node: &Node, version: Version, headers: &HeaderMap) -> Reply {
    let mut text = b"healthy: ".to_vec();
    text.extend_from_slice(headers.get(HOST).map_or(b"", |host| host.as_bytes()));
    let mut reply = reply::ok(node, version, reply::TEXT, text);
    cors::allow(headers.contains_key(ORIGIN), &mut reply);
    reply
}
