//! A call that is answered by its first attempt allocates nothing of ours.
#![cfg(feature = "full")]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

use std::{
    convert::Infallible,
    future::poll_fn,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, service_fn};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Node, SelectLayer,
    failover::Hedge,
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

/// The whole stack, over a client that answers with the second poll, as a real one does at the earliest.
fn stack()
-> impl Service<Request<Full<Bytes>>, Response = impl Sized, Error: Into<BoxError>> + Clone {
    let cluster = cluster();
    let policy = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware()).expect("names");
    let client = service_fn(|_: Request<Full<Bytes>>| {
        let mut is_ready = false;
        poll_fn(move |_| {
            if !std::mem::replace(&mut is_ready, true) {
                return Poll::Pending;
            }
            let body = Full::new(Bytes::from_static(b"{}"));
            Poll::Ready(Ok::<_, Infallible>(Response::new(body)))
        })
    });
    let failover = FailoverLayer::new(cluster.clone())
        .attempt_timeout(Duration::from_secs(1))
        .deadline(Duration::from_secs(5))
        .hedge(Hedge::default());
    ServiceBuilder::new()
        .layer(failover)
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
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut stack = stack();
        // The first calls take the buffers and caches of the thread, and make the nodes known.
        for _ in 0..300 {
            assert!(allocations_of_a_call(&mut stack).is_some());
        }
        let allocations = allocations_of_a_call(&mut stack).expect("answered");
        assert_eq!(
            allocations, 0,
            "with timers for an attempt, the call and a hedge"
        );
    });
}

/// How often a call allocates from its beginning to its response, in two polls.
fn allocations_of_a_call<S>(stack: &mut S) -> Option<u64>
where
    S: Service<Request<Full<Bytes>>, Error: Into<BoxError>>,
{
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(
        stack.poll_ready(&mut context),
        Poll::Ready(Ok(()))
    ));
    let request = request();
    let mut call = None;
    let begun = allocation_counter::measure(|| call = Some(Box::pin(stack.call(request))));
    let mut call = call?;
    let mut answer = Poll::Pending;
    let polled = allocation_counter::measure(|| {
        assert!(call.as_mut().poll(&mut context).is_pending());
        answer = call.as_mut().poll(&mut context);
    });
    // One is the box of this test.
    let allocations = begun.count_total + polled.count_total - 1;
    matches!(answer, Poll::Ready(Ok(_))).then_some(allocations)
}
