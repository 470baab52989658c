//! A deep stack of layers compiles, and its futures stay small.
//!
//! Named futures nest: each layer adds one level of types. An `async fn` in between would add several,
//! and its state twice; users who stack ten layers of their own would be told to raise this limit.
#![recursion_limit = "80"]
#![cfg(feature = "failover")]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

use std::{convert::Infallible, future::Ready, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{
    AttemptError, BoxError, Cluster, FailoverLayer, Node, SelectLayer,
    policy::{PowerOfTwo, RackAffinity},
};

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

fn answer(_: Request<Full<Bytes>>) -> Answer {
    std::future::ready(Ok(Response::default()))
}

fn cluster() -> Cluster {
    let nodes = ["http://10.0.0.1:8000", "http://10.0.0.2:8000"].map(Node::new);
    let nodes = nodes.into_iter().collect::<Result<Vec<_>, _>>();
    Cluster::fixed(nodes.expect("origins")).expect("a cluster")
}

fn size_of_future<S: Service<R>, R>(_: &S) -> usize {
    size_of::<S::Future>()
}

/// Our layers with tower's between, above and below them.
fn deep() -> impl Service<
    Request<Full<Bytes>>,
    Response: Send,
    Error: Into<BoxError> + Send,
    Future: Send + 'static,
> + Clone
+ Send {
    let policy = PowerOfTwo::latency_aware();
    let policy = RackAffinity::new("dc1", "rack1", policy).expect("names");
    let cluster = cluster();
    ServiceBuilder::new()
        .map_err(BoxError::from)
        .concurrency_limit(8)
        .map_request(|request: Request<Full<Bytes>>| request)
        .map_response(|response| response)
        .layer(FailoverLayer::new(cluster.clone()).deadline(Duration::from_secs(1)))
        .map_request(|request: Request<Full<Bytes>>| request)
        .map_err(|error: AttemptError| error)
        .layer(SelectLayer::new(cluster, policy))
        .concurrency_limit(8)
        .map_err(BoxError::from)
        .map_request(|request: Request<Full<Bytes>>| request)
        .map_response(|response: Response<Full<Bytes>>| response)
        .map_result(|result: Result<Response<Full<Bytes>>, Infallible>| result)
        .then(async |result: Result<Response<Full<Bytes>>, Infallible>| result)
        .service(service_fn(answer))
}

#[tokio::test]
async fn a_deep_stack_compiles_and_answers() {
    let call = tokio::spawn(deep().oneshot(Request::default()));
    assert!(call.await.expect("no panic").is_ok());
}

#[test]
fn futures_stay_small() {
    let cluster = cluster();
    let select = ServiceBuilder::new()
        .layer(SelectLayer::new(
            cluster.clone(),
            PowerOfTwo::latency_aware(),
        ))
        .service(service_fn(answer));
    let both = ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster))
        .service(select.clone());
    let client = size_of::<Answer>();
    let select = size_of_future::<_, Request<Full<Bytes>>>(&select);
    let both = size_of_future::<_, Request<Full<Bytes>>>(&both);
    println!("client {client}, with Select {select}, with Failover {both} bytes");
    assert!(
        select <= client + 128,
        "{select} bytes over a client's {client}"
    );
    assert!(both <= select + 1_024, "{both} bytes over {select}");
}
