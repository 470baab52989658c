//! One response under way.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{Response, header::CONTENT_ENCODING, response::Parts};
use http_body::Body;
use pin_project_lite::pin_project;

use super::ApiError;
use crate::gathered::{Gather, Gathered};

/// How much of an error is read. Alternator's are a few hundred bytes; one that returns an item that failed a
/// condition may be larger, and is then passed on unread.
const MOST_BYTES: usize = 16 * 1024;

pin_project! {
    /// Resolves to the response, an error's body having been read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the response of the service below.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F, B> {
        #[pin]
        inner: F,
        was_complained_of: bool,
        // Boxed: errors are few, and every attempt would have the room for one.
        reading: Option<Box<(Parts, Gather<B>)>>,
    }
}

impl<F, B> ResponseFuture<F, B> {
    pub(super) fn new(inner: F, was_complained_of: bool) -> Self {
        Self {
            inner,
            was_complained_of,
            reading: None,
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body + Unpin,
{
    type Output = Result<Response<Gathered<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.reading.is_none() {
            let response = ready!(this.inner.poll(cx))?;
            let is_error =
                response.status().is_client_error() || response.status().is_server_error();
            // Alternator compresses no errors, and what another has compressed is not its own.
            if !is_error || response.headers().contains_key(CONTENT_ENCODING) {
                return Poll::Ready(Ok(response.map(Gathered::unread)));
            }
            let (head, body) = response.into_parts();
            *this.reading = Some(Box::new((head, Gather::new(body, MOST_BYTES))));
        }
        let Some(reading) = this.reading else {
            return Poll::Pending;
        };
        let body = ready!(Pin::new(&mut reading.1).poll(cx));
        let Some(read) = this.reading.take() else {
            return Poll::Pending;
        };
        let (mut head, _) = *read;
        let read = body.data();
        if let Some(error) = read.and_then(|body| ApiError::read(head.status, body)) {
            head.extensions.insert(match *this.was_complained_of {
                true => error.once_more(),
                false => error,
            });
        }
        Poll::Ready(Ok(Response::from_parts(head, body)))
    }
}

impl<F, B> fmt::Debug for ResponseFuture<F, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
