//! The service that tells requests apart.

use std::{
    fmt,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body_util::Either;
use tower_muster::BoxError;
use tower_service::Service;

use super::{PassThroughLayer, ResponseFuture};

/// Sends what is meant for the cluster to `S`, and all else to `O`.
///
/// It is always ready. Which of the two has to be ready depends on the request, and a cluster that is not
/// known yet must not keep credentials from being fetched; so the future waits for the one that it is.
///
/// # Clone
///
/// Clones share the origins, and what clones of the two services share.
#[derive(Clone)]
pub struct PassThrough<S, O> {
    inner: S,
    layer: PassThroughLayer<O>,
}

impl<S, O> PassThrough<S, O> {
    pub(super) fn new(inner: S, layer: PassThroughLayer<O>) -> Self {
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

impl<S, O, ReqBody, A, B> Service<Request<ReqBody>> for PassThrough<S, O>
where
    S: Service<Request<ReqBody>, Response = Response<A>, Error: Into<BoxError>> + Clone,
    O: Service<Request<ReqBody>, Response = Response<B>, Error: Into<BoxError>> + Clone,
{
    type Response = Response<Either<A, B>>;
    type Error = BoxError;
    type Future = ResponseFuture<S, O, ReqBody>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match self.layer.origins.has(request.uri()) {
            true => ResponseFuture::inner(self.inner.clone(), request),
            false => ResponseFuture::other(self.layer.others.clone(), request),
        }
    }
}

impl<S, O> fmt::Debug for PassThrough<S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassThrough")
            .field("layer", &self.layer)
            .finish_non_exhaustive()
    }
}
