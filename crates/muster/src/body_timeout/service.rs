//! The service whose bodies are bounded.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{ResponseFuture, TimedBody};
use crate::BoxError;

/// Gives each response of the service below a body that is not silent for too long.
///
/// # Clone
///
/// Clones share whatever clones of the service below share.
#[derive(Debug, Clone, Copy)]
pub struct BodyTimeout<S> {
    inner: S,
    timeout: Option<Duration>,
}

impl<S> BodyTimeout<S> {
    pub(super) fn new(inner: S, timeout: Option<Duration>) -> Self {
        Self { inner, timeout }
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

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for BodyTimeout<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Body<Error: Into<BoxError>>,
{
    type Response = Response<TimedBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture::new(self.inner.call(request), self.timeout)
    }
}
