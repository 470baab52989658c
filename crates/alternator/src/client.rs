//! The HTTP client under a stack that was not given one.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

/// Is hyper-util's pooling client, for HTTP without TLS.
pub type HyperClient = Client<HttpConnector, Full<Bytes>>;

/// How long a connection may sit idle. The nodes never close one themselves, so the client has to.
const IDLE: Duration = Duration::from_secs(90);

pub(crate) fn client(connect_timeout: Duration) -> HyperClient {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(connect_timeout));
    // A request is one small write; waiting to fill a packet only adds to its latency.
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(IDLE)
        // Without a timer idle connections are never swept.
        .pool_timer(TokioTimer::new())
        .build(connector)
}
