//! The service: one request in, the same on with a signature.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower_service::Service;

use super::UnsignedPayloadFuture;
use crate::BoxError;
use crate::signer::Signer;

/// Signs a request without its body, then calls the service below.
///
/// It is ready when the service below is.
///
/// # Errors
///
/// [`Error`](crate::Error), boxed, when the request was not signed and therefore not sent; the inner
/// service's own error otherwise.
///
/// # Clone
///
/// A clone shares credentials and settings, and has its own clone of the inner service.
#[derive(Clone)]
pub struct UnsignedPayload<S> {
    inner: S,
    signer: Arc<Signer>,
}

impl<S> UnsignedPayload<S> {
    pub(super) const fn new(inner: S, signer: Arc<Signer>) -> Self {
        Self { inner, signer }
    }

    /// Returns the service below.
    pub const fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns the service below, to change it.
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the service below and drops the signer.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, B> Service<Request<B>> for UnsignedPayload<S>
where
    S: Service<Request<B>> + Clone,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = UnsignedPayloadFuture<S, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The future owns the service that was polled ready; the clone that stays behind is not ready.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        UnsignedPayloadFuture::new(ready, Arc::clone(&self.signer), request)
    }
}

impl<S: fmt::Debug> fmt::Debug for UnsignedPayload<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedPayload")
            .field("signer", &self.signer)
            .field("inner", &self.inner)
            .finish()
    }
}
