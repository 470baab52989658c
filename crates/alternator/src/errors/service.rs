//! The service that reads errors.

use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use http_body::Body;
use tower_muster::{Answered, Attempt, Kind};
use tower_service::Service;

use super::ResponseFuture;
use crate::Gathered;

/// Calls the service below, and reads the body of a response whose status is an error's.
///
/// # Clone
///
/// A clone has its own clone of the service below.
#[derive(Debug, Clone)]
pub struct ReadErrors<S> {
    inner: S,
}

impl<S> ReadErrors<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner }
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

impl<S, ReqBody, B> Service<Request<ReqBody>> for ReadErrors<S>
where
    S: Service<Request<ReqBody>, Response = Response<B>>,
    B: Body + Unpin,
{
    type Response = Response<Gathered<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    #[inline]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let attempt: Option<&Attempt> = request.extensions().get();
        let was_complained_of = attempt.is_some_and(|attempt| {
            // A node that only had no room says the same with another outcome.
            let complaint = Answered::new(Kind::Refused, Some(StatusCode::BAD_REQUEST));
            attempt.before().contains(&complaint)
        });
        ResponseFuture::new(self.inner.call(request), was_complained_of)
    }
}
