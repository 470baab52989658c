//! The service that sets and drops headers.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use http::Request;
use tower_service::Service;

use super::HeadersLayer;

/// Changes the headers of a request, then calls the service below.
///
/// It is ready when the service below is, and answers and fails as that does.
///
/// # Clone
///
/// Clones share the settings, and whatever clones of the service below share.
#[derive(Debug, Clone)]
pub struct Headers<S> {
    inner: S,
    layer: Arc<HeadersLayer>,
}

impl<S> Headers<S> {
    pub(super) fn new(inner: S, layer: Arc<HeadersLayer>) -> Self {
        Self { inner, layer }
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

impl<S, B> Service<Request<B>> for Headers<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, mut request: Request<B>) -> S::Future {
        let version = request.version();
        self.layer.apply(request.headers_mut(), version);
        self.inner.call(request)
    }
}
