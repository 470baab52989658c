//! One request whose signature is known from another implementation (botocore).

use std::time::Duration;

use http::Response;
use tower_muster_sigv4::{ErrorKind, SigV4Layer};
use tower_test::mock;

use crate::support::verifier::verifies;
use crate::support::{SECRET, credentials, layer, list_tables, now, refused, send};

const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=alternator/20260102/us-east-1/dynamodb/aws4_request, \
    SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
    Signature=c73b7642f94fd682fe4509fa1ac3897f1a2b6531d767f46ff8eb9df872f14cce";

#[tokio::test]
async fn the_known_request_gets_the_known_signature() {
    let (mut service, mut handle) = mock::spawn_layer(layer());
    assert!(
        service
            .poll_ready::<http::Request<http_body_util::Full<bytes::Bytes>>>()
            .is_ready()
    );
    let response = tokio::spawn(service.call(list_tables("http://127.0.0.1:8000/")));

    let (sent, reply) = handle.next_request().await.expect("the request is sent");
    assert_eq!(sent.headers()["authorization"], AUTHORIZATION);
    assert!(
        sent.headers()["authorization"].is_sensitive(),
        "a signature is kept out of logs"
    );
    assert_eq!(sent.headers()["x-amz-date"], "20260102T030405Z");
    assert_eq!(sent.headers()["host"], "127.0.0.1:8000");
    assert_eq!(
        sent.headers().len(),
        5,
        "nothing else is added: {:?}",
        sent.headers()
    );

    reply.send_response(Response::new("served"));
    let response = response.await.expect("no panic");
    let response = response.expect("the reply comes through");
    assert_eq!(*response.body(), "served");
}

#[tokio::test]
async fn the_verifier_of_these_tests_accepts_the_known_request_and_no_changed_one() {
    let sent = send(layer(), list_tables("http://127.0.0.1:8000/"))
        .await
        .expect("sent");
    assert!(verifies(&sent, SECRET));
    assert!(!verifies(&sent, "another secret"));

    for changed in ["host", "content-type", "x-amz-target"] {
        let mut other = sent.clone();
        other
            .headers_mut()
            .insert(changed, "127.0.0.2:8000".parse().expect("a value"));
        assert!(!verifies(&other, SECRET), "{changed} is covered");
    }
    let other = sent.clone().map(|_| "{ }".into());
    assert!(!verifies(&other, SECRET), "the body is covered");
}

#[tokio::test]
async fn a_time_that_has_no_date_is_refused() {
    let far = now() + Duration::from_secs(8_000 * 366 * 86_400);
    let early = std::time::SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    for time in [far, early] {
        let layer = layer().time_source(move || time);
        let error = refused(layer, list_tables("http://node/")).await;
        assert!(
            matches!(error.kind(), ErrorKind::Time { now, .. } if *now == time),
            "{error}"
        );
    }
}

#[test]
fn a_region_or_service_that_cannot_be_in_a_scope_is_refused_by_name() {
    for bad in ["", "us east", "us/east", "us,east", "östlich", "us\n"] {
        let error = SigV4Layer::new(credentials(), bad, "dynamodb").expect_err(bad);
        assert_eq!((error.field(), error.value()), ("region", bad));
        let error = SigV4Layer::new(credentials(), "us-east-1", bad).expect_err(bad);
        assert_eq!((error.field(), error.value()), ("service", bad));
        assert!(error.to_string().starts_with("service "), "{error}");
    }
}
