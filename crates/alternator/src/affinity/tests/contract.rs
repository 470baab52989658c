use std::task::{Context, Poll};

use tower::ServiceExt;
use tower_test::{assert_request_eq, mock};

use super::*;

/// May be called once after each time that it was ready.
#[derive(Debug)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self { is_ready: false }
    }
}

impl Service<Request<Gathered<Body>>> for Strict {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = std::future::Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Gathered<Body>>) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "it was not ready");
        std::future::ready(Ok(Response::new(Body::default())))
    }
}

#[tokio::test]
async fn the_service_that_is_called_is_the_one_that_was_ready() {
    let mut service = AffinityLayer::new(Mode::AnyWrite).layer(Strict { is_ready: false });
    for operation in [
        "PutItem",
        "GetItem",
        "DeleteTable",
        "PutItem",
        "BatchWriteItem",
    ] {
        let service = service.ready().await.expect("ready");
        let body = r#"{"TableName":"unknown","Item":{"p":{"S":"a"}}}"#;
        service
            .call(request(operation, body))
            .await
            .expect("an answer");
    }
}

#[tokio::test]
async fn it_is_ready_when_the_service_below_is_and_fails_as_it_does() {
    let (below, mut handle) = mock::pair::<&'static str, Response<Body>>();
    let below = below.map_request(|_: Request<Gathered<Body>>| "a request");
    let mut service = tokio_test::task::spawn(any_write(&known()).layer(below));
    handle.allow(0);
    let poll =
        service.enter(|cx, mut service| Service::<Request<Body>>::poll_ready(&mut *service, cx));
    assert!(poll.is_pending());
    handle.allow(1);
    assert!(service.is_woken());
    let poll =
        service.enter(|cx, mut service| Service::<Request<Body>>::poll_ready(&mut *service, cx));
    assert!(matches!(poll, Poll::Ready(Ok(()))));
    let mut call = tokio_test::task::spawn(service.call(put("t", "p", "a")));
    assert!(call.poll().is_pending());
    assert_request_eq!(handle, "a request").send_error("broken");
    match call.poll() {
        Poll::Ready(Err(error)) => assert_eq!(error.to_string(), "broken"),
        other => panic!("{other:?}"),
    }
}

/// Never answers, and is counted as long as it is there.
struct Silent {
    _alive: Arc<()>,
}

impl Future for Silent {
    type Output = Result<Response<Body>, BoxError>;

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

#[tokio::test]
async fn dropping_a_call_drops_the_one_below() {
    let alive = Arc::new(());
    let below = Arc::clone(&alive);
    let below = service_fn(move |_: Request<Gathered<Body>>| Silent {
        _alive: Arc::clone(&below),
    });
    let service = any_write(&known()).layer(below);
    let mut call = tokio_test::task::spawn(service.oneshot(put("t", "p", "a")));
    assert!(call.poll().is_pending());
    let before = Arc::strong_count(&alive);
    drop(call);
    assert!(Arc::strong_count(&alive) < before);
}
