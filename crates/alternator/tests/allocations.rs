//! A call that is answered by its first attempt allocates nothing of ours, through all layers of a stack.
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

use std::{
    convert::Infallible,
    future::poll_fn,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use tower::{Service, service_fn};
use tower_muster::{BoxError, Node, failover::Hedge};
use tower_muster_alternator::{
    Alternator, Config,
    affinity::{Mode, TableKeys},
};

fn config() -> Config {
    let nodes = (1..=9).map(|n| {
        let node = Node::new(&format!("http://10.0.0.{n}:8000")).expect("an origin");
        node.in_rack("dc1", format!("rack{}", n % 3))
            .expect("names")
    });
    Alternator::at_nodes(nodes).rack("dc1", "rack1")
}

/// The stack over a client that answers with the second poll, as a real one does at the earliest.
fn stack(
    config: Config,
) -> impl Service<Request<Full<Bytes>>, Response = impl Sized, Error: Into<BoxError>> + Clone {
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
    config.build_over(client).expect("a stack").service()
}

fn request() -> Request<Full<Bytes>> {
    let body = r#"{"TableName":"things","Item":{"id":{"S":"one"}}}"#;
    Request::post("http://cluster.example/")
        .header("host", "cluster.example")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("user-agent", HeaderValue::from_static("an SDK's"))
        .header("amz-sdk-request", "attempt=1; max=3")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a request")
}

/// How often a call allocates from its beginning to its response, in two polls.
fn allocations_of_a_call<S>(stack: &mut S) -> Option<u64>
where
    S: Service<Request<Full<Bytes>>, Error: Into<BoxError>>,
{
    let mut context = Context::from_waker(Waker::noop());
    assert!(stack.poll_ready(&mut context).is_ready());
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

fn allocations(config: Config) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut stack = stack(config.no_probing());
        // The first calls take the buffers and caches of the thread, and make the nodes known.
        for _ in 0..300 {
            assert!(allocations_of_a_call(&mut stack).is_some());
        }
        allocations_of_a_call(&mut stack).expect("answered")
    })
}

#[test]
fn a_call_that_its_first_attempt_answers_allocates_nothing() {
    assert_eq!(allocations(config()), 0);
    assert_eq!(allocations(config().hedge(Hedge::default())), 0);
}

#[test]
fn affinity_costs_what_it_reads_and_a_place_in_the_requests_extensions_and_in_their_copy() {
    let tables = TableKeys::new().given("things", "id").expect("names");
    let config = config().affinity(Mode::AnyWrite).table_keys(tables);
    assert_eq!(
        allocations(config),
        1 + 2 * 3,
        "the reading; twice a map, its table and the key"
    );
}
