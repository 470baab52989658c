//! Tells the SDK which connection a call went over, so that it can have it closed.

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use http::{Extensions, Request};
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};

/// The connection of a call that is under way: that of its last attempt that had one.
///
/// hyper-util's client writes it into an extension of the request. Each attempt of a call carries the same
/// extension, and each connection replaces the one before.
pub(crate) struct Captured(Option<CaptureConnection>);

/// Who below could want to tell the SDK of its connections itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Below {
    /// Nobody: there is a client of hyper-util.
    Hyper,
    /// Nobody, and no connection is closed for the SDK's sake.
    Kept,
    /// Perhaps a client of the SDK.
    Any,
}

impl Captured {
    /// Has the connection captured, if the SDK wants to know it.
    pub(crate) fn of<B>(request: &mut Request<B>, below: Below) -> Self {
        let extensions = request.extensions_mut();
        let wanted: Option<CaptureSmithyConnection> = match below {
            // Each extension is one more to be copied for each attempt.
            Below::Hyper | Below::Kept => extensions.remove(),
            Below::Any => extensions.get().cloned(),
        };
        let Some(wanted) = wanted else {
            return Self(None);
        };
        if below == Below::Kept {
            wanted.set_connection_retriever(|| Some(nothing()));
            return Self(None);
        }
        let captured = capture_connection(request);
        // There is one for each request: a layer below that wants one, too, finds it here and makes no other.
        request.extensions_mut().insert(captured.clone());
        let retriever = captured.clone();
        // Without one the SDK logs an error: there is nothing to close, and that is none.
        wanted.set_connection_retriever(move || Some(metadata(&retriever).unwrap_or_else(nothing)));
        Self(Some(captured))
    }

    pub(crate) fn connection(&self) -> Option<ConnectionMetadata> {
        metadata(self.0.as_ref()?)
    }
}

fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let connection = captured.connection_metadata();
    let connection = connection.as_ref()?;
    let mut extras = Extensions::new();
    connection.get_extras(&mut extras);
    let info: Option<&HttpInfo> = extras.get();
    let poisoned = captured.clone();
    let mut builder = ConnectionMetadata::builder()
        .proxied(connection.is_proxied())
        .poison_fn(move || {
            if let Some(connection) = poisoned.connection_metadata().as_ref() {
                connection.poison();
            }
        });
    builder
        .set_local_addr(info.map(HttpInfo::local_addr))
        .set_remote_addr(info.map(HttpInfo::remote_addr));
    Some(builder.build())
}

fn nothing() -> ConnectionMetadata {
    let nothing = ConnectionMetadata::builder().proxied(false);
    nothing.poison_fn(|| {}).build()
}
