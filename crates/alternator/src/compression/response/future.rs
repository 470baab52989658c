//! One response on its way.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{
    Response,
    header::{CONTENT_ENCODING, CONTENT_LENGTH},
};
use http_body::Body;
use pin_project_lite::pin_project;

use super::{DecodedBody, ResponseCompression};

pin_project! {
    /// Resolves to the response, with a body that is decoded as it is read.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the future of the service below, and nothing else.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // What was asked for, if it was asked for here.
        asked: Option<ResponseCompression>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, asked: Option<ResponseCompression>) -> Self {
        Self { inner, asked }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<DecodedBody<B>>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(cx));
        let Some(asked) = *this.asked else {
            return Poll::Ready(answer.map(|response| response.map(DecodedBody::as_it_came)));
        };
        let mut response = answer?;
        let Some(encoding) = asked.encoding_of(&response) else {
            return Poll::Ready(Ok(response.map(DecodedBody::as_it_came)));
        };
        let limit = asked.most();
        // Both are about the bytes that were sent.
        response.headers_mut().remove(CONTENT_ENCODING);
        response.headers_mut().remove(CONTENT_LENGTH);
        let decoded = response.map(|body| DecodedBody::decoding(body, encoding, limit));
        Poll::Ready(Ok(decoded))
    }
}
