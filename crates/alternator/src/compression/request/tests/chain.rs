//! Compressed, then signed, then sent over a real socket to a node that verifies.

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_muster::{BoxError, Cluster, FailoverLayer, Node, SelectLayer, policy::RoundRobin};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_testkit::TestCluster;

use super::{CompressLayer, RequestCompression, post, text};
use crate::{Alternator, ClientBuilder, Repeatable};

async fn cluster() -> TestCluster {
    TestCluster::builder()
        .topology("dc1:r1=1")
        .credentials("alternator", "secret")
        .start()
        .await
        .expect("a cluster")
}

fn sign() -> SigV4Layer {
    let credentials = Credentials::from_keys("alternator", "secret", None);
    SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names")
}

fn request(cluster: &TestCluster) -> Request<Full<Bytes>> {
    let mut request = post(text(5000));
    *request.uri_mut() = cluster.nodes()[0].url().parse().expect("a URI");
    request
}

#[tokio::test]
async fn the_signature_covers_the_compressed_bytes() {
    let cluster = cluster().await;
    for compression in [RequestCompression::gzip(), RequestCompression::deflate()] {
        let service = ServiceBuilder::new()
            .layer(CompressLayer::new(compression))
            .layer(sign())
            .service(ClientBuilder::new().build().expect("a client"));
        let answer = service.oneshot(request(&cluster)).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    let counters = cluster.nodes()[0].counters();
    assert_eq!((counters.attempts, counters.signature_failures), (2, 0));
}

#[tokio::test]
async fn a_body_that_is_compressed_after_it_was_signed_is_refused() {
    let cluster = cluster().await;
    let service = ServiceBuilder::new()
        .layer(sign())
        .layer(CompressLayer::new(RequestCompression::gzip()))
        .map_request(|request: Request<crate::Gathered<Full<Bytes>>>| {
            request.map(|body| Full::new(body.data().cloned().unwrap_or_default()))
        })
        .service(ClientBuilder::new().build().expect("a client"));
    let answer = service.oneshot(request(&cluster)).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    assert_eq!(cluster.nodes()[0].counters().signature_failures, 1);
}

#[tokio::test]
async fn a_compressed_put_is_repeated_as_a_plain_one_is() {
    for (body, attempts) in [
        (r#"{"TableName":"t","Item":{"k":{"S":"1"}}}"#, 2),
        (
            r#"{"TableName":"t","ConditionExpression":"attribute_exists(k)"}"#,
            1,
        ),
    ] {
        let seen = std::sync::Mutex::new(Vec::new());
        let cluster = Cluster::fixed([
            Node::new("http://10.0.0.1:8000").expect("an origin"),
            Node::new("http://10.0.0.2:8000").expect("an origin"),
        ]);
        let cluster = cluster.expect("nodes");
        let service = ServiceBuilder::new()
            .layer(CompressLayer::new(RequestCompression::gzip()))
            .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
            .layer(SelectLayer::new(cluster, RoundRobin::new()).classify(Alternator))
            .service(service_fn(async |request: Request<Full<Bytes>>| {
                assert_eq!(request.headers()["content-encoding"], "gzip");
                assert!(request.extensions().get::<Repeatable>().is_some());
                let mut seen = seen.lock().expect("no panic");
                seen.push(request.into_body());
                let mut response = Response::new(Full::<Bytes>::default());
                if seen.len() == 1 {
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                }
                Ok::<_, BoxError>(response)
            }));
        let answer = service.oneshot(post(format!("{body:<2000}"))).await;
        assert!(answer.is_ok(), "{answer:?}");
        let seen = seen.lock().expect("no panic").len();
        assert_eq!(seen, attempts, "{body}");
    }
}
