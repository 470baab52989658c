//! A node that verifies signatures, over a real socket.

use aws_credential_types::Credentials;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use tower::{ServiceBuilder, ServiceExt};
use tower_muster_sigv4::SigV4Layer;
use tower_muster_testkit::TestCluster;

use crate::{
    ClientBuilder,
    headers::{HeadersLayer, Trim, UserAgent},
};

async fn cluster() -> TestCluster {
    TestCluster::builder()
        .topology("dc1:r1=1")
        .credentials("alternator", "secret")
        .start()
        .await
        .expect("a cluster")
}

fn sign() -> SigV4Layer {
    let token = Some("token".to_owned());
    let credentials = Credentials::from_keys("alternator", "secret", token);
    SigV4Layer::new(credentials, "us-east-1", "dynamodb").expect("names")
}

/// As an AWS SDK would send it: with headers that nobody reads, some of which are signed.
fn request(cluster: &TestCluster) -> Request<Full<Bytes>> {
    Request::post(cluster.nodes()[0].url())
        .header("x-amz-target", "DynamoDB_20120810.ListTables")
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-user-agent", "aws-sdk-rust/1.3.15")
        .header("user-agent", "aws-sdk-rust/1.3.15")
        .header("amz-sdk-invocation-id", "0cc175b9")
        .body(Full::from("{}"))
        .expect("a request")
}

fn layers(position: fn() -> HeadersLayer) -> [HeadersLayer; 4] {
    [
        position().trim(Trim::spec()),
        position().trim(Trim::needed()),
        position().user_agent(UserAgent::none()),
        position()
            .trim(Trim::needed())
            .user_agent(UserAgent::keep()),
    ]
}

#[tokio::test]
async fn a_signed_request_still_verifies_after_it_was_trimmed() {
    let cluster = cluster().await;
    for layer in layers(HeadersLayer::after_signing) {
        let service = ServiceBuilder::new()
            .layer(sign())
            .layer(layer.clone())
            .service(ClientBuilder::new().build().expect("a client"));
        let response = service.oneshot(request(&cluster)).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{layer:?}");
    }
    assert_eq!(cluster.nodes()[0].counters().signature_failures, 0);
}

#[tokio::test]
async fn a_request_is_signed_as_it_was_left_by_the_layer_above() {
    let cluster = cluster().await;
    for layer in layers(HeadersLayer::before_signing) {
        let service = ServiceBuilder::new()
            // The older signature is for another request.
            .layer(sign())
            .layer(layer.clone())
            .map_request(|mut request: Request<Full<Bytes>>| {
                *request.body_mut() = Full::from(r#"{"Limit":1}"#);
                request.headers_mut().remove("content-length");
                request
            })
            .layer(sign())
            .service(ClientBuilder::new().build().expect("a client"));
        let response = service.oneshot(request(&cluster)).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK, "{layer:?}");
    }
    assert_eq!(cluster.nodes()[0].counters().signature_failures, 0);
}

#[tokio::test]
async fn a_layer_that_stands_where_it_does_not_belong_breaks_the_signature() {
    let cluster = cluster().await;
    let service = ServiceBuilder::new()
        .layer(sign())
        .layer(HeadersLayer::before_signing().trim(Trim::needed()))
        .service(ClientBuilder::new().build().expect("a client"));
    let response = service.oneshot(request(&cluster)).await.expect("an answer");
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
}
