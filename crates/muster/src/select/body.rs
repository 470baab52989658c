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
    /// A body that breaks off counts against the node, as a connection does that breaks off before the
    /// head.
    #[derive(Debug)]
    pub struct LeaseBody<B> {
        #[pin]
        inner: B,
        lease: Option<Lease>,
    }
}

impl<B> LeaseBody<B> {
    pub(super) fn new(inner: B, lease: Lease) -> Self {
        Self {
            inner,
            lease: Some(lease),
        }
    }

    /// Returns the lease, until the body has ended.
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref()
    }
}

impl<B: Body> Body for LeaseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = this.inner.poll_frame(cx);
        match &frame {
            Poll::Ready(None) => {
                // Dropped here: whoever holds the ended body holds no load.
                this.lease.take();
            }
            Poll::Ready(Some(Err(_))) => {
                if let Some(mut lease) = this.lease.take() {
                    lease.learn(Outcome::AMBIGUOUS);
                }
            }
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
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
