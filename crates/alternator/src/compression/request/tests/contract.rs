//! What a service promises: readiness, cancelling, runtimes.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, poll_fn, ready},
    sync::mpsc::{Sender, channel},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use tower_layer::Layer;
use tower_service::Service;

use super::{CompressLayer, RequestCompression, post, sent, text};
use crate::{Gathered, compression::request::Compress};

const GZIP: RequestCompression = RequestCompression::gzip();

/// A service that is ready once it was polled, and whose clones are not.
#[derive(Debug, Default)]
struct Strict {
    is_ready: bool,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<B> Service<Request<B>> for Strict {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.is_ready),
            "it is called before it was polled"
        );
        ready(Ok(Response::new(())))
    }
}

#[tokio::test]
async fn the_service_that_was_polled_is_the_one_that_is_called() {
    let mut service = CompressLayer::new(GZIP).layer(Strict::default());
    for length in [0, 10, 5000, 300_000, 5000] {
        let request = post(text(length));
        let ready: Result<_, Infallible> =
            poll_fn(|cx| poll_ready(&mut service, &request, cx)).await;
        assert!(ready.is_ok());
        let answer = service.call(request).await;
        assert!(answer.is_ok(), "{length}");
    }
}

/// Polls for requests like this one.
fn poll_ready<B: Body + Unpin>(
    service: &mut Compress<Strict>,
    _: &Request<B>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Infallible>> {
    Service::<Request<B>>::poll_ready(service, cx)
}

/// A runtime whose one thread for what blocks is taken, until the sender is dropped.
fn without_a_free_thread() -> (Runtime, Sender<()>) {
    let runtime = Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .expect("a runtime");
    let (sender, receiver) = channel();
    runtime.spawn_blocking(move || receiver.recv());
    (runtime, sender)
}

#[test]
fn a_large_body_waits_for_a_thread_of_the_blocking_pool() {
    let (runtime, taken) = without_a_free_thread();
    runtime.block_on(async {
        let call = |length| tokio_test::task::spawn(sent(GZIP, post(text(length))));
        assert!(call(64 * 1024).poll().is_ready(), "it is compressed here");
        let mut large = call(64 * 1024 + 1);
        assert!(large.poll().is_pending());
        drop(taken);
        assert!(large.await.is_compressed());
    });
}

#[test]
fn a_call_that_is_dropped_sends_nothing() {
    let (runtime, _taken) = without_a_free_thread();
    let _inside = runtime.enter();
    let calls = Cell::new(0);
    let below = tower::service_fn(|_: Request<Gathered<Full<Bytes>>>| {
        calls.set(calls.get() + 1);
        ready(Ok::<_, Infallible>(Response::new(())))
    });
    let service = CompressLayer::new(GZIP).layer(below);
    let mut call = tokio_test::task::spawn(service.oneshot(post(text(1_000_000))));
    assert!(call.poll().is_pending());
    drop(call);
    assert_eq!(calls.get(), 0);
}

#[test]
fn no_runtime_is_needed() {
    let sent = sent(GZIP, post(text(1_000_000)));
    let mut sent = tokio_test::task::spawn(sent);
    // Nothing here waits for a timer, a socket or a thread.
    let Poll::Ready(sent) = sent.poll() else {
        panic!("it waits");
    };
    assert!(sent.is_compressed());
}
