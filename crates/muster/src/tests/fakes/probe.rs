//! Holds a stack to the readiness contract.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};

use tower_service::Service;

/// Panics when it is called without having been polled ready; a clone of it is not ready.
#[derive(Debug)]
pub(crate) struct Probe<S> {
    inner: S,
    ready: bool,
    polled_ready: Arc<AtomicUsize>,
}

impl<S> Probe<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            ready: false,
            polled_ready: Arc::default(),
        }
    }

    /// How often it, or a clone, became ready.
    pub(crate) fn readied(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.polled_ready)
    }
}

impl<S: Clone> Clone for Probe<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            ready: false,
            polled_ready: Arc::clone(&self.polled_ready),
        }
    }
}

impl<S: Service<R>, R> Service<R> for Probe<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.inner.poll_ready(cx))?;
        self.polled_ready.fetch_add(1, Relaxed);
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> S::Future {
        let was_ready = std::mem::take(&mut self.ready);
        assert!(was_ready, "called without having been polled ready");
        self.inner.call(request)
    }
}
