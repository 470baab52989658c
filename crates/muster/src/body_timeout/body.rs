//! A body that is not silent for too long.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::SilentBody;
use crate::{BoxError, timer::Timer};

pin_project! {
    /// Ends with [`SilentBody`] when the next piece does not come in time.
    ///
    /// # Cancel safety
    ///
    /// A piece that is waited for is not lost when the wait is dropped, and the time goes on counting.
    #[derive(Debug)]
    pub struct TimedBody<B> {
        #[pin]
        inner: B,
        timeout: Option<Duration>,
        waits: bool,
        timer: Timer,
    }
}

impl<B> TimedBody<B> {
    pub(super) fn new(inner: B, timeout: Option<Duration>) -> Self {
        Self {
            inner,
            timeout,
            waits: false,
            timer: Timer::unset(),
        }
    }

    /// Resolves when the body has been waited for long enough; pending for ever if there is no bound.
    fn poll_patience(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SilentBody> {
        let this = self.project();
        let Some(after) = *this.timeout else {
            return Poll::Pending;
        };
        if !*this.waits {
            // What never comes is no bound.
            let Some(until) = Instant::now().checked_add(after) else {
                return Poll::Pending;
            };
            this.timer.set(until);
            *this.waits = true;
        }
        ready!(this.timer.poll(cx));
        Poll::Ready(SilentBody { after })
    }
}

impl<B> Body for TimedBody<B>
where
    B: Body<Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.as_mut().project();
        if let Poll::Ready(frame) = this.inner.poll_frame(cx) {
            *this.waits = false;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let silent = ready!(self.poll_patience(cx));
        Poll::Ready(Some(Err(silent.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<B: Default> Default for TimedBody<B> {
    /// An empty body that waits for nothing.
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}
