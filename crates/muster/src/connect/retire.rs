//! Lets the pool's own handle of a connection be known to it.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Request, Response};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::ConnectedTo;

/// Ends the use of connections whose time is over; it goes right above hyper-util's client.
///
/// A pool lets go of a connection that is poisoned, and that takes a handle which the client gives away with a
/// request only, by [`capture_connection`]. There is one such handle for each request: a layer further up that
/// captures, too, has to leave its [`CaptureConnection`] in the request's extensions, where it is used in place
/// of a second one.
#[derive(Debug, Clone, Copy, Default)]
pub struct RetireLayer(());

impl RetireLayer {
    /// Makes the layer.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for RetireLayer {
    type Service = Retire<S>;

    fn layer(&self, inner: S) -> Retire<S> {
        Retire { inner }
    }
}

/// Passes requests on to a client, and learns which connections they took.
///
/// # Clone
///
/// It has no state of its own.
#[derive(Debug, Clone)]
pub struct Retire<S> {
    inner: S,
}

impl<S> Retire<S> {
    /// Returns the client below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the client below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the client below back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Retire<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RetireFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let captured = request.extensions().get::<CaptureConnection>().cloned();
        let captured = captured.unwrap_or_else(|| capture_connection(&mut request));
        RetireFuture {
            inner: self.inner.call(request),
            captured: Some(captured),
        }
    }
}

pin_project! {
    /// Resolves to the client's response.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the client's future.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct RetireFuture<F> {
        #[pin]
        inner: F,
        captured: Option<CaptureConnection>,
    }
}

impl<F, B, E> Future for RetireFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.inner.poll(cx));
        if let Ok(response) = &result {
            if let (Some(to), Some(captured)) = (
                response.extensions().get::<ConnectedTo>(),
                this.captured.take(),
            ) {
                to.is_captured_by(captured);
            }
        }
        Poll::Ready(result)
    }
}
