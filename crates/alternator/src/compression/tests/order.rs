//! All layers in their order, over a real socket to nodes that verify signatures.

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use tower::{ServiceBuilder, ServiceExt};
use tower_muster::{Cluster, FailoverLayer, Node, SelectLayer, policy::RoundRobin};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_testkit::TestCluster;

use crate::{
    Alternator, ClientBuilder,
    compression::{
        CompressLayer, DecompressLayer, Encoding, RequestCompression, ResponseCompression,
    },
    headers::{HeadersLayer, Trim},
};

async fn nodes() -> TestCluster {
    TestCluster::builder()
        .topology("dc1:r1=2")
        .credentials("alternator", "secret")
        .start()
        .await
        .expect("a cluster")
}

/// Sends a body through the whole stack, and returns the answer's status and body.
async fn answer(nodes: &TestCluster, body: &str) -> (StatusCode, Bytes) {
    let known = nodes.urls().into_iter().map(|url| Node::new(&url));
    let known: Result<Vec<_>, _> = known.collect();
    let cluster = Cluster::fixed(known.expect("origins")).expect("nodes");
    let credentials = Credentials::from_keys("alternator", "secret", None);
    let sign = SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names");
    let asked = ResponseCompression::new([Encoding::Gzip, Encoding::Deflate]);
    let service = ServiceBuilder::new()
        .layer(CompressLayer::new(RequestCompression::gzip()))
        .layer(DecompressLayer::new(asked))
        .layer(FailoverLayer::new(cluster.clone()).repeat(Alternator))
        .layer(SelectLayer::new(cluster, RoundRobin::new()).classify(Alternator))
        .layer(HeadersLayer::before_signing().trim(Trim::needed()))
        .layer(sign)
        .service(ClientBuilder::new().build().expect("a client"));
    let request = Request::post("/")
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .header("content-type", "application/x-amz-json-1.0")
        .header("amz-sdk-invocation-id", "0cc175b9")
        .body(Full::<Bytes>::from(body.to_owned()))
        .expect("a request");
    let (head, body) = service
        .oneshot(request)
        .await
        .expect("an answer")
        .into_parts();
    (
        head.status,
        body.collect().await.expect("a body").to_bytes(),
    )
}

#[tokio::test]
async fn a_small_request_is_served() {
    let nodes = nodes().await;
    let (status, body) = answer(&nodes, "{}").await;
    assert_eq!(
        (status, &*body),
        (StatusCode::OK, &br#"{"TableNames":[]}"#[..])
    );
}

#[tokio::test]
async fn a_compressed_request_is_rightly_signed() {
    let nodes = nodes().await;
    let (_, body) = answer(&nodes, &format!("{:<5000}", "{}")).await;
    let counters: Vec<_> = nodes.nodes().iter().map(|node| node.counters()).collect();
    let attempts: u64 = counters.iter().map(|counters| counters.attempts).sum();
    let refused: u64 = counters
        .iter()
        .map(|counters| counters.signature_failures)
        .sum();
    assert_eq!((attempts, refused), (1, 0), "{body:?}");
}
