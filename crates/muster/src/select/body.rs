//! A response body that is load until it ends.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::{lease::Lease, outcome::Outcome};

pin_project! {
    /// Holds the lease of its request until it ends or is dropped.
    ///
    /// A body that breaks off is told as ambiguous, as a connection is that breaks off before the head.
    #[derive(Debug)]
    pub struct LeaseBody<B> {
        #[pin]
        inner: B,
        lease: Option<Lease>,
    }
}

impl<B> LeaseBody<B> {
    pub(super) fn new(inner: B, lease: Option<Lease>) -> Self {
        Self { inner, lease }
    }

    /// Returns the lease of a body for as long as there is more of it to come.
    pub(super) fn kept(inner: &B, lease: Lease) -> Option<Lease>
    where
        B: Body,
    {
        let mut lease = Some(lease);
        // Many a client never looks into a body that has nothing in it.
        if inner.is_end_stream() {
            end(&mut lease, Outcome::SERVED);
        }
        lease
    }

    /// Returns the lease, until the body has ended.
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }
}

impl<B: Body> Body for LeaseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    #[inline]
    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = this.inner.as_mut().poll_frame(cx);
        match &frame {
            Poll::Ready(Some(Ok(_))) if !this.inner.is_end_stream() => {}
            Poll::Ready(Some(Ok(_)) | None) => end(this.lease, Outcome::SERVED),
            Poll::Ready(Some(Err(_))) => end(this.lease, Outcome::AMBIGUOUS),
            Poll::Pending => {}
        }
        frame
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Ends the lease with the body: whoever still holds the body holds no load.
fn end(lease: &mut Option<Lease>, outcome: Outcome) {
    if let Some(mut lease) = lease.take() {
        // Not heard if the head was bad already.
        lease.learn(outcome);
    }
}

impl<B: Default> Default for LeaseBody<B> {
    /// An empty body of no request.
    fn default() -> Self {
        Self {
            inner: B::default(),
            lease: None,
        }
    }
}
