//! The contract of `poll_ready`, and what a dropped future leaves behind.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;

use http::{Request, Response};
use http_body::Body;
use tokio::sync::Notify;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer as _, Service, ServiceExt};
use tower_muster_sigv4::{BoxError, Error, ErrorKind, ResponseFuture, SigV4, SigV4Layer};
use tower_test::mock;

use crate::support::frames::{Frames, Step};
use crate::support::probe::Probe;
use crate::support::provider::Late;
use crate::support::{SECRET, layer, list_tables};

fn post(body: Frames) -> Request<Frames> {
    Request::post("http://node/").body(body).expect("a request")
}

/// Polls the service ready and calls it, without polling the future.
async fn begin<B>(service: &mut SigV4<Probe>, request: Request<B>) -> ResponseFuture<Probe, B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let ready = ServiceExt::<Request<B>>::ready(service).await;
    ready.expect("ready").call(request)
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_the_one_that_is_called() {
    let probe = Probe::default();
    let (held, calls) = (probe.held(), probe.calls());
    let mut service = layer().layer(probe);
    for _ in 0..3 {
        begin(&mut service, list_tables("http://node/"))
            .await
            .await
            .expect("served");
    }
    let mut clone = service.clone();
    begin(&mut clone, list_tables("http://node/"))
        .await
        .await
        .expect("served");
    assert_eq!((calls.load(SeqCst), held.load(SeqCst)), (4, 0));
}

#[tokio::test]
async fn calls_may_overlap() {
    let probe = Probe::default();
    let calls = probe.calls();
    let mut service = layer().layer(probe);
    let first = begin(&mut service, list_tables("http://node/")).await;
    let second = begin(&mut service, list_tables("http://node/")).await;
    second.await.expect("served");
    first.await.expect("served");
    assert_eq!(calls.load(SeqCst), 2);
}

#[tokio::test]
async fn it_is_ready_when_the_service_below_is() {
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<()>, _>(layer());
    handle.allow(0);
    assert!(
        service.poll_ready::<Request<Frames>>().is_pending(),
        "the service below is not ready"
    );
    handle.allow(1);
    assert!(service.poll_ready::<Request<Frames>>().is_ready());
}

#[tokio::test]
async fn an_inner_error_comes_through_as_it_is() {
    let (mut service, mut handle) = mock::spawn_layer::<_, Response<()>, _>(layer());
    assert!(service.poll_ready::<Request<Frames>>().is_ready());
    let call = tokio::spawn(service.call(post(Frames::data(["{}"]))));
    let (_, reply) = handle.next_request().await.expect("sent");
    reply.send_error("node is gone");
    let error = call.await.expect("no panic").expect_err("the inner error");
    assert!(
        error.downcast_ref::<Error>().is_none(),
        "it was sent, so it is not our error"
    );
    assert_eq!(error.to_string(), "node is gone");
}

#[tokio::test]
async fn a_future_dropped_while_the_body_is_read_leaves_nothing_behind() {
    let probe = Probe::default();
    let (held, calls) = (probe.held(), probe.calls());
    let mut service = layer().layer(probe);
    let body = Frames::new([Step::Data("half"), Step::Stall]);
    let witness = body.witness();

    let future = begin(&mut service, post(body)).await;
    let mut call = task::spawn(future);
    assert_pending!(call.poll());
    assert_eq!(
        (held.load(SeqCst), Arc::strong_count(&witness)),
        (1, 2),
        "the future holds both"
    );
    drop(call);
    assert_eq!(
        (held.load(SeqCst), Arc::strong_count(&witness)),
        (0, 1),
        "both are given back"
    );
    assert_eq!(calls.load(SeqCst), 0, "nothing was sent");
}

#[tokio::test]
async fn a_future_dropped_while_credentials_are_awaited_leaves_nothing_behind() {
    let go = Arc::new(Notify::new());
    let late = Late {
        go: Arc::clone(&go),
        secret: SECRET.to_owned(),
    };
    let probe = Probe::default();
    let (held, calls) = (probe.held(), probe.calls());
    let layer = SigV4Layer::new(late, "us-east-1", "dynamodb").expect("names are valid");
    let mut service = layer.layer(probe);

    let future = begin(&mut service, list_tables("http://node/")).await;
    let mut call = task::spawn(future);
    assert_pending!(call.poll());
    drop(call);
    go.notify_one();
    assert_eq!((held.load(SeqCst), calls.load(SeqCst)), (0, 0));

    begin(&mut service, list_tables("http://node/"))
        .await
        .await
        .expect("served");
    assert_eq!(calls.load(SeqCst), 1, "the next call is not disturbed");
}

#[tokio::test]
async fn a_future_that_said_not_sent_sends_nothing_when_polled_again() {
    let probe = Probe::default();
    let (held, calls) = (probe.held(), probe.calls());
    let mut service = layer().layer(probe);
    let body = Frames::new([Step::Fail("once"), Step::Data("{}")]);
    let mut call = task::spawn(begin(&mut service, post(body)).await);
    assert_ready!(call.poll()).expect_err("the body failed");
    assert_eq!(
        held.load(SeqCst),
        0,
        "the ready service is given back with the error"
    );
    let Poll::Ready(Err(error)) = call.poll() else {
        panic!("it has ended");
    };
    let error = error.downcast::<Error>().expect("our error");
    assert_eq!(error.kind(), &ErrorKind::Ended);
    assert_eq!(calls.load(SeqCst), 0);
}

#[test]
fn service_and_future_may_cross_threads() {
    fn sendable<T: Send>(_: &T) {}
    fn shareable<T: Send + Sync + Clone + 'static>(_: &T) {}
    let mut service = layer().layer(Probe::default());
    shareable(&layer());
    shareable(&service);
    sendable(&service.call(list_tables("http://node/")));
}
