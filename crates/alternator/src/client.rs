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

/// How connections are made and kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connections {
    pub(crate) connect_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_idle: usize,
    pub(crate) keepalive: Option<Duration>,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(1),
            idle_timeout: Duration::from_secs(90),
            max_idle: usize::MAX,
            keepalive: Some(Duration::from_secs(30)),
        }
    }
}

pub(crate) fn client(connections: Connections) -> HyperClient {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(connections.connect_timeout));
    connector.set_keepalive(connections.keepalive);
    // A request is one small write; waiting to fill a packet only adds to its latency.
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(connections.idle_timeout)
        .pool_max_idle_per_host(connections.max_idle)
        // Without a timer idle connections are never swept.
        .pool_timer(TokioTimer::new())
        .build(connector)
}
