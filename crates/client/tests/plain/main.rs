//! Connections, their pool and their limits, over real sockets without TLS.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed expectation is the report of a test"
)]

mod hosts;
mod limits;
#[cfg(feature = "http2")]
mod pings;
mod pool;
mod server;
mod transports;

use std::error::Error;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use tower::{Service, ServiceExt};
use tower_muster_client::ConnectError;

/// Asks for a page and reads it to its end.
async fn get<S>(client: &S, uri: Uri) -> Result<String, legacy::Error>
where
    S: Service<Request<Full<Bytes>>, Response = Response<Incoming>, Error = legacy::Error> + Clone,
{
    let mut request = Request::new(Full::default());
    *request.uri_mut() = uri;
    let response = client.clone().oneshot(request).await?;
    let body = response.into_body().collect().await.expect("a body");
    Ok(String::from_utf8(body.to_bytes().to_vec()).expect("text"))
}

/// The error of the connection that was not made.
fn connect_error(error: &legacy::Error) -> &ConnectError {
    assert!(error.is_connect(), "{error:?}");
    let source = error.source().expect("a source");
    source.downcast_ref().expect("the connector's error")
}
