//! Tells what hyper-util's client sent from what it never sent.

use std::error::Error;

use hyper_util::client::legacy;

use crate::{
    outcome::{Blame, Outcome},
    sources,
};

/// Classifies an error of hyper-util's `legacy::Client`, if it is one.
///
/// | failure | `is_connect` | `connect_info` | hyper's error | sent? |
/// |---|---|---|---|---|
/// | connection refused, or timed out | yes | none | none | no |
/// | fresh connection, closed before the request | no | none | incomplete message | no |
/// | the message comes back | no | some | cancelled | no |
/// | a stream of HTTP/2 after a GOAWAY, or refused | no | some | HTTP/2 | no |
/// | closed or reset after the request was read | no | some | other | perhaps |
/// | a reused connection, closed as the request came | no | some | other | perhaps |
/// | the connection's own task is gone | no | some | user | perhaps |
///
/// The table rests on where hyper-util attaches `connect_info`: only to errors of `try_send_request`.
/// `tests/was_it_sent.rs` holds it against real sockets, and the workspace's own `tests/http2.rs` the row of HTTP/2.
pub(super) fn classify(error: &(dyn Error + 'static)) -> Option<Outcome> {
    let mut sources = sources(error);
    let client = sources
        .by_ref()
        .find_map(|error| error.downcast_ref::<legacy::Error>())?;
    if client.source().is_none() {
        // A request that the client does not take at all, such as an HTTP version that it does not speak.
        return Some(Outcome::FAILED);
    }
    let hyper = sources.find_map(|error| error.downcast_ref::<hyper::Error>());
    Some(match hyper {
        // The connection's task ended with its runtime, or panicked: hyper counts that as the user's.
        Some(hyper) if is_dispatch_gone(hyper) => Outcome::AMBIGUOUS.blaming(Blame::Nobody),
        // The body or a header of the caller's own making.
        Some(hyper) if hyper.is_user() => Outcome::FAILED,
        // The connection ended under the request; that says little about the node.
        Some(hyper) if hyper.is_canceled() || is_unprocessed(hyper) => {
            Outcome::REFUSED.blaming(Blame::Nobody)
        }
        _ if client.is_connect() || client.connect_info().is_none() => Outcome::REFUSED,
        _ => Outcome::AMBIGUOUS,
    })
}

/// hyper has no question for it, only its text, which `tests/was_it_sent.rs` holds it to.
fn is_dispatch_gone(hyper: &hyper::Error) -> bool {
    hyper.is_user() && hyper.to_string().contains("dispatch task is gone")
}

/// Whether the server has said that it did not process the stream: one above the last of its GOAWAY, or reset with
/// `REFUSED_STREAM` (RFC 9113, sections 6.8 and 8.7).
///
/// Of the streams that a GOAWAY lets end, h2 tells with errors of I/O. Again there is only its text.
fn is_unprocessed(hyper: &hyper::Error) -> bool {
    let Some(cause) = hyper
        .source()
        .filter(|_| hyper.to_string() == "http2 error")
    else {
        return false;
    };
    let cause = cause.to_string();
    cause.starts_with("connection error received: ")
        || cause.starts_with("stream error received: refused stream")
}
