//! What an error says, and what it does not.

use std::error::Error as _;

use super::{Error, get, post, send};
use crate::{
    AttemptError,
    tests::fakes::{Client, Reply, cluster},
};

#[tokio::test(start_paused = true)]
async fn the_source_is_what_the_last_node_answered() {
    let client = Client::new(|_| Reply::REFUSED);
    let error = send(&client, &cluster(2), post())
        .await
        .expect_err("refused");
    let source = error.source().expect("a source");
    let attempt = AttemptError::find(source).expect("an attempt's error");
    assert_eq!(attempt.node().map(|node| super::host(node)), Some(2));
}

#[test]
fn no_message_repeats_its_source() {
    for error in [Error::Body("why".into()), Error::NotReady("why".into())] {
        assert!(!error.to_string().contains("why"), "{error}");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("why")
        );
        assert!(error.tried().is_empty());
        assert!(error.is_safe_to_repeat());
    }
    assert!(Error::Trailers.source().is_none());
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_request_shows_in_an_error_or_a_future() {
    let client = Client::new(|_| Reply::RESET);
    let mut request = get();
    let secret = http::HeaderValue::from_static("hunter2");
    request.headers_mut().insert("authorization", secret);
    let mut service = super::stack(&client, &cluster(2), |layer| layer);
    std::future::poll_fn(|cx| {
        tower::Service::<http::Request<http_body_util::Full<bytes::Bytes>>>::poll_ready(
            &mut service,
            cx,
        )
    })
    .await
    .expect("ready");
    let call = tower::Service::call(&mut service, request);
    assert!(!format!("{call:?}").contains("hunter2"), "{call:?}");
    let error = call.await.expect_err("reset");
    assert!(
        !format!("{error:?} {error}").contains("hunter2"),
        "{error:?}"
    );
}
