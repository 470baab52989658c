//! What a call carries around: the size of its future and of what it answers, and the thread's stack that it takes.
//!
//! Each layer adds to all of them, unseen: a future is moved into every task that holds it, and a stack of layers
//! is polled from top to bottom.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is the report"
)]

use std::{any::type_name_of_val, thread};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Service, ServiceExt};
use tower_muster_alternator::{Alternator, Stack};
use tower_muster_testkit::TestCluster;

/// A page of memory is what a task may well have; the SDK's own futures take several.
const FUTURE: usize = 3 * 1024;
/// The head of any response takes 136 bytes.
const RESPONSE: usize = 640;
/// Names of types stand in symbols and backtraces; the compiler gives up on those of a million characters.
const NAME: usize = 8 * 1024;
/// Of the 2 MiB that Tokio's threads have; in a build without optimisation, which takes most.
const THREAD: usize = 256 * 1024;

fn list_tables() -> Request<Full<Bytes>> {
    Request::post("/")
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .body(Full::new(Bytes::from("{}")))
        .unwrap()
}

#[tokio::test]
async fn a_call_fits_in_a_page_of_memory() {
    fn response<B, E>(_: &impl Future<Output = Result<Response<B>, E>>) -> usize {
        size_of::<Response<B>>()
    }
    let stack = Alternator::at("http://127.0.0.1:1").build().unwrap();
    let call = stack.service().call(list_tables());
    let (future, response) = (size_of_val(&call), response(&call));
    assert!(future <= FUTURE, "the future has {future} bytes");
    assert!(response <= RESPONSE, "the response has {response} bytes");
    let name = type_name_of_val(&call).len();
    assert!(name <= NAME, "its type's name has {name} characters");
}

async fn call(stack: Stack) -> u16 {
    let response = stack.service().oneshot(list_tables()).await.unwrap();
    let status = response.status();
    response.into_body().collect().await.unwrap();
    status.as_u16()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_is_polled_on_a_small_stack() {
    let cluster = TestCluster::builder().topology("dc1:rack1=2");
    let cluster = cluster.start().await.expect("a cluster");
    let stack = Alternator::at_any(cluster.urls()).build().unwrap();
    let small = thread::Builder::new().stack_size(THREAD).spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(call(stack))
    });
    // Nothing but the nodes runs here, and they have a thread of their own.
    assert_eq!(small.unwrap().join().expect("enough stack"), 200);
}
