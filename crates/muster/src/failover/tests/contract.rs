//! What tower expects of a service, and an executor of a future.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tower::{Service, ServiceExt};
use tower_layer::Layer;

use super::{Error, FailoverLayer, InOrder, Reason, get, millis, post, reason, stack, tried};
use crate::{
    BoxError, SelectLayer,
    tests::fakes::{Client, Probe, Reply, cluster, in_flight, status},
};

/// Polls a service until it is ready.
async fn ready<S: Service<Request<Full<Bytes>>>>(service: &mut S) {
    assert!(service.ready().await.is_ok(), "ready");
}

fn refusing(refusing: u8) -> Client {
    Client::new(move |seen| match seen.host {
        host if host <= refusing => Reply::REFUSED,
        _ => Reply::Status(200),
    })
}

#[tokio::test(start_paused = true)]
async fn the_service_that_was_polled_is_called_and_polled_again_for_each_attempt() {
    let client = refusing(2);
    // It panics when it is called un-ready.
    let probe = Probe::new(client.clone());
    let readied = probe.readied();
    let cluster = cluster(3);
    let select = SelectLayer::new(cluster.clone(), InOrder).layer(probe);
    let mut service = FailoverLayer::new(cluster).layer(select);
    ready(&mut service).await;
    assert_eq!(readied.load(Relaxed), 1);
    service.call(post()).await.expect("served");
    assert_eq!((client.calls(), readied.load(Relaxed)), (3, 3));
    // What is left is a clone, which is polled on its own.
    ready(&mut service).await;
    service.call(post()).await.expect("served");
    assert_eq!((client.calls(), readied.load(Relaxed)), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_future_that_is_dropped_leaves_nothing_in_flight() {
    let client = Client::new(|seen| match seen.host {
        1 => Reply::REFUSED,
        _ => Reply::Silence,
    });
    let cluster = cluster(2);
    let service = stack(&client, &cluster, |layer| {
        layer.attempt_timeout(millis(100))
    });
    let mut call = tokio_test::task::spawn(service.oneshot(post()));
    tokio_test::assert_pending!(call.poll());
    assert_eq!(in_flight(&cluster), 1);
    drop(call);
    assert_eq!(in_flight(&cluster), 0);
    assert!(
        !status(&cluster, 2).is_set_aside(),
        "the caller lost interest"
    );
    assert!(status(&cluster, 1).is_set_aside(), "that one refused");
}

#[tokio::test(start_paused = true)]
async fn a_future_that_was_never_polled_gives_the_lease_back() {
    let (client, cluster) = (refusing(0), cluster(2));
    let mut service = stack(&client, &cluster, |layer| layer);
    ready(&mut service).await;
    // The service below is called at once, as any layer of tower does; what it then does is its own.
    let call = service.call(post());
    assert_eq!((client.calls(), in_flight(&cluster)), (1, 1));
    drop(call);
    assert_eq!((client.calls(), in_flight(&cluster)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn futures_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let mut service = is_send(stack(&refusing(1), &cluster(2), |layer| layer));
    ready(&mut service).await;
    let call = is_send(service.call(post()));
    let moved = std::thread::spawn(move || tokio_test::block_on(call));
    moved.join().expect("no panic").expect("served");
}

/// An error that a layer in between puts around another.
#[derive(Debug)]
struct InBetween(BoxError);

impl std::fmt::Display for InBetween {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("in between")
    }
}

impl std::error::Error for InBetween {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempts_error_is_understood_under_what_wraps_it() {
    let (client, cluster) = (refusing(2), cluster(3));
    let service = tower::ServiceBuilder::new()
        .layer(FailoverLayer::new(cluster.clone()))
        .map_err(|error: InBetween| InBetween(error.into()))
        .map_err(|error: crate::AttemptError| InBetween(error.into()))
        .layer(SelectLayer::new(cluster, InOrder))
        .service(client.clone());
    service.oneshot(post()).await.expect("served by the third");
    assert_eq!(client.hosts(), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_nobody_understands_is_taken_as_ambiguous() {
    let cluster = cluster(3);
    for (request, calls) in [(post(), 1), (get(), 3)] {
        let client = refusing(9);
        let service = tower::ServiceBuilder::new()
            .layer(FailoverLayer::new(cluster.clone()))
            .map_err(|error: crate::AttemptError| BoxError::from(error.to_string()))
            .layer(SelectLayer::new(cluster.clone(), InOrder))
            .service(client.clone());
        let error = service.oneshot(request).await.expect_err("none serves");
        assert!(tried(&error).iter().all(Option::is_none), "{error}");
        assert!(client.calls() >= calls, "{} calls", client.calls());
        assert_eq!(error.is_safe_to_repeat(), calls > 1);
    }
}

/// Takes so many requests and then no more.
#[derive(Clone)]
struct Fills<S> {
    inner: S,
    left: std::sync::Arc<AtomicUsize>,
}

impl<S: Service<R, Error = crate::AttemptError>, R> Service<R> for Fills<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = futures_error::Boxed<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.left.load(Relaxed) == 0 {
            return Poll::Ready(Err("full".into()));
        }
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> Self::Future {
        self.left.fetch_sub(1, Relaxed);
        futures_error::Boxed {
            inner: self.inner.call(request),
        }
    }
}

mod futures_error {
    use std::{
        pin::Pin,
        task::{Context, Poll},
    };

    use crate::BoxError;

    pin_project_lite::pin_project! {
        /// A future whose error is boxed.
        pub(super) struct Boxed<F> {
            #[pin]
            pub(super) inner: F,
        }
    }

    impl<F: Future<Output = Result<T, E>>, T, E: Into<BoxError>> Future for Boxed<F> {
        type Output = Result<T, BoxError>;

        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
            self.project().inner.poll(cx).map_err(Into::into)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn layers_that_take_no_further_request_end_the_call_with_its_story() {
    let (client, cluster) = (refusing(9), cluster(9));
    let fills = |left: usize| {
        let inner = SelectLayer::new(cluster.clone(), InOrder).layer(client.clone());
        let left = std::sync::Arc::new(AtomicUsize::new(left));
        FailoverLayer::new(cluster.clone()).layer(Fills { inner, left })
    };
    let error = fills(2).oneshot(post()).await.expect_err("full");
    assert_eq!(reason(&error), Reason::NotReady);
    assert_eq!(tried(&error), [Some(1), Some(2), None]);
    assert!(
        error.to_string().ends_with("no node failed (full)"),
        "{error}"
    );
    assert!(error.is_safe_to_repeat());

    let error = fills(0).oneshot(post()).await.expect_err("full");
    assert!(matches!(error, Error::NotReady(_)), "{error:?}");
    assert!(error.is_safe_to_repeat());
}
