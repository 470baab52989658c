//! The service whose responses are seen.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{Observe, ResponseFuture};

/// Calls the service below, and shows an observer what it answers.
///
/// # Clone
///
/// Clones share the observer, and whatever clones of the service below share.
#[derive(Clone)]
pub struct Observed<S> {
    inner: S,
    observer: Arc<dyn Observe>,
}

impl<S> Observed<S> {
    pub(super) fn new(inner: S, observer: Arc<dyn Observe>) -> Self {
        Self { inner, observer }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Observed<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let keys = request.extensions().get().cloned();
        let uri = request.uri().clone();
        let observer = Arc::clone(&self.observer);
        ResponseFuture::new(self.inner.call(request), observer, keys, uri)
    }
}

impl<S: fmt::Debug> fmt::Debug for Observed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
