//! What the client below is sent, and what it is not.

use bytes::Bytes;
use http::{Method, Request, header::HOST};
use http_body_util::Full;
use tower::{Service, ServiceExt};
use tower_layer::Layer;

use super::{get, send};
use crate::{
    AttemptError, Cluster, NoNode, SelectLayer,
    policy::RoundRobin,
    select::HostHeader,
    tests::fakes::{Client, Found, Probe, Reply, Source, attempt_after, cluster, in_flight, node},
};

fn served() -> Client {
    Client::new(|_| Reply::Status(200))
}

#[tokio::test(start_paused = true)]
async fn path_query_method_headers_and_body_are_kept() {
    let client = served();
    let request = Request::put("http://dynamodb.us-east-1.amazonaws.com/a/b?c=d&e")
        .header("x-amz-target", "DynamoDB_20120810.PutItem")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .extension(7_u32)
        .body(Full::from("body"));
    let request = request.expect("a request");
    send(&cluster(1), &client, request).await.expect("served");
    client.with_seen(|seen| {
        let seen = &seen[0];
        assert_eq!(seen.head.uri, "http://10.0.0.1:8000/a/b?c=d&e");
        assert_eq!(seen.head.method, Method::PUT);
        assert_eq!(
            seen.head.headers["x-amz-target"],
            "DynamoDB_20120810.PutItem"
        );
        let twice: Vec<_> = seen.head.headers.get_all("x-twice").iter().collect();
        assert_eq!(twice, ["1", "2"]);
        assert_eq!(seen.head.headers.len(), 4, "these and the Host");
        assert_eq!(seen.head.extensions.get(), Some(&7_u32));
        assert_eq!(seen.body, "body");
    });
}

#[tokio::test(start_paused = true)]
async fn a_host_header_names_the_node_or_is_kept() {
    let request = || {
        let mut request = get("http://cluster.example/");
        let host = http::HeaderValue::from_static("cluster.example");
        request.headers_mut().insert(HOST, host);
        request
    };
    for (mode, host) in [
        (HostHeader::Node, "10.0.0.1:8000"),
        (HostHeader::Keep, "cluster.example"),
    ] {
        let client = served();
        let layer = SelectLayer::new(cluster(1), RoundRobin::new()).host(mode);
        let service = layer.layer(client.clone());
        service.oneshot(request()).await.expect("served");
        client.with_seen(|seen| assert_eq!(seen[0].head.headers[HOST], host));
    }
}

/// A request that no node can be chosen for, and why.
async fn refusal(cluster: &Cluster, request: Request<Full<Bytes>>) -> NoNode {
    let client = served();
    let error = send(cluster, &client, request).await.expect_err("no node");
    assert_eq!(
        client.calls(),
        0,
        "nothing is sent, also not to where it came with"
    );
    assert!(error.node().is_none());
    match error {
        AttemptError::NoNode(reason) => reason,
        other => unreachable!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_node_nothing_is_sent_anywhere() {
    let uri = "http://dynamodb.us-east-1.amazonaws.com/";
    let empty = Cluster::discover(Source::of([]));
    assert!(matches!(refusal(&empty, get(uri)).await, NoNode::Empty));

    let unknown = Cluster::discover(Source::new([Found::Error("no route")]));
    let reason = refusal(&unknown, get(uri)).await;
    assert!(matches!(reason, NoNode::Undiscovered(_)), "{reason:?}");

    let tried = cluster(3);
    let mut request = get(uri);
    let attempt = attempt_after(&tried, &[1, 2, 3]);
    request.extensions_mut().insert(attempt);
    let reason = refusal(&tried, request).await;
    assert!(
        matches!(reason, NoNode::AllTried { tried: 3, .. }),
        "{reason:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_aimed_is_not_sent_and_ends_its_lease() {
    let (cluster, client) = (cluster(1), served());
    let layer = SelectLayer::new(cluster.clone(), RoundRobin::new()).host(HostHeader::Keep);
    let mut service = layer.layer(client.clone());
    let service = service.ready().await.expect("ready");
    let error = service.call(get("/")).await.expect_err("no host to keep");
    assert!(
        matches!(&error, AttemptError::NoNode(NoNode::Unaimable { .. })),
        "{error:?}"
    );
    assert_eq!((client.calls(), in_flight(&cluster)), (0, 0));
}

#[test]
fn outside_of_a_runtime_calls_are_told_so_and_nothing_is_sent() {
    let cluster = Cluster::discover(Source::of([node(1)]));
    let client = served();
    let mut sending = tokio_test::task::spawn(send(&cluster, &client, get("/")));
    let error = tokio_test::assert_ready!(sending.poll()).expect_err("no runtime");
    assert!(
        matches!(error, AttemptError::NoNode(NoNode::NoRuntime)),
        "{error:?}"
    );
    drop(sending);
    assert_eq!(client.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_client_that_was_polled_is_the_one_called_each_time() {
    let client = served();
    let probe = Probe::new(client.clone());
    let readied = probe.readied();
    let mut service = SelectLayer::new(cluster(2), RoundRobin::new()).layer(probe);
    for _ in 0..3 {
        service.ready().await.expect("ready");
        service.call(get("/")).await.expect("served");
    }
    // A clone is polled on its own, or the probe would panic.
    service.clone().oneshot(get("/")).await.expect("served");
    assert_eq!(client.calls(), 4);
    assert_eq!(readied.load(std::sync::atomic::Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_no_requests_is_told_apart_from_a_node() {
    let mut service = SelectLayer::new(cluster(1), RoundRobin::new()).layer(Shut);
    let error = service.ready().await.err().expect("not ready");
    assert!(matches!(error, AttemptError::Client(_)), "{error:?}");
    assert_eq!(error.to_string(), "the client below takes no requests");
}

/// A client that is never ready.
#[derive(Clone)]
struct Shut;

impl Service<Request<Full<Bytes>>> for Shut {
    type Response = http::Response<Full<Bytes>>;
    type Error = crate::BoxError;
    type Future = std::future::Pending<Result<Self::Response, Self::Error>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        std::task::Poll::Ready(Err("shut".into()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        unreachable!("it is not ready")
    }
}
