//! The service that repeats.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use tower_service::Service;

use super::{Error, FailoverLayer, Repeat, ResponseFuture};
use crate::BoxError;

/// Repeats a call at another node when that is known to be safe.
///
/// # Clone
///
/// Clones share the budget and the cluster. What a call has tried is its own.
#[derive(Debug)]
pub struct Failover<S, R = super::IdempotentMethods> {
    inner: S,
    layer: Arc<FailoverLayer<R>>,
}

impl<S, R> Failover<S, R> {
    pub(super) fn new(inner: S, layer: FailoverLayer<R>) -> Self {
        Self {
            inner,
            layer: Arc::new(layer),
        }
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

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Failover<S, R>
where
    S: Service<Request<Full<Bytes>>, Response = Response<ResBody>, Error: Into<BoxError>> + Clone,
    R: Repeat,
    ReqBody: Body<Error: Into<BoxError>>,
{
    type Response = Response<ResBody>;
    type Error = Error;
    type Future = ResponseFuture<S, R, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner
            .poll_ready(cx)
            .map_err(|error| Error::NotReady(error.into()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (head, body) = request.into_parts();
        self.layer.count(&head);
        // The one that was polled is ready; its clone may not be.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        ResponseFuture::new(ready, Arc::clone(&self.layer), head, body)
    }
}

impl<S: Clone, R> Clone for Failover<S, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: Arc::clone(&self.layer),
        }
    }
}
