//! Calls from many threads, while nodes fail and lists change.
#![cfg(feature = "failover")]
#![allow(
    clippy::expect_used,
    reason = "a failed expectation is the report of a test"
)]

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{
    BoxError, Cluster, FailoverLayer, Node, OriginError, SelectLayer,
    discover::{Pace, Polled},
    failover::Budget,
    policy::{PowerOfTwo, RackAffinity},
};

const CALLS: usize = 200;

fn node(number: usize) -> Result<Node, OriginError> {
    let node = Node::new(&format!("http://10.0.0.{number}:8000"))?;
    Ok(node
        .in_rack("dc1", format!("rack{}", number % 3))
        .expect("names"))
}

/// A list of nodes that is another one each time: node 1 stays, the others come and go.
fn changing() -> Cluster {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let source = Polled::new(async || {
        let asked = ASKED.fetch_add(1, Relaxed);
        let others = (2..20).filter(move |number| (number + asked) % 3 != 0);
        std::iter::once(1)
            .chain(others)
            .map(node)
            .collect::<Result<Vec<_>, _>>()
    });
    let millisecond = Duration::from_millis(1);
    Cluster::discover(source.pace(Pace::new(millisecond, millisecond).expect("a pace")))
}

/// Serves, refuses, breaks off or takes its time, by chance.
async fn some_node(request: Request<Full<Bytes>>) -> Result<Response<Full<Bytes>>, BoxError> {
    assert!(
        request
            .uri()
            .host()
            .is_some_and(|host| host.starts_with("10.0.0."))
    );
    match fastrand::u8(..10) {
        0 | 1 => return Err(io::Error::from(io::ErrorKind::ConnectionRefused).into()),
        2 => return Err(io::Error::from(io::ErrorKind::ConnectionReset).into()),
        3 => tokio::time::sleep(Duration::from_millis(1)).await,
        4 => tokio::task::yield_now().await,
        _ => {}
    }
    Ok(Response::new(Full::from("answer")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_lost_and_nothing_stays_in_flight() {
    let cluster = changing();
    let policy = RackAffinity::new("dc1", "rack1", PowerOfTwo::latency_aware());
    let service = ServiceBuilder::new()
        .layer(
            FailoverLayer::new(cluster.clone())
                .budget(Budget::new(1.0, 10_000.0).expect("a budget")),
        )
        .layer(SelectLayer::new(cluster.clone(), policy.expect("names")))
        .service(service_fn(some_node));
    let callers = (0..32).map(|caller| {
        let service = service.clone();
        tokio::spawn(async move {
            let mut served = 0;
            for call in 0..CALLS {
                let method = if call % 2 == 0 { "GET" } else { "POST" };
                let request = Request::builder()
                    .method(method)
                    .body(Full::<Bytes>::from("body"));
                let call = service.clone().oneshot(request.expect("a request"));
                if caller % 4 == 0 {
                    // This caller has no patience.
                    let _ = tokio::time::timeout(Duration::from_micros(500), call).await;
                } else if let Ok(response) = call.await {
                    let body = response.into_body().collect().await.expect("a body");
                    assert_eq!(body.to_bytes(), "answer");
                    served += 1;
                }
            }
            served
        })
    });
    let callers: Vec<_> = callers.collect();
    let mut served = 0;
    for caller in callers {
        served += caller.await.expect("no panic");
    }
    // One POST in ten breaks off, and a GET that breaks off is repeated.
    let patient = 24 * CALLS;
    assert!(served > patient * 8 / 10, "{served} of {patient}");
    assert!(cluster.topology().version() > 1, "the lists changed");
    for node in cluster.nodes() {
        assert_eq!(node.in_flight(), 0, "{node:?}");
    }
}
