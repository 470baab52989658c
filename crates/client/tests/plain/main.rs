//! Connections, their pool and their limits, over real sockets without TLS.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a failed expectation is the report of a test"
)]

mod limits;
#[cfg(feature = "http2")]
mod pings;
mod pool;
mod server;
mod transports;

use std::error::Error;

use bytes::Bytes;
use http::Uri;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::{self, Client, connect::Connect};
use tower_muster_client::ConnectError;

/// Asks for a page and reads it to its end.
async fn get<C>(client: &Client<C, Full<Bytes>>, uri: Uri) -> Result<String, legacy::Error>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let response = client.get(uri).await?;
    let body = response.into_body().collect().await.expect("a body");
    Ok(String::from_utf8(body.to_bytes().to_vec()).expect("text"))
}

/// The error of the connection that was not made.
fn connect_error(error: &legacy::Error) -> &ConnectError {
    assert!(error.is_connect(), "{error:?}");
    let source = error.source().expect("a source");
    source.downcast_ref().expect("the connector's error")
}
