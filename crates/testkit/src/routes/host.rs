//! The Host header of a request that came without one, as those of HTTP/2 do.

use http::header::HOST;
use http::{HeaderValue, Request, Version};

/// Writes down the `:authority`, as a gateway to HTTP/1.1 must (RFC 9113, section 8.3.1).
pub(super) fn complete<B>(request: &mut Request<B>) {
    if request.version() != Version::HTTP_2 || request.headers().contains_key(HOST) {
        return;
    }
    let authority = request.uri().authority();
    let host = authority.and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
}
