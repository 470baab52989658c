//! The service that compresses.

use std::{
    mem,
    task::{Context, Poll},
};

use http::Request;
use http_body::Body;
use tower_service::Service;

use super::{RequestCompression, ResponseFuture, future::Plan};
use crate::Gathered;

/// Compresses the body of a request, then calls the service below.
///
/// It is ready when the service below is, and answers and fails as that does.
///
/// # Clone
///
/// Clones have the same settings, and share whatever clones of the service below share.
#[derive(Debug, Clone)]
pub struct Compress<S> {
    inner: S,
    compression: RequestCompression,
}

impl<S> Compress<S> {
    pub(super) const fn new(inner: S, compression: RequestCompression) -> Self {
        Self { inner, compression }
    }

    /// Returns the service below.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service below, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Gives the service below back.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B> Service<Request<B>> for Compress<S>
where
    S: Service<Request<Gathered<B>>> + Clone,
    B: Body + Unpin,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S, B>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> ResponseFuture<S, B> {
        let own = request.extensions().get::<RequestCompression>();
        let compression = own.copied().unwrap_or(self.compression);
        let hint = request.body().size_hint();
        let Some(encoding) = compression.candidate(request.headers(), &hint) else {
            let unread = request.map(Gathered::unread);
            return ResponseFuture::calling(self.inner.call(unread));
        };
        // The one that was polled is ready; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let (head, body) = request.into_parts();
        let plan = Plan {
            ready,
            head,
            compression,
            encoding,
        };
        ResponseFuture::gathering(plan, body)
    }
}
