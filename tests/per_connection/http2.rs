//! All requests in one connection at a time, which moves from node to node.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use tower::{Layer, ServiceExt};
use tower_muster::{Cluster, ConnectLayer, RetireLayer, policy::Random};
use tower_muster_tests::{Result, Traffic, until};

use super::server::{Server, Speaks};

const NAME: &str = "http://cluster.example:8000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_shared_is_rotated_under_load_and_costs_no_call() -> Result {
    let servers = [
        Server::start("127.0.0.1", Speaks::Http2).await,
        Server::start("127.0.0.1", Speaks::Http2).await,
    ];
    let cluster = Cluster::fixed(servers.iter().map(|server| server.node.clone()))?;
    let layer = ConnectLayer::new(cluster, Random::new(), NAME)?;
    let layer = layer.max_age(Duration::from_millis(20))?;
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .http2_only(true)
        .build::<_, Full<Bytes>>(layer.layer(HttpConnector::new()));
    let client = RetireLayer::new().layer(client);
    let traffic = Traffic::begin(8, move |_| {
        let client = client.clone();
        async move {
            let request = Request::get(NAME).body(Full::default()).unwrap();
            let response = client.oneshot(request).await?;
            response.into_body().collect().await?;
            Ok::<_, tower_muster_tests::Error>(())
        }
    });
    until("both were connected to many times", async || {
        servers.iter().all(|server| server.connections() > 10)
    })
    .await;
    let failed: Vec<_> = traffic
        .end()
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    Ok(())
}
