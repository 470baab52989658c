//! The body is gathered, hashed and handed on.

use std::error::Error as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body::{Body as _, SizeHint};
use http_body_util::{Empty, Full};
use tower_muster_sigv4::ErrorKind;

use crate::support::frames::{Frames, Step};
use crate::support::verifier::verifies;
use crate::support::{SECRET, layer, refused, send};

fn post<B>(body: B) -> Request<B> {
    Request::post("http://127.0.0.1:8000/")
        .body(body)
        .expect("a request")
}

fn too_large(limit: u64, at_least: u64, declared: Option<u64>) -> impl Fn(&ErrorKind) -> bool {
    move |kind| {
        matches!(kind, ErrorKind::BodyTooLarge { limit: l, at_least: a, declared: d, .. }
            if (*l, *a, *d) == (limit, at_least, declared))
    }
}

#[tokio::test]
async fn a_body_in_several_frames_is_sent_as_one_and_verifies() {
    for hint in [SizeHint::default(), SizeHint::with_exact(9)] {
        let body = Frames::data(["", "one", "", "two", "six"]).hint(hint);
        let sent = send(layer(), post(body)).await.expect("sent");
        assert_eq!(sent.body(), "onetwosix");
        assert!(verifies(&sent, SECRET));
    }
}

#[tokio::test]
async fn an_empty_body_verifies() {
    let sent = send(layer(), post(Empty::<Bytes>::new()))
        .await
        .expect("sent");
    assert!(sent.body().is_empty());
    assert!(verifies(&sent, SECRET));
}

#[tokio::test]
async fn a_body_in_memory_is_handed_on_without_a_copy() {
    let body = Bytes::from(vec![7; 4096]);
    let sent = send(layer(), post(Full::new(body.clone())))
        .await
        .expect("sent");
    assert_eq!(sent.body().as_ptr(), body.as_ptr());
}

#[tokio::test]
async fn the_body_that_is_sent_tells_its_size() {
    let (mut service, mut handle) = tower_test::mock::spawn_layer(layer());
    assert!(service.poll_ready::<Request<Frames>>().is_ready());
    let call = tokio::spawn(service.call(post(Frames::data(["ab", "c"]))));
    let (sent, reply) = handle.next_request().await.expect("sent");
    assert_eq!(Full::size_hint(sent.body()).exact(), Some(3));
    reply.send_response(http::Response::new(()));
    call.await.expect("no panic").expect("served");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_sent() {
    let sent = send(layer().body_limit(6), post(Frames::data(["abc", "def"])))
        .await
        .expect("sent");
    assert_eq!(sent.body(), "abcdef");
}

#[tokio::test]
async fn a_body_that_says_it_is_over_the_limit_is_refused_unread() {
    let body = Frames::new([Step::Fail("must not be read")]).hint(SizeHint::with_exact(7));
    let error = refused(layer().body_limit(6), post(body)).await;
    assert!(too_large(6, 7, Some(7))(error.kind()), "{error:?}");
    assert_eq!(
        error.to_string(),
        "request not sent: its body of 7 bytes is over the limit of 6 bytes"
    );
}

#[tokio::test]
async fn a_body_of_unknown_size_is_refused_when_it_passes_the_limit() {
    let body = Frames::new([
        Step::Data("abcd"),
        Step::Data("efg"),
        Step::Fail("must not be read"),
    ]);
    let error = refused(layer().body_limit(6), post(body)).await;
    assert!(too_large(6, 7, None)(error.kind()), "{error:?}");
    assert!(error.to_string().contains("at least 7 bytes"), "{error}");
}

#[tokio::test]
async fn a_size_hint_that_cannot_be_true_reserves_no_memory() {
    let mut hint = SizeHint::new();
    hint.set_lower(u64::MAX);
    let error = refused(layer(), post(Frames::data(["a", "b"]).hint(hint))).await;
    assert!(
        too_large(16 * 1024 * 1024, u64::MAX, None)(error.kind()),
        "{error:?}"
    );

    let body = Frames::data(["a", "b"]).last_hint(hint);
    let error = refused(layer(), post(body)).await;
    assert!(
        too_large(16 * 1024 * 1024, u64::MAX, None)(error.kind()),
        "{error:?}"
    );
}

#[tokio::test]
async fn trailers_are_refused_and_an_empty_map_of_them_is_not() {
    let mut trailers = HeaderMap::new();
    let steps = |trailers| [Step::Data("a"), Step::Trailers(trailers)];
    let sent = send(layer(), post(Frames::new(steps(trailers.clone()))))
        .await
        .expect("sent");
    assert_eq!(sent.body(), "a");

    trailers.insert("x-checksum", HeaderValue::from_static("1"));
    let error = refused(layer(), post(Frames::new(steps(trailers)))).await;
    assert_eq!(error.kind(), &ErrorKind::Trailers);
}

#[tokio::test]
async fn a_body_that_fails_is_the_source_of_the_error() {
    let body = Frames::new([Step::Data("a"), Step::Fail("disk on fire")]);
    let error = refused(layer(), post(body)).await;
    assert_eq!(error.kind(), &ErrorKind::Body);
    assert_eq!(
        error.source().expect("a source").to_string(),
        "disk on fire"
    );
}
