//! Inner services that watch how they are used.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tower::Service;

/// Keeps the last request that it was called with.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Option<Request<Full<Bytes>>>>>);

impl Recorder {
    pub(crate) fn take(&self) -> Option<Request<Full<Bytes>>> {
        self.0.lock().expect("no panic under the lock").take()
    }
}

impl Service<Request<Full<Bytes>>> for Recorder {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        *self.0.lock().expect("no panic under the lock") = Some(request);
        ready(Ok(Response::new(())))
    }
}

/// Panics when called without having been polled ready; a clone is never ready.
///
/// It counts the readiness that is held, as a limiter counts its permits.
#[derive(Default)]
pub(crate) struct Probe {
    ready: bool,
    held: Arc<AtomicUsize>,
    calls: Arc<AtomicUsize>,
}

impl Probe {
    pub(crate) fn held(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.held)
    }

    pub(crate) fn calls(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.calls)
    }
}

impl Clone for Probe {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            held: self.held(),
            calls: self.calls(),
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if self.ready {
            self.held.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Service<Request<Full<Bytes>>> for Probe {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if !self.ready {
            self.ready = true;
            self.held.fetch_add(1, Ordering::SeqCst);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<Bytes>>) -> Self::Future {
        assert!(self.ready, "called without being polled ready");
        self.ready = false;
        self.held.fetch_sub(1, Ordering::SeqCst);
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(())))
    }
}
