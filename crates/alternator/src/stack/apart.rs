//! A future on the heap.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use pin_project_lite::pin_project;
use tower_muster::{BoxError, failover::HeldBack};
use tower_muster_sigv4::{ResponseFuture, SigV4};
use tower_service::Service;

/// Signs, calls the service below, and keeps its future on the heap.
///
/// A stack that does not sign would have the room for the future of one that does, and move it about from layer to
/// layer. One that signs allocates anyway.
#[derive(Debug, Clone)]
pub struct Apart<S>(pub(super) S);

pin_project! {
    /// Resolves to the answer of the service below.
    ///
    /// What waits for credentials is at no node yet: no node is to blame for it, and it may be given up and made
    /// again.
    ///
    /// # Cancel safety
    ///
    /// That of the future inside.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ApartFuture<S, B>
    where
        S: Service<Request<Full<Bytes>>>,
        B: Body,
    {
        #[pin]
        inner: ResponseFuture<S, B>,
        held_back: Option<HeldBack>,
    }
}

impl<S, B, R> Service<Request<B>> for Apart<SigV4<S>>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>, Error: Into<BoxError>> + Clone,
    B: Body<Error: Into<BoxError>>,
{
    type Response = Response<R>;
    type Error = BoxError;
    type Future = Pin<Box<ApartFuture<S, B>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Service::<Request<B>>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(ApartFuture {
            inner: self.0.call(request),
            held_back: None,
        })
    }
}

impl<S, B, R> Future for ApartFuture<S, B>
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>, Error: Into<BoxError>>,
    B: Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<R>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.inner.as_mut().poll(cx);
        if polled.is_pending() && this.inner.is_preparing() {
            this.held_back.get_or_insert_default().tell();
        } else if this.held_back.is_some() {
            *this.held_back = None;
        }
        polled
    }
}
