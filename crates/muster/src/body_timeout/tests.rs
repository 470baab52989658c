//! Bodies that come in pieces, on a clock that is paused.

use std::{pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt, service_fn};

use super::{BodyTimeoutLayer, SilentBody, TimedBody};
use crate::{
    BoxError,
    tests::fakes::{ScriptedBody, Step},
};

const SECOND: Duration = Duration::from_secs(1);

/// A body of as many pieces, each after its time.
fn pieces(times: &'static [u64]) -> impl Body<Data = Bytes, Error = BoxError> {
    let pieces = futures_util::stream::unfold(0, async |n| {
        sleep(Duration::from_millis(*times.get(n)?)).await;
        Some((Ok(Frame::data(Bytes::from_static(b"x"))), n + 1))
    });
    StreamBody::new(pieces)
}

fn timed<B: Body<Error: Into<BoxError>>>(body: B) -> TimedBody<B> {
    TimedBody::new(body, Some(SECOND))
}

#[tokio::test(start_paused = true)]
async fn each_piece_has_the_whole_time() -> Result<(), BoxError> {
    let body = timed(pieces(&[900, 900, 900, 10, 900])).collect().await?;
    assert_eq!(body.to_bytes(), "xxxxx");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_silent_for_too_long_ends_with_an_error() {
    let begun = Instant::now();
    let error = timed(pieces(&[900, 1_100]))
        .collect()
        .await
        .expect_err("it is silent");
    let silent = error
        .downcast_ref::<SilentBody>()
        .expect("the error of silence");
    assert_eq!(silent.after(), SECOND);
    assert_eq!(begun.elapsed().as_millis(), 1_900);
    assert_eq!(error.to_string(), "the response's body was silent for 1s");
}

#[tokio::test(start_paused = true)]
async fn time_in_which_nobody_asks_does_not_count() -> Result<(), BoxError> {
    let mut body = pin!(timed(ScriptedBody::of(&[b"a", b"b"])));
    for _ in 0..2 {
        sleep(10 * SECOND).await;
        assert!(body.frame().await.is_some_and(|frame| frame.is_ok()));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_body_is_passed_on_as_it_is() {
    let body = ScriptedBody::new([Step::Data(b"a"), Step::Error("reset")]);
    let error = timed(body).collect().await.expect_err("it breaks off");
    assert_eq!(error.to_string(), "reset");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_dropped_is_not_begun_anew() {
    let mut body = pin!(timed(ScriptedBody::new([Step::Stall])));
    for _ in 0..9 {
        let wait = tokio::time::timeout(SECOND / 10, body.frame()).await;
        assert!(wait.is_err(), "nothing comes");
    }
    let last = tokio::time::timeout(SECOND / 5, body.frame()).await;
    assert!(
        matches!(last, Ok(Some(Err(_)))),
        "a second is over: {last:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_off_waits_for_ever() {
    let stalls = service_fn(async |_: Request<()>| {
        Ok::<_, BoxError>(Response::new(ScriptedBody::new([Step::Stall])))
    });
    let service = BodyTimeoutLayer::off().layer(stalls);
    let response = service.oneshot(Request::new(())).await.expect("a head");
    let read = tokio::time::timeout(3_600 * SECOND, response.into_body().collect()).await;
    assert!(read.is_err(), "an hour is over");
}

#[test]
fn a_timeout_of_nothing_is_an_error() {
    let error = BodyTimeoutLayer::new(Duration::ZERO).expect_err("zero");
    assert_eq!(
        (error.field(), error.value()),
        ("body_timeout", Duration::ZERO)
    );
    assert_eq!(error.to_string(), "body_timeout: 0ns is no time at all");
}
