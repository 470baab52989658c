//! Errors of any kind, as one.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;
use tower_muster::BoxError;
use tower_service::Service;

/// Is the service `S`, its errors being boxed.
///
/// tower's `MapErr` carries a function beside each future, which is then no longer handed on in registers.
#[derive(Debug, Clone)]
pub struct Boxed<S>(pub(super) S);

impl<S, Request> Service<Request> for Boxed<S>
where
    S: Service<Request, Error: Into<BoxError>>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxedFuture<S::Future>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    #[inline]
    fn call(&mut self, request: Request) -> Self::Future {
        BoxedFuture {
            inner: self.0.call(request),
        }
    }
}

pin_project! {
    /// Resolves to the answer of the service below.
    ///
    /// # Cancel safety
    ///
    /// That of the future inside.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct BoxedFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, T, E> Future for BoxedFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map_err(Into::into)
    }
}
