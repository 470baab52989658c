//! A future that may be under way.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// A future that may be under way; at most one.
pub(super) struct Running<T>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T> Running<T> {
    pub(super) const fn none() -> Self {
        Self(None)
    }

    pub(super) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Begins one, in the place of what was under way.
    pub(super) fn begin(&mut self, future: impl Future<Output = T> + Send + 'static) {
        self.0 = Some(Box::pin(future));
    }

    pub(super) fn stop(&mut self) {
        self.0 = None;
    }

    /// Waits for its end; for ever if none is under way. Cancel safe.
    pub(super) async fn end(&mut self) -> T {
        poll_fn(|cx| {
            let Some(future) = &mut self.0 else {
                return Poll::Pending;
            };
            let output = std::task::ready!(future.as_mut().poll(cx));
            self.0 = None;
            Poll::Ready(output)
        })
        .await
    }
}

impl<T> fmt::Debug for Running<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Running").field(&self.is_some()).finish()
    }
}
