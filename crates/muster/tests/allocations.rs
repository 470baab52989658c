//! A call that is answered by its first attempt allocates nothing of ours.
#![cfg(feature = "full")]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

use std::{convert::Infallible, future::ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Node, SelectLayer,
    policy::{PowerOfTwo, RackAffinity},
};

fn cluster() -> Cluster {
    let nodes = (1..=9).map(|n| {
        let node = Node::new(&format!("http://10.0.0.{n}:8000")).expect("an origin");
        node.in_rack("dc1", format!("rack{}", n % 3))
            .expect("names")
    });
    Cluster::fixed(nodes).expect("a cluster")
}

fn stack()
-> impl Service<Request<Full<Bytes>>, Response = impl Sized, Error: Into<BoxError>> + Clone {
    let cluster = cluster();
    let policy = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware()).expect("names");
    let client = service_fn(|_: Request<Full<Bytes>>| {
        ready(Ok::<_, Infallible>(Response::new(Full::new(
            Bytes::from_static(b"{}"),
        ))))
    });
    ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster.clone()))
        .layer(SelectLayer::new(cluster, policy))
        .service(client)
}

fn request() -> Request<Full<Bytes>> {
    Request::post("http://cluster.example/")
        .header("host", "cluster.example")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.GetItem")
        .header("user-agent", "a client of some length, as SDKs have them")
        .body(Full::new(Bytes::from_static(b"{\"TableName\":\"things\"}")))
        .expect("a request")
}

#[test]
fn a_call_that_its_first_attempt_answers_allocates_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut stack = stack();
        // The first call takes the buffers and caches of the thread.
        for _ in 0..3 {
            let ready = stack.ready().await.map_err(Into::into).expect("ready");
            ready
                .call(request())
                .await
                .map_err(Into::into)
                .expect("a response");
        }
        let ready = stack.ready().await.map_err(Into::into).expect("ready");
        let request = request();
        let mut call = None;
        let begun = allocation_counter::measure(|| call = Some(Box::pin(ready.call(request))));
        assert_eq!(begun.count_total, 1, "the box of this test: {begun:?}");
        let call = call.as_mut().expect("a call");
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut response = None;
        let polled =
            allocation_counter::measure(|| response = Some(call.as_mut().poll(&mut context)));
        assert!(
            response.expect("polled").is_ready(),
            "the fake answers at once"
        );
        assert_eq!(polled.count_total, 0, "{polled:?}");
    });
}
