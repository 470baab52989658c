//! One response under way.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{Response, Uri};
use pin_project_lite::pin_project;

use super::{Observe, Seen};
use crate::affinity::PartitionKeys;

pin_project! {
    /// Resolves to what the service below answers, once it was seen.
    ///
    /// # Cancel safety
    ///
    /// Dropping it drops the call to the service below, and nothing is seen.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        // Boxed: a stack without an observer has this future's room, too.
        watch: Box<Watch>,
    }
}

/// Who sees the response, and what is known of its request.
struct Watch {
    observer: Arc<dyn Observe>,
    keys: Option<PartitionKeys>,
    uri: Uri,
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(
        inner: F,
        observer: Arc<dyn Observe>,
        keys: Option<PartitionKeys>,
        uri: Uri,
    ) -> Self {
        let watch = Watch {
            observer,
            keys,
            uri,
        };
        Self {
            inner,
            watch: Box::new(watch),
        }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let Watch {
            observer,
            keys,
            uri,
        } = &**this.watch;
        observer.observe(&Seen {
            keys: keys.as_ref(),
            uri,
            status: response.status(),
            headers: response.headers(),
        });
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
