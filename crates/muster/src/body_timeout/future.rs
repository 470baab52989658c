//! The wait for the response's head.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http::Response;
use pin_project_lite::pin_project;

use super::TimedBody;

pin_project! {
    /// Resolves to the response, whose body is not silent for too long.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future of the service below, and nothing else.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        timeout: Option<Duration>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, timeout: Option<Duration>) -> Self {
        Self { inner, timeout }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<TimedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let timeout = *this.timeout;
        Poll::Ready(Ok(response.map(|body| TimedBody::new(body, timeout))))
    }
}
