//! Which operation a request asks for.

use http::{HeaderMap, HeaderName};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// The operation's name, such as `GetItem`.
///
/// It is what stands after the first dot of `X-Amz-Target`, as Alternator reads it
/// (`alternator/server.cc`, `handle_api_request`); what stands before is not looked at.
pub(crate) fn operation(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get(TARGET)?.to_str().ok()?;
    let (_, operation) = target.split_once('.')?;
    Some(operation)
}
