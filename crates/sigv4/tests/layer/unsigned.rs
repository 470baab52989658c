//! Bodies that are neither read nor signed.

use std::convert::Infallible;
use std::sync::Arc;

use http::{HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use tokio::sync::Notify;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tower_muster_sigv4::{Error, ErrorKind, SigV4Layer};
use tower_test::mock;

use crate::support::frames::{Frames, Step};
use crate::support::node::Node;
use crate::support::provider::{Failing, Late};
use crate::support::verifier::{Rules, verifies_by};
use crate::support::{SECRET, dated, layer, list_tables, send_unsigned};

const RULES: Rules = Rules {
    unsigned_payload: true,
    ..Rules::GENERAL
};

fn put(body: Frames) -> Request<Frames> {
    Request::put("https://node/key")
        .body(body)
        .expect("a request")
}

#[tokio::test]
async fn a_body_passes_through_untouched_frame_by_frame() {
    let mut trailers = http::HeaderMap::new();
    trailers.insert("x-end", HeaderValue::from_static("yes"));
    let body = Frames::new([
        Step::Data("one"),
        Step::Data("two"),
        Step::Trailers(trailers),
    ]);
    let echo = service_fn(async |request: Request<Frames>| {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let service = layer().body_limit(1).unsigned_payload().layer(echo);
    let mut body = service
        .oneshot(put(body))
        .await
        .expect("served")
        .into_body();
    for text in ["one", "two"] {
        let frame = body.frame().await.expect("a frame").expect("read");
        assert_eq!(frame.into_data().expect("data"), text);
    }
    let last = body.frame().await.expect("a frame").expect("read");
    assert_eq!(last.into_trailers().expect("trailers")["x-end"], "yes");
}

#[tokio::test]
async fn a_request_is_sent_before_its_body_has_come() {
    let (mut service, mut handle) =
        mock::spawn_layer::<_, Response<()>, _>(layer().unsigned_payload());
    assert_ready!(service.poll_ready::<Request<Frames>>()).expect("ready");
    let mut call = task::spawn(service.call(put(Frames::new([Step::Stall]))));
    assert_pending!(call.poll());
    let (sent, reply) = handle.next_request().await.expect("sent");
    assert_eq!(sent.headers()["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    reply.send_response(Response::new(()));
    assert_ready!(call.poll()).expect("served");
}

#[tokio::test]
async fn the_signature_does_not_depend_on_the_body_and_covers_the_rest() {
    let sent = send_unsigned(layer().unsigned_payload(), list_tables("http://node/")).await;
    let sent = sent.expect("sent");
    assert!(verifies_by(RULES, &sent, SECRET));
    assert!(verifies_by(
        RULES,
        &sent.clone().map(|_| "other".into()),
        SECRET
    ));
    assert!(
        !verifies_by(Rules::GENERAL, &sent, SECRET),
        "it is not the hash's"
    );
    for changed in ["host", "content-type", "x-amz-target"] {
        let mut other = sent.clone();
        other
            .headers_mut()
            .insert(changed, HeaderValue::from_static("x"));
        assert!(!verifies_by(RULES, &other, SECRET), "{changed} is covered");
    }
}

#[tokio::test]
async fn a_body_in_signed_chunks_is_refused() {
    let mut request = list_tables("http://node/");
    let stated = HeaderValue::from_static("STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
    request.headers_mut().insert("x-amz-content-sha256", stated);
    let error = send_unsigned(layer().unsigned_payload(), request).await;
    let error = error
        .expect_err("refused")
        .downcast::<Error>()
        .expect("our error");
    assert!(
        matches!(error.kind(), ErrorKind::Header { name, .. } if name == "x-amz-content-sha256")
    );
}

#[tokio::test]
async fn a_provider_is_awaited_and_its_failure_is_ours() {
    let go = Arc::new(Notify::new());
    let late = Late {
        go: Arc::clone(&go),
        secret: SECRET.to_owned(),
    };
    let late = dated(SigV4Layer::new(late, "us-east-1", "s3").expect("valid names"));
    let mut call = task::spawn(send_unsigned(
        late.unsigned_payload(),
        list_tables("http://node/"),
    ));
    assert_pending!(call.poll());
    go.notify_one();
    assert!(call.is_woken());
    let sent = assert_ready!(call.poll()).expect("sent");
    assert!(verifies_by(RULES, &sent, SECRET));

    let failing = SigV4Layer::new(Failing, "us-east-1", "s3").expect("valid names");
    let error = send_unsigned(failing.unsigned_payload(), list_tables("http://node/")).await;
    let error = error
        .expect_err("refused")
        .downcast::<Error>()
        .expect("our error");
    assert_eq!(error.kind(), &ErrorKind::Credentials);
}

#[tokio::test]
async fn no_request_is_sent_twice_and_what_the_signing_service_learned_is_used() {
    let node = Node::ahead(3600);
    let layer = layer();
    let unsigned = layer.clone().unsigned_payload().layer(node.clone());
    let answer = unsigned.clone().oneshot(list_tables("http://node/")).await;
    assert_ne!(answer.expect("an answer").status(), 200);
    assert_eq!(node.received().len(), 1);

    let answer = layer
        .layer(node.clone())
        .oneshot(list_tables("http://node/"))
        .await;
    assert_eq!(answer.expect("an answer").status(), 200);
    let [_, signed] = &node.received()[..] else {
        panic!("the signing service learns");
    };
    let signed = signed.headers()["x-amz-date"].clone();
    unsigned
        .oneshot(list_tables("http://node/"))
        .await
        .expect("an answer");
    assert_eq!(node.received()[0].headers()["x-amz-date"], signed);
}

#[tokio::test]
async fn a_future_that_has_failed_sends_nothing_when_polled_again() {
    let failing = SigV4Layer::new(Failing, "us-east-1", "s3").expect("valid names");
    let mut service = failing.unsigned_payload().layer(Node::ahead(0));
    let mut call = task::spawn(service.call(list_tables("http://node/")));
    assert_ready!(call.poll()).expect_err("no credentials");
    let error = assert_ready!(call.poll()).expect_err("it has ended");
    assert_eq!(
        error.downcast::<Error>().expect("our error").kind(),
        &ErrorKind::Ended
    );
    drop(call);
    assert!(service.into_inner().received().is_empty());
}
