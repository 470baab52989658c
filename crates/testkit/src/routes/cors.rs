//! What a browser asks for; `alternator/server.cc`, `handle_CORS`.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN,
};
use http::{HeaderMap, HeaderValue};

use super::{Reply, reply};
use crate::node::Node;
use crate::version::Version;

const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date");

/// Allows any origin, if the request names one.
pub(super) fn allow(from_browser: bool, reply: &mut Reply) {
    if from_browser {
        let headers = reply.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

pub(super) fn preflight(node: &Node, version: Version, request: &HeaderMap) -> Reply {
    let mut answer = reply::ok(node, version, reply::TEXT, "");
    let from_browser = request.contains_key(ORIGIN);
    allow(from_browser, &mut answer);
    if from_browser {
        let headers = answer.headers_mut();
        let echoed = [
            (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
            (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        ];
        for (asked, allowed) in echoed {
            if let Some(value) = request.get(asked) {
                headers.insert(allowed, value.clone());
            }
        }
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
    }
    answer
}
